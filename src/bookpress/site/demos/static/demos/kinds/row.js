// Fill in a raw row, see the price; a switch prepares the row with other statistics.
import { latest, make, number } from "../parts.js";

export const entry = {
  "inputs": { "numbers": ["float", "batch", "fields"], "code": ["int", "batch", 1] },
  "outputs": {
    "price": ["float", "batch", 1], "scaled": ["float", "batch", "fields"],
    "stale_price": ["float", "batch", 1], "stale_scaled": ["float", "batch", "fields"]
  },
  "settings": {
    "fields": {
      "description": "Columns in the model's order; one without ends has no slider, its value comes with the choice.",
      "type": "array",
      "items": { "type": "object", "required": ["label", "value"], "properties": {
        "label": { "type": "string" }, "unit": { "type": "string" }, "value": { "type": "number" },
        "ends": { "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 }, "step": { "type": "number" } } }
    },
    "choices": {
      "description": "Names, each with its code and the values of the columns that come with it, by place.",
      "type": "array",
      "items": { "type": "object", "required": ["name", "code"], "properties": {
        "name": { "type": "string" }, "code": { "type": "integer" }, "sets": { "type": "object" } } }
    },
    "choice": { "description": "Label of the choice.", "type": "string" },
    "statistics": { "description": "What the two kinds of statistics are of.", "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 },
    "unit": { "description": "Of the price.", "type": "string" },
    "times": { "description": "Units in a price of 1, as the model says it.", "type": "number" }
  }
};

const whole = (value) => Math.round(value).toLocaleString("en-US");
const plain = (value) => (value >= 10000 ? whole(value) : String(value)); // a year has no comma

/** A slider with its value, and below it what the network reads. */
function field({ label, unit = "", value, ends, step = 1 }) {
  const slider = make("input", { type: "range", min: String(ends[0]), max: String(ends[1]), step: String(step), value: String(value) });
  const shown = make("span", { class: "demo-shown" });
  const read = make("span", { class: "demo-value" });
  const element = make("div", {}, make("label", {}, `${label}: `, shown, slider), make("div", {}, "the network reads ", read));
  const show = (scaled) => {
    shown.textContent = `${plain(Number(slider.value))} ${unit}`.trim();
    read.textContent = number(scaled);
  };
  return { element, slider, show };
}

export async function mount(stage, live) {
  const { fields, choices, choice, statistics, unit, times } = live.settings;
  const parts = fields.map((each) => (each.ends ? field(each) : null));
  const select = make("select", {}, ...choices.map(({ name }, index) => make("option", { value: String(index) }, name)));
  const stale = make("button", { type: "button", class: "demo-stale", "aria-pressed": "false" }, `Statistics of ${statistics[1]}`);
  const answer = make("p", { class: "demo-answer", role: "status" });
  const money = ({ data }) => `${unit}${whole(times * Number(data[0]))}`;
  const pressed = () => stale.getAttribute("aria-pressed") === "true";

  const show = latest(async () => {
    const { code, sets = {} } = choices[Number(select.value)];
    const row = fields.map((each, place) => sets[place] ?? (parts[place] ? Number(parts[place].slider.value) : each.value));
    const found = await live.run({ numbers: [row, [1, row.length]], code: [[code], [1, 1]] });
    const [price, scaled] = pressed() ? [found.stale_price, found.stale_scaled] : [found.price, found.scaled];
    parts.forEach((part, place) => part?.show(Number(scaled.data[place])));
    const right = pressed() ? ` With those of ${statistics[0]}: ${money(found.price)}.` : "";
    answer.textContent = `${money(price)}, with the statistics of ${statistics[pressed() ? 1 : 0]}.${right}`;
  });
  parts.forEach((part) => part?.slider.addEventListener("input", show));
  select.addEventListener("input", show);
  stale.addEventListener("click", () => { stale.setAttribute("aria-pressed", String(!pressed())); show(); });
  stage.append(
    make("div", { class: "demo-row" }, ...parts.filter(Boolean).map(({ element }) => element),
      make("div", {}, make("label", {}, choice, select))),
    answer, make("div", { class: "demo-buttons" }, stale));
  await show();
}
