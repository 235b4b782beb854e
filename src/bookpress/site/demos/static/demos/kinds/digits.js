// Draw a 28 by 28 picture; see the class probabilities, softened at will, and the first feature maps.
import { bars as barsOf, latest, make, paint, pen, percent, slider } from "../parts.js";

export const entry = {
  "inputs": { "input": ["float", "batch", 28, 28, 1] },
  "outputs": {
    "probabilities": ["float", "batch", "class_names"],
    "logits?": ["float", "batch", "class_names"],
    "maps?": ["float", "batch", "height", "width", "filters"]
  },
  "settings": {
    "class_names": { "type": "array", "items": { "type": "string" } },
    "prompt?": { "type": "string", "default": "Draw a digit." },
    "temperatures?": {
      "description": "Lowest and highest value of a slider that divides the logits; needs the output logits.",
      "type": "array", "items": { "type": "number", "exclusiveMinimum": 0 }, "minItems": 2, "maxItems": 2
    },
    "examples?": {
      "description": "Pictures that a button shows, as levels from 0 to 255, row by row.",
      "type": "array",
      "items": { "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 255 }, "minItems": 784, "maxItems": 784 }
    },
    "examples_label?": { "description": "Text of that button.", "type": "string" },
    "example_classes?": { "description": "Place of each example's true class in class_names.", "type": "array", "items": { "type": "integer" } }
  }
};

const SIZE = 28;
const FINE = 10; // drawing pixels per picture pixel
const SIDE = SIZE * FINE;
const PEN = 2.1 * FINE;
const DRAWING = "Drawing area. Draw with a finger or the mouse; or move with the arrow keys, and lift or lower the pen with the space bar.";
const KEYS = "Or by keyboard: arrow keys move, the space bar lowers and lifts the pen.";

/** Return the box around the ink, or null where there is none. */
function bounds(pad) {
  const ink = pad.getContext("2d").getImageData(0, 0, SIDE, SIDE).data;
  let [left, right, top, bottom] = [SIDE, -1, SIDE, -1];
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      if (ink[4 * (y * SIDE + x)] > 64) {
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
      }
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Shrink the drawing into a 20 by 20 box, centered by its mass, as the digits of MNIST are. */
function normalize(pad) {
  const box = bounds(pad);
  if (!box) return null;
  const scale = 20 / Math.max(box.width, box.height);
  const [width, height] = [box.width * scale, box.height * scale];
  const small = make("canvas", { width: SIZE, height: SIZE });
  const context = small.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  const draw = (x, y) => {
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIZE, SIZE);
    context.drawImage(pad, box.left, box.top, box.width, box.height, x, y, width, height);
    const data = context.getImageData(0, 0, SIZE, SIZE).data;
    return Float32Array.from({ length: SIZE * SIZE }, (_, index) => data[4 * index] / 255);
  };
  const [x, y] = [(SIZE - width) / 2, (SIZE - height) / 2];
  const first = draw(x, y);
  let [mass, across, down] = [0, 0, 0];
  first.forEach((value, index) => {
    mass += value;
    across += value * (index % SIZE);
    down += value * Math.floor(index / SIZE);
  });
  const middle = (SIZE - 1) / 2;
  return draw(x + Math.round(middle - across / mass), y + Math.round(middle - down / mass));
}

/** A black sheet with a pen: pointer, touch, or arrow keys and space bar. */
function sheet(changed, said) {
  const pad = make("canvas", {
    class: "demo-pad", width: SIDE, height: SIDE, tabindex: "0", role: "application",
    "aria-label": DRAWING,
  });
  const context = pad.getContext("2d", { willReadFrequently: true });
  let [last, stale] = [null, false];
  const wipe = () => {
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIDE, SIDE);
    [last, stale] = [null, false];
  };
  const held = pen(pad, (x, y, first) => {
    if (stale) wipe();
    const [from, to] = [first ? null : last, [x * SIDE, y * SIDE]];
    Object.assign(context, { strokeStyle: "#fff", lineWidth: PEN, lineCap: "round" });
    context.beginPath();
    context.moveTo(...(from ?? to));
    context.lineTo(...to);
    context.stroke();
    last = to;
    changed();
  }, said);
  const clear = () => { wipe(); held.rest(); };
  /** Show a finished picture; the next stroke begins a new sheet. */
  const show = (picture) => {
    clear();
    const small = make("canvas");
    paint(small, picture, SIZE, SIZE);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, SIDE, SIDE);
    stale = true;
  };
  clear();
  return { pad, clear, show, fixed: () => stale, element: make("div", { class: "demo-easel" }, pad, held.cursor) };
}

/** Return softmax(logits / temperature). */
function soften(logits, temperature) {
  const top = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Paint the picture as the network gets it, then one map for each filter, all on one scale. */
function showMaps(element, picture, maps) {
  const [, height, width, filters] = maps.dims;
  while (element.children.length <= filters) element.append(make("canvas"));
  element.firstChild.className = "demo-seen";
  paint(element.firstChild, picture, SIZE, SIZE);
  const top = maps.data.reduce((most, value) => Math.max(most, value), 1e-6);
  for (let filter = 0; filter < filters; filter += 1) {
    const values = Array.from({ length: height * width }, (_, index) => maps.data[index * filters + filter]);
    paint(element.children[filter + 1], values, height, width, 0, top);
  }
}

export async function mount(stage, live) {
  const { class_names: names, prompt = "Draw a digit.", temperatures, examples = [], examples_label: label = "Show an example", example_classes: truths = [] } = live.settings;
  const answer = make("p", { class: "demo-answer", role: "status" });
  const bars = barsOf(names);
  const maps = make("div", { class: "demo-maps", role: "img", "aria-label": "Your picture as the network gets it, and the feature maps of the first layer for it" });
  const caption = make("p", { class: "demo-caption", hidden: true }, "What the network gets (framed), and what each filter of the first layer makes of it; white is the largest number of all maps.");
  const [low, high] = temperatures ?? [1, 1];
  const heat = slider("Temperature", { min: String(low), max: String(high), step: "0.1", value: String(low) });
  let given = null;
  let truth;
  const show = latest(async () => {
    const picture = paper.fixed() ? given : normalize(paper.pad);
    if (!picture) {
      answer.textContent = "Nothing drawn yet.";
      bars.show(null);
      maps.replaceChildren();
      caption.hidden = true;
      return;
    }
    const outputs = await live.run({ input: [picture, [1, SIZE, SIZE, 1]] });
    const chances = temperatures ? soften(outputs.logits.data, heat.value()) : Array.from(outputs.probabilities.data);
    const best = chances.indexOf(Math.max(...chances));
    const labeled = paper.fixed() && truth !== undefined ? `; its label is ${names[truth]}` : "";
    answer.textContent = `Read as ${names[best]}, with probability ${percent(chances[best])}${labeled}`;
    bars.show(chances);
    if (outputs.maps) showMaps(maps, picture, outputs.maps);
    caption.hidden = !outputs.maps;
  });
  const paper = sheet(show, (text) => { answer.textContent = text; });
  const clear = make("button", { type: "button" }, "Clear");
  clear.addEventListener("click", () => { paper.clear(); show(); paper.pad.focus(); });
  const buttons = make("div", { class: "demo-buttons" }, clear);
  if (examples.length) {
    const next = make("button", { type: "button", class: "demo-example" }, label);
    let turn = 0;
    next.addEventListener("click", () => {
      const place = turn % examples.length;
      given = Float32Array.from(examples[place], (level) => level / 255);
      truth = truths[place];
      turn += 1;
      paper.show(given);
      show();
    });
    buttons.append(next);
  }
  stage.append(
    make("div", { class: "demo-row" },
      make("div", {}, make("p", {}, prompt), paper.element, make("p", { class: "demo-note demo-keys" }, KEYS), buttons),
      make("div", {}, answer, ...(temperatures ? [heat.element] : []), bars.element)),
    caption,
    maps);
  heat.input.addEventListener("input", show);
  await show();
}
