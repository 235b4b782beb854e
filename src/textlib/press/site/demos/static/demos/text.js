// Sample text from a model of the next character, with a temperature slider.
// Settings: vocabulary (list of characters; index = code), window (codes the model sees; 0 for any
// length), seed (text to begin with), length (characters to sample), temperature.
import { make } from "./parts.js";

/** Draw an index from probabilities raised to 1 / temperature, and normalized. */
export function sample(chances, temperature, random = Math.random) {
  const logs = Array.from(chances, (chance) => Math.log(Math.max(Number(chance), 1e-12)) / temperature);
  const top = Math.max(...logs);
  const weights = logs.map((value) => Math.exp(value - top));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (left -= weight) <= 0);
  return index < 0 ? weights.length - 1 : index;
}

export async function mount(stage, live) {
  const { vocabulary, window: span, seed, length = 200, temperature = 0.8 } = live.settings;
  const codes = new Map(vocabulary.map((character, code) => [character, code]));
  const input = make("textarea", { rows: "2", id: "demo-text-seed" });
  input.value = seed;
  const slider = make("input", { type: "range", min: "0.1", max: "2", step: "0.1", value: String(temperature) });
  const shown = make("output", {}, temperature.toFixed(1));
  const button = make("button", { type: "button" }, `Write ${length} characters`);
  const text = make("div", { class: "demo-text", "aria-label": "Generated text", role: "region", tabindex: "0" });
  const status = make("p", { role: "status" });
  stage.append(make("label", {}, "Begin with", input), make("label", {}, "Temperature: ", shown, slider),
    make("p", {}, button), text, status);
  slider.addEventListener("input", () => { shown.textContent = Number(slider.value).toFixed(1); });
  button.addEventListener("click", async () => {
    button.disabled = true;
    status.textContent = "Writing …";
    let written = Array.from(input.value.length ? input.value : " ").filter((character) => codes.has(character));
    if (!written.length) written = [vocabulary[0]];
    const begin = written.join("");
    let made = "";
    while (made.length < length) {
      let context = written.map((character) => codes.get(character));
      if (span) {
        context = context.slice(-span);
        while (context.length < span) context.unshift(codes.get(" ") ?? 0);
      }
      const [output] = Object.values(await live.run(context, [1, context.length]));
      const size = vocabulary.length;
      const chances = output.data.slice(output.data.length - size);
      const next = vocabulary[sample(chances, Number(slider.value))];
      written.push(next);
      made += next;
      if (made.length % 5 === 0) {
        text.textContent = begin + made;
        await new Promise(requestAnimationFrame);
      }
    }
    text.textContent = begin + made;
    status.textContent = `${made.length} characters written.`;
    button.disabled = false;
  });
}
