// Sample text from a model of the next character: greedily, or at a temperature from all characters,
// the k most likely ones, or the nucleus.
import { latest, make, percent, slider } from "../parts.js";

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

/** Set all but the most likely to zero while `stays(rank, mass ranked higher)`, as textlib.language does. */
export function keep(chances, stays) {
  const order = chances.map((_, code) => code).sort((a, b) => chances[b] - chances[a] || a - b);
  const kept = chances.map(() => 0);
  let before = 0;
  order.forEach((code, rank) => {
    if (stays(rank, before)) kept[code] = chances[code];
    before += chances[code];
  });
  const total = kept.reduce((sum, chance) => sum + chance, 0);
  return kept.map((chance) => chance / total);
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
  const element = make("ul", { class: "demo-bars demo-short", "aria-label": "The most likely next characters" });
  const rows = Array.from({ length: SHOWN }, () => {
    const cells = [make("span"), make("div", { class: "demo-bar" }), make("span", { class: "demo-value" })];
    element.append(make("li", {}, cells[0], make("div", {}, cells[1]), cells[2]));
    return cells;
  });
  const show = (chances, vocabulary, how) => {
    title.textContent = `Chances of the next character ${how}`;
    const ranked = chances.map((chance, code) => [chance, code]).sort((a, b) => b[0] - a[0]);
    rows.forEach(([name, bar, value], rank) => {
      const [chance, code] = ranked[rank] ?? [0, null]; // none while there is no text to go on from
      name.textContent = code === null ? "\u00a0" : NAMES[vocabulary[code]] ?? vocabulary[code];
      bar.style.width = `${100 * chance}%`;
      value.textContent = code === null ? "" : percent(chance);
    });
  };
  return { element: make("div", {}, title, element), show };
}

/** Controls for how the next character is chosen; `cut` reshapes probabilities accordingly. */
function chooser(size, temperature, change) {
  const heat = slider("Temperature", { min: "1", max: "20", value: String(10 * temperature) }, (place) => (place / 10).toFixed(1));
  const most = slider("How many", { min: "1", max: String(size), value: "5" });
  const mass = slider("Their probability", { min: "5", max: "100", step: "5", value: "90" }, (place) => `${place}%`);
  const rules = [
    ["from all characters", [heat], () => () => true, () => ""],
    ["always the most likely", [], () => (rank) => rank < 1, () => ""],
    ["from the k most likely", [heat, most], () => (rank) => rank < most.value(), () => `, of the ${most.value()} most likely`],
    ["from a nucleus", [heat, mass], () => (_, before) => before < Number(mass.input.value) / 100, () => `, of the nucleus of ${mass.value()}`],
  ];
  const select = make("select", {}, ...rules.map(([name], place) => make("option", { value: String(place) }, name)));
  const chosen = () => rules[Number(select.value)];
  const update = () => {
    for (const each of [heat, most, mass]) each.element.hidden = !chosen()[1].includes(each);
    change();
  };
  select.addEventListener("change", update);
  for (const each of [heat, most, mass]) each.input.addEventListener("input", change);
  const element = make("div", {}, make("label", {}, "Choose the next character ", select), heat.element, most.element, mass.element);
  const cut = (chances) => keep(temper(chances, Number(heat.value())), chosen()[2]());
  const said = () => (chosen()[1].length ? `at temperature ${heat.value()}${chosen()[3]()}` : "if always the most likely one is taken");
  return { element, cut, said, update };
}

export async function mount(stage, live) {
  const { vocabulary, window: span = 0, seed, length = 200, temperature = 0.8 } = live.settings;
  const read = reader(live.settings);
  const input = make("textarea", { rows: "2", spellcheck: "false", autocapitalize: "off", class: "demo-seed" });
  input.value = seed;
  const write = make("button", { type: "button", class: "demo-write" }, `Write ${length} characters`);
  const onward = make("button", { type: "button", class: "demo-onward" }, "Write on");
  const stop = make("button", { type: "button", class: "demo-stop" }, "Stop");
  const text = make("div", { class: "demo-text", role: "region", tabindex: "0", "aria-label": "The text, with what the model has written" });
  const status = make("p", { role: "status", class: "demo-said" });
  const bars = chart();
  let [known, codes, busy] = [[], [], false]; // the text so far

  /** Ask the model for the chances of the character after these codes. */
  const next = async () => {
    const seen = span ? codes.slice(-span) : [...codes];
    const { output } = await live.run({ input: [seen, [1, seen.length]] });
    return rule.cut(Array.from(output.data.slice(-vocabulary.length), Number));
  };
  const preview = latest(async () => {
    if (!busy) bars.show(codes.length ? await next() : [], vocabulary, rule.said());
  });
  const rule = chooser(vocabulary.length, temperature, () => preview());
  const enable = () => {
    [write.disabled, onward.disabled, stop.disabled] = [busy || !read(input.value).codes.length, busy || !codes.length, !busy];
    input.disabled = busy;
  };
  const begin = () => {
    const found = read(input.value);
    [known, codes] = [found.known, found.codes];
    text.textContent = known.join("");
    status.textContent = found.unknown.length ? `Left out, because the model does not know it: ${found.unknown.join(" ")}` : "";
    enable();
    preview();
  };
  const run = async () => {
    let [made, painted] = [0, 0];
    while (busy && made < length) {
      const code = sample(await next());
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
    return made;
  };
  const work = async (button) => {
    busy = true;
    enable();
    status.textContent = "Writing …";
    try {
      status.textContent = `${await run()} characters written ${rule.said()}.`;
    } finally {
      busy = false;
      enable();
      preview();
      button.focus({ preventScroll: true });
    }
  };
  write.addEventListener("click", () => { begin(); work(write); });
  onward.addEventListener("click", () => work(onward));
  stop.addEventListener("click", () => { busy = false; });
  input.addEventListener("input", begin);
  stage.append(
    make("div", { class: "demo-row" },
      make("div", {}, make("label", {}, "Begin with", input), rule.element,
        make("div", { class: "demo-buttons" }, write, onward, stop)),
      bars.element),
    make("p", { class: "demo-caption" }, "Text"), text, status);
  rule.update();
  begin();
}
