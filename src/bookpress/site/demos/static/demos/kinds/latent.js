// Move through a plane of two latent numbers; see the picture that the decoder makes of each place.
import { arrows, drag, latest, make, paint } from "../parts.js";

export const entry = {
  "inputs": { "input": ["float", "batch", 2] },
  "outputs": { "output": ["float", "batch", "height", "width", 1] },
  "settings": {
    "range": { "description": "Ends of both axes.", "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 },
    "points?": { "description": "Known pictures, each as [x, y, class].", "type": "array", "items": { "type": "array", "items": { "type": "number" }, "minItems": 3, "maxItems": 3 } },
    "class_names?": { "type": "array", "items": { "type": "string" } }
  }
};

const STEPS = 60; // arrow-key steps from one side to the other
const SIDE = 560; // drawn twice as large as shown, for sharp screens
const NEAREST = 5;
// Light on dark, 4.5:1 or more; the digits themselves tell the classes apart, not the color alone.
const COLORS = ["#8db4f5", "#f09a5e", "#4cc9b0", "#e08bb8", "#c6a6ec", "#b9c66b", "#f2d36b", "#9fd8f0", "#f28b82", "#d0d4dc"];

/** The plane with its known pictures, drawn once; `toPlane` turns codes into places on it. */
function background(points, names, toPlane) {
  const canvas = make("canvas", { width: SIDE, height: SIDE });
  const context = canvas.getContext("2d");
  context.fillStyle = "#1d2330";
  context.fillRect(0, 0, SIDE, SIDE);
  context.strokeStyle = "#4a5265";
  const [x0, y0] = toPlane([0, 0]);
  context.strokeRect(x0, -1, 0, SIDE + 2);
  context.strokeRect(-1, y0, SIDE + 2, 0);
  Object.assign(context, { font: "16px sans-serif", textAlign: "center", textBaseline: "middle" });
  for (const [x, y, label] of points) {
    context.fillStyle = COLORS[label % COLORS.length];
    const name = names[label] ?? "";
    if (name.length > 0 && name.length < 3) context.fillText(name, ...toPlane([x, y]));
    else context.fillRect(...toPlane([x, y]).map((value) => value - 3), 6, 6);
  }
  return canvas;
}

/** Name the classes of the known pictures nearest to a place, nearest first. */
function neighbors(points, names, [x, y]) {
  const near = points.map(([px, py, label]) => [(px - x) ** 2 + (py - y) ** 2, label]);
  const found = near.sort((a, b) => a[0] - b[0]).slice(0, NEAREST);
  return `${found.length} nearest known: ${found.map(([, label]) => names[label] ?? label).join(", ")}`;
}

/** Draw a standard normal number. */
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

export async function mount(stage, live) {
  const { range: [low, high], points = [], class_names: names = [] } = live.settings;
  const step = (high - low) / STEPS;
  const clamp = (value) => Math.min(high, Math.max(low, value));
  const toPlane = ([x, y]) => [((x - low) / (high - low)) * SIDE, ((high - y) / (high - low)) * SIDE];
  const plane = make("canvas", {
    class: "demo-pad demo-plane", width: SIDE, height: SIDE, tabindex: "0", role: "application",
    "aria-label": "Latent plane. Drag the ring, or move it with the arrow keys.",
  });
  const picture = make("canvas", { class: "demo-picture", role: "img" });
  const sliders = [0, 1].map(() => make("input", { type: "range", min: String(low), max: String(high), step: "any", value: String((low + high) / 2) }));
  const where = make("p", { class: "demo-answer", role: "status" });
  const known = background(points, names, toPlane);
  const place = () => sliders.map((input) => Number(input.value));
  const show = latest(async () => {
    const code = place();
    const context = plane.getContext("2d");
    context.drawImage(known, 0, 0);
    for (const [width, color] of [[10, "#000"], [5, "#fff"]]) {
      context.beginPath();
      context.arc(...toPlane(code), 16, 0, 7);
      Object.assign(context, { lineWidth: width, strokeStyle: color });
      context.stroke();
    }
    const { output } = await live.run({ input: [code, [1, 2]] });
    paint(picture, output.data, output.dims[1], output.dims[2]);
    const at = `(${code.map((value) => value.toFixed(2)).join(", ")})`;
    where.textContent = points.length ? `At ${at}. ${neighbors(points, names, code)}` : `At ${at}`;
    picture.setAttribute("aria-label", `Decoded picture at ${at}`);
    sliders.forEach((input, index) => input.setAttribute("aria-valuetext", code[index].toFixed(2)));
  });
  const go = (x, y) => {
    [x, y].forEach((value, index) => { sliders[index].value = String(clamp(value)); });
    return show();
  };
  sliders.forEach((input, index) => {
    input.addEventListener("input", show);
    input.addEventListener("keydown", (event) => { // "any" leaves the size of a step to the browser
      const sign = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
      if (!sign) return;
      event.preventDefault();
      go(...place().map((value, axis) => value + (axis === index ? sign * step : 0)));
    });
  });
  drag(plane, (x, y) => go(low + x * (high - low), high - y * (high - low)));
  arrows(plane, (dx, dy) => go(place()[0] + dx * step, place()[1] - dy * step));
  const random = make("button", { type: "button", class: "demo-random" }, "Draw a code");
  random.addEventListener("click", () => go(normal(), normal()));
  const center = make("button", { type: "button" }, "To the center");
  center.addEventListener("click", () => go(0, 0));
  stage.append(
    make("p", {}, "Drag the ring, or move it with the arrow keys."),
    make("div", { class: "demo-pair" }, plane, picture, where),
    make("div", { class: "demo-row" }, ...sliders.map((input, index) =>
      make("div", {}, make("label", {}, `${["First", "Second"][index]} number of the code`, input)))),
    make("div", { class: "demo-buttons" }, random, center));
  await show();
}
