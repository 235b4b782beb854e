// Sample text from a model of the next character, with a temperature slider.
import { latest, make } from "../parts.js";

export const entry = {
  "inputs": { "input": ["int", "batch", "time"] },
  "outputs": { "output": ["float", "batch", "...", "vocabulary"] },
  "settings": {
    "vocabulary": { "description": "Characters in the order of their codes.", "type": "array", "items": { "type": "string" } },
    "window": { "description": "Codes that the model sees at once; 0 for any number.", "type": "integer", "minimum": 0 },
    "seed": { "description": "Text to begin with.", "type": "string" },
    "length?": { "description": "Characters to write.", "type": "integer", "minimum": 1, "default": 200 },
    "temperature?": { "type": "number", "minimum": 0.1, "maximum": 2, "default": 0.8 },
    "lowercase?": { "description": "Whether the model knows small letters only.", "type": "boolean" }
  }
};

const TINY = 1e-12; // stands in for a probability of zero, whose logarithm does not exist
const SHOWN = 6; // bars of the chart
const FRAME = 30; // milliseconds between two pictures of the growing text
const NAMES = { " ": "␣", "\n": "↵" };

/** Raise probabilities to 1 / temperature and normalize, as textlib.language.temper does. */
export function temper(chances, temperature) {
  const logs = Array.from(chances, (chance) => Math.log(Math.max(Number(chance), TINY)) / temperature);
  const top = Math.max(...logs);
  const weights = logs.map((value) => Math.exp(value - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Draw an index from probabilities. */
export function sample(chances, random = Math.random) {
  let left = random() * chances.reduce((sum, chance) => sum + chance, 0);
  const index = chances.findIndex((chance) => (left -= chance) < 0);
  return index < 0 ? chances.lastIndexOf(Math.max(...chances)) : index;
}

/** Text to codes; what the model does not know is left out and listed. */
function reader({ vocabulary, lowercase = false }) {
  const codes = new Map(vocabulary.map((character, code) => [character, code]));
  return (text) => {
    const characters = Array.from(lowercase ? text.toLowerCase() : text);
    const unknown = new Set(characters.filter((character) => !codes.has(character)));
    const known = characters.filter((character) => codes.has(character));
    return { known, unknown: [...unknown], codes: known.map((character) => codes.get(character)) };
  };
}

/** The most likely next characters, one bar each. */
function chart() {
  const title = make("p", { class: "demo-caption" });
  const element = make("ul", { class: "demo-bars demo-short", "aria-label": "Chances of the next character" });
  const rows = Array.from({ length: SHOWN }, () => {
    const cells = [make("span"), make("div", { class: "demo-bar" }), make("span", { class: "demo-value" })];
    element.append(make("li", {}, cells[0], make("div", {}, cells[1]), cells[2]));
    return cells;
  });
  const show = (chances, vocabulary, temperature) => {
    title.textContent = `Most likely next characters at temperature ${temperature.toFixed(1)}`;
    const ranked = chances.map((chance, code) => [chance, code]).sort((a, b) => b[0] - a[0]);
    rows.forEach(([name, bar, value], rank) => {
      const [chance, code] = ranked[rank] ?? [0, null]; // none while there is no text to go on from
      name.textContent = code === null ? "\u00a0" : NAMES[vocabulary[code]] ?? vocabulary[code];
      bar.style.width = `${100 * chance}%`;
      value.textContent = code === null ? "" : `${(100 * chance).toFixed(0)}%`;
    });
  };
  return { element: make("div", {}, title, element), show };
}

export async function mount(stage, live) {
  const { vocabulary, window: span = 0, seed, length = 200, temperature = 0.8 } = live.settings;
  const read = reader(live.settings);
  const input = make("textarea", { rows: "2", spellcheck: "false", autocapitalize: "off", class: "demo-seed" });
  input.value = seed;
  const slider = make("input", { type: "range", min: "0.1", max: "2", step: "0.1", value: String(temperature) });
  const shown = make("span", { class: "demo-shown" }, temperature.toFixed(1));
  const write = make("button", { type: "button", class: "demo-write" }, `Write ${length} characters`);
  const stop = make("button", { type: "button", class: "demo-stop", disabled: true }, "Stop");
  const text = make("div", { class: "demo-text", role: "region", tabindex: "0", "aria-label": "The text, with what the model has written" });
  const status = make("p", { role: "status", class: "demo-said" });
  const bars = chart();
  stage.append(
    make("div", { class: "demo-row" },
      make("div", {}, make("label", {}, "Begin with", input), make("label", {}, "Temperature: ", shown, slider),
        make("div", { class: "demo-buttons" }, write, stop)),
      bars.element),
    make("p", { class: "demo-caption" }, "Text"), text, status);

  const heat = () => Number(slider.value);
  /** Ask the model for the chances of the character after these codes. */
  const next = async (codes) => {
    const seen = span ? codes.slice(-span) : [...codes];
    const { output } = await live.run({ input: [seen, [1, seen.length]] });
    return temper(output.data.slice(-vocabulary.length), heat());
  };
  let busy = false;
  const preview = latest(async () => {
    const { codes } = read(input.value);
    if (!busy) bars.show(codes.length ? await next(codes) : [], vocabulary, heat());
  });
  const begin = () => {
    const { known, unknown } = read(input.value);
    text.textContent = known.join("");
    status.textContent = unknown.length ? `Left out, because the model does not know it: ${unknown.join(" ")}` : "";
    write.disabled = !known.length;
    preview();
  };
  const run = async () => {
    const { known, codes } = read(input.value);
    let [made, painted] = [0, 0];
    while (busy && made < length) {
      const code = sample(await next(codes));
      codes.push(code);
      known.push(vocabulary[code]);
      made += 1;
      if (performance.now() - painted > FRAME) {
        text.textContent = known.join("");
        await new Promise(requestAnimationFrame);
        painted = performance.now();
      }
    }
    text.textContent = known.join("");
    bars.show(await next(codes), vocabulary, heat());
    return made;
  };
  write.addEventListener("click", async () => {
    busy = true;
    [write.disabled, input.disabled, stop.disabled] = [true, true, false];
    status.textContent = "Writing …";
    try {
      status.textContent = `${await run()} characters written at temperature ${heat().toFixed(1)}.`;
    } finally {
      busy = false;
      [write.disabled, input.disabled, stop.disabled] = [false, false, true];
      write.focus({ preventScroll: true });
    }
  });
  stop.addEventListener("click", () => { busy = false; });
  slider.addEventListener("input", () => { shown.textContent = heat().toFixed(1); preview(); });
  input.addEventListener("input", begin);
  begin();
}
