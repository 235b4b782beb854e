// Draw a 28 by 28 picture; see the class probabilities and the first feature maps.
// Settings: class_names (list of text), prompt (text).
import { arrows, drag, latest, make, paint } from "./parts.js";

const SIZE = 28;
const FINE = 10; // drawing pixels per picture pixel
const PEN = 2.1 * FINE;

/** Shrink the drawing into a 20 by 20 box, centered by its mass, as the digits of MNIST are. */
function normalize(pad) {
  const side = SIZE * FINE;
  const ink = pad.getContext("2d").getImageData(0, 0, side, side).data;
  let [left, right, top, bottom] = [side, -1, side, -1];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      if (ink[4 * (y * side + x)] > 64) {
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
      }
    }
  }
  if (right < 0) return null;
  const scale = 20 / Math.max(right - left + 1, bottom - top + 1);
  const [width, height] = [(right - left + 1) * scale, (bottom - top + 1) * scale];
  const small = make("canvas", { width: SIZE, height: SIZE });
  const context = small.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  const draw = (x, y) => {
    context.fillStyle = "#000";
    context.fillRect(0, 0, SIZE, SIZE);
    context.drawImage(pad, left, top, right - left + 1, bottom - top + 1, x, y, width, height);
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

export async function mount(stage, live) {
  const names = live.settings.class_names;
  const side = SIZE * FINE;
  const pad = make("canvas", {
    class: "demo-pad", width: side, height: side, tabindex: "0", role: "img",
    "aria-label": "Drawing area. Draw with a finger or the mouse; or move with the arrow keys, and switch the pen with the space bar.",
  });
  const context = pad.getContext("2d", { willReadFrequently: true });
  const answer = make("p", { class: "demo-answer", role: "status" });
  const bars = make("ul", { class: `demo-bars${names.every((name) => name.length < 3) ? " demo-short" : ""}` });
  const rows = names.map((name) => {
    const bar = make("div", { class: "demo-bar" });
    const value = make("span", { class: "demo-value" });
    bars.append(make("li", {}, make("span", {}, name), make("div", {}, bar), value));
    return { bar, value };
  });
  const maps = make("div", { class: "demo-maps", role: "img", "aria-label": "Feature maps of the first layer for your drawing" });
  const clear = make("button", { type: "button" }, "Clear");
  stage.append(make("div", { class: "demo-row" },
    make("div", {}, make("p", {}, live.settings.prompt ?? "Draw a digit."), pad, make("p", {}, clear)),
    make("div", {}, answer, bars)), make("p", { class: "demo-maps-title" }, "First-layer feature maps"), maps);

  const empty = () => {
    context.fillStyle = "#000";
    context.fillRect(0, 0, side, side);
  };
  const show = latest(async () => {
    const picture = normalize(pad);
    if (!picture) {
      answer.textContent = "Nothing drawn yet.";
      rows.forEach(({ bar, value }) => { bar.style.width = "0"; value.textContent = ""; });
      maps.replaceChildren();
      return;
    }
    const outputs = await live.run(picture, [1, SIZE, SIZE, 1]);
    const chances = Array.from((outputs.probabilities ?? Object.values(outputs)[0]).data);
    const best = chances.indexOf(Math.max(...chances));
    answer.textContent = `Read as ${names[best]}, with probability ${(100 * chances[best]).toFixed(0)} %`;
    rows.forEach(({ bar, value }, index) => {
      bar.style.width = `${100 * chances[index]}%`;
      value.textContent = `${(100 * chances[index]).toFixed(0)} %`;
    });
    if (outputs.maps) {
      const [, height, width, filters] = outputs.maps.dims;
      while (maps.children.length < filters) maps.append(make("canvas"));
      for (let filter = 0; filter < filters; filter += 1) {
        const values = Array.from({ length: height * width }, (_, index) => outputs.maps.data[index * filters + filter]);
        paint(maps.children[filter], values, height, width, 0, Math.max(...values, 1e-6));
      }
    }
  });
  let last = null;
  const stroke = (x, y) => {
    context.strokeStyle = "#fff";
    context.lineWidth = PEN;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(...(last ?? [x, y]));
    context.lineTo(x, y);
    context.stroke();
    last = [x, y];
    show();
  };
  drag(pad, (x, y, first) => {
    if (first) last = null;
    stroke(x * side, y * side);
  });
  let cursor = [side / 2, side / 2];
  let pen = false;
  arrows(pad, (dx, dy) => {
    cursor = [cursor[0] + dx * FINE, cursor[1] + dy * FINE].map((value) => Math.min(side, Math.max(0, value)));
    if (pen) stroke(...cursor);
  }, (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    pen = !pen;
    last = null;
    if (pen) stroke(...cursor);
    answer.textContent = pen ? "Pen down." : "Pen up.";
  });
  clear.addEventListener("click", () => {
    empty();
    last = null;
    cursor = [side / 2, side / 2];
    pen = false;
    show();
    pad.focus();
  });
  empty();
  await show();
}
