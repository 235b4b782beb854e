// Walk down a surface by gradient descent: choose the start, the learning rate and the momentum.
import { arrows, cleared, drag, make, slider, themed } from "../parts.js";

export const entry = {
  "settings": {
    "surfaces": {
      "description": "Losses of two parameters u and v, each a polynomial; terms are [coefficient, power of u, power of v].",
      "type": "array",
      "minItems": 1,
      "items": {
        "type": "object",
        "properties": {
          "name": { "type": "string" },
          "note": { "description": "What to look for.", "type": "string" },
          "terms": { "type": "array", "items": { "type": "array", "items": { "type": "number" }, "minItems": 3, "maxItems": 3 } },
          "reach": { "description": "Both axes go from minus this to this.", "type": "number", "exclusiveMinimum": 0 },
          "start": { "type": "array", "items": { "type": "number" }, "minItems": 2, "maxItems": 2 },
          "learning_rate": { "type": "number", "minimum": 0.001, "maximum": 3 }
        },
        "required": ["name", "note", "terms", "reach", "start", "learning_rate"],
        "additionalProperties": false
      }
    }
  }
};

const SIDE = 560; // drawn twice as large as shown, for sharp screens
const LEVELS = 12; // contour lines
const STEPS = 40; // arrow-key steps from one side to the other
const PACE = 60; // milliseconds between two updates of a run
const MOST = 500; // updates of a run
const FLAT = 1e-4; // a gradient and a velocity shorter than this no longer move
const FAR = 100; // times the reach: from there nothing comes back
const TEXT = "22px system-ui, sans-serif";
const HINT = "A map of the loss: the darker, the lower. Drag the square to choose a start, then make updates. Dashed is where the next one goes, dotted the path before the last reset.";
const KEYS = "By keyboard, on the surface: arrow keys move the start, the space bar makes an update.";

/** Return the loss and its gradient at a place. */
function evaluate(terms, [u, v]) {
  let [loss, du, dv] = [0, 0, 0];
  for (const [factor, i, j] of terms) {
    loss += factor * u ** i * v ** j;
    if (i) du += factor * i * u ** (i - 1) * v ** j;
    if (j) dv += factor * j * u ** i * v ** (j - 1);
  }
  return { loss, gradient: [du, dv] };
}

/** A descent: all places so far and their losses. An update is that of `keras.optimizers.SGD`. */
function descend(terms, start) {
  const path = [start];
  const losses = [evaluate(terms, start).loss];
  let velocity = [0, 0];
  const aim = (rate, momentum) => {
    const { gradient } = evaluate(terms, path.at(-1));
    return velocity.map((speed, axis) => momentum * speed - rate * gradient[axis]);
  };
  const next = (rate, momentum) => aim(rate, momentum).map((move, axis) => path.at(-1)[axis] + move);
  const update = (rate, momentum) => {
    velocity = aim(rate, momentum);
    path.push(path.at(-1).map((value, axis) => value + velocity[axis]));
    losses.push(evaluate(terms, path.at(-1)).loss);
  };
  const settled = () => Math.hypot(...evaluate(terms, path.at(-1)).gradient, ...velocity) < FLAT;
  return { path, losses, next, update, settled };
}

/** Return the colors from low to high, the darker below in both themes: shares to [red, green, blue]. */
function ramp(color) {
  const context = make("canvas", { width: 2, height: 1 }).getContext("2d");
  context.fillStyle = color("--paper");
  context.fillRect(0, 0, 2, 1);
  Object.assign(context, { fillStyle: color("--accent"), globalAlpha: 0.62 });
  context.fillRect(0, 0, 1, 1);
  const { data } = context.getImageData(0, 0, 2, 1);
  const weight = (end) => end.reduce((sum, level) => sum + level);
  const [dark, light] = [[...data.slice(0, 3)], [...data.slice(4, 7)]].sort((one, other) => weight(one) - weight(other));
  return (share) => dark.map((level, channel) => level + share * (light[channel] - level));
}

/** Evaluate a surface once for each pixel, on a scale where a parabola has evenly spaced levels. */
function measure({ terms, reach }) {
  const at = (pixel) => (2 * (pixel + 0.5) / SIDE - 1) * reach;
  const losses = Float64Array.from({ length: SIDE * SIDE }, (_, index) =>
    evaluate(terms, [at(index % SIDE), -at(Math.floor(index / SIDE))]).loss);
  const [low, high] = losses.reduce(([least, most], loss) => [Math.min(least, loss), Math.max(most, loss)], [Infinity, -Infinity]);
  return { low, high, levels: losses.map((loss) => LEVELS * Math.sqrt((loss - low) / (high - low))) };
}

/** Draw the surface as bands between contour lines; the darker, the lower. */
function contours({ levels }, color) {
  const canvas = make("canvas", { width: SIDE, height: SIDE });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(SIDE, SIDE);
  const shade = ramp(color);
  for (let index = 0; index < levels.length; index += 1) {
    const level = levels[index];
    const right = levels[index % SIDE < SIDE - 1 ? index + 1 : index - 1];
    const below = levels[index + SIDE < levels.length ? index + SIDE : index - SIDE];
    const pixels = Math.abs(level - Math.round(level)) / Math.hypot(right - level, below - level); // to the line
    const line = Math.round(level) ? 0.22 * Math.min(1, Math.max(0, 1.7 - pixels)) : 0; // none at the lowest place
    const band = shade(Math.min(1, Math.floor(level) / LEVELS)).map((part) => part + line * (127 - part));
    picture.data.set([...band, 255], 4 * index);
  }
  context.putImageData(picture, 0, 0);
  return canvas;
}

/** Return round numbers from `low` to `high`. */
function ticks(low, high) {
  const raw = (high - low) / 4;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= raw);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(6)));
}

/** Draw a line with an edge that sets it off from what lies below; dots at its corners if there are few. */
function trace(context, points, { stroke, edge, width, dash = [], dots = false }) {
  for (const [style, line] of [[edge, width + 5], [stroke, width]]) {
    context.beginPath();
    points.forEach((point, index) => context[index ? "lineTo" : "moveTo"](...point));
    Object.assign(context, { strokeStyle: style, lineWidth: line, lineJoin: "round", lineCap: "round" });
    context.setLineDash(style === edge ? [] : dash);
    context.stroke();
  }
  context.setLineDash([]);
  context.fillStyle = stroke;
  for (const [x, y] of dots ? points : []) {
    context.beginPath();
    context.arc(x, y, 1.8 * width, 0, 7);
    context.fill();
  }
}

const signed = (value) => String(value).replaceAll("-", "−");
const number = (value) => signed(Math.abs(value) < 1e4 ? value.toFixed(3).replace(/^-(0\.0+)$/, "$1") : value.toExponential(1));
const written = (place) => `(${place.map(number).join(", ")})`;

export async function mount(stage, live) {
  const { surfaces } = live.settings;
  const pad = make("canvas", {
    class: "demo-pad demo-plane", width: SIDE, height: SIDE, tabindex: "0", role: "application",
    "aria-label": `Contour map of the loss. ${KEYS}`,
  });
  const chart = make("canvas", { class: "demo-chart", role: "img" });
  const choice = make("select", { class: "demo-surface" }, ...surfaces.map(({ name }) => make("option", {}, name)));
  const note = make("p", { class: "demo-caption" });
  const rate = slider("Learning rate", { min: "-3", max: "0.5", step: "0.05", value: "-1" }, (power) => Number((10 ** power).toPrecision(2)));
  const momentum = slider("Momentum", { min: "0", max: "0.99", step: "0.01", value: "0" });
  const said = make("p", { class: "demo-answer", role: "status" });
  const button = (text, name, act) => {
    const element = make("button", { type: "button", class: `demo-${name}` }, text);
    element.addEventListener("click", act);
    return element;
  };
  let [surface, heights, map, walk, before, running] = [];
  const reach = () => surface.reach;
  const lost = () => !walk.path.at(-1).every((value) => Math.abs(value) < FAR * reach());
  const knobs = () => [rate.value(), momentum.value()];
  const toPad = ([u, v]) => [u, -v].map((value) => (1 + Math.max(-2 * FAR, Math.min(2 * FAR, value / reach()))) * SIDE / 2);

  const report = () => {
    const [place, loss] = [walk.path.at(-1), walk.losses.at(-1)];
    const updates = walk.path.length - 1;
    const parts = [updates ? `${updates} update${updates > 1 ? "s" : ""}: at ${written(place)}, loss ${number(loss)}.` : `Start at ${written(place)}, loss ${number(loss)}.`];
    if (lost()) parts.push("Diverged: the updates lead ever farther away. Reset, and take a smaller learning rate.");
    else if (place.some((value) => Math.abs(value) > reach())) parts.push("That is outside of the map.");
    else if (walk.settled()) parts.push("Settled: the gradient is nearly zero, as it is at minima and at saddles.");
    said.textContent = parts.join(" ");
  };
  const drawMap = (color) => {
    const context = pad.getContext("2d");
    context.drawImage(map, 0, 0);
    Object.assign(context, { font: TEXT, fillStyle: color("--ink"), textAlign: "center", textBaseline: "alphabetic" });
    for (const tick of ticks(-reach(), reach()).filter((value) => Math.abs(value) < 0.93 * reach())) {
      const [x, y] = toPad([tick, tick]);
      context.fillText(signed(tick), x, SIDE - 10);
      if (tick) context.fillText(signed(tick), 24, y + 8);
    }
    context.font = `italic ${TEXT}`;
    context.fillText("u", SIDE - 14, SIDE - 10);
    context.fillText("v", 24, 26);
    const edge = color("--paper");
    if (before) trace(context, before.path.map(toPad), { stroke: color("--muted"), edge, width: 3, dash: [4, 10] });
    if (!lost()) trace(context, [walk.path.at(-1), walk.next(...knobs())].map(toPad), { stroke: color("--ink"), edge, width: 2.5, dash: [12, 9] });
    trace(context, walk.path.map(toPad), { stroke: color("--bad"), edge, width: 3.5, dots: true });
    const [x, y] = toPad(walk.path[0]);
    Object.assign(context, { fillStyle: color("--ink"), strokeStyle: edge, lineWidth: 4 });
    context.strokeRect(x - 11, y - 11, 22, 22);
    context.fillRect(x - 11, y - 11, 22, 22);
    context.beginPath();
    context.arc(...toPad(walk.path.at(-1)), 11, 0, 7);
    Object.assign(context, { fillStyle: color("--bad"), strokeStyle: edge });
    if (walk.path.length > 1) { context.stroke(); context.fill(); }
  };
  const drawChart = (color) => {
    const { context, wide, high } = cleared(chart);
    const curves = [...(before ? [before.losses] : []), walk.losses];
    const most = Math.max(20, ...curves.map((losses) => losses.length - 1));
    const top = Math.min(heights.high, Math.max(...curves.flat())) || heights.high; // a NaN shows all
    const [left, right, ceiling, floor] = [76, wide - 16, 40, high - 62];
    const spot = (loss, update) => {
      const share = (Math.min(Number.isNaN(loss) ? Infinity : loss, 2 * top - heights.low) - heights.low) / (top - heights.low || 1);
      return [left + update / most * (right - left), floor - share * (floor - ceiling)];
    };
    Object.assign(context, { font: TEXT, fillStyle: color("--muted"), strokeStyle: color("--grid"), lineWidth: 2 });
    for (const tick of ticks(heights.low - (top - heights.low) / 100, top)) { // so that a lowest loss of 0 has one
      const [, y] = spot(tick, 0);
      context.strokeRect(left, y, right - left, 0);
      context.textAlign = "right";
      context.fillText(signed(tick), left - 10, y + 8);
    }
    context.textAlign = "center";
    for (const tick of ticks(0, most)) context.fillText(String(tick), spot(0, tick)[0], floor + 30);
    context.fillText("updates", (left + right) / 2, high - 6);
    context.textAlign = "left";
    context.fillText("loss", 8, 22);
    context.save();
    context.beginPath();
    context.rect(left - 8, ceiling - 20, right - left + 16, floor - ceiling + 40);
    context.clip();
    const edge = color("--surface");
    if (before) trace(context, before.losses.map(spot), { stroke: color("--muted"), edge, width: 3, dash: [4, 10] });
    trace(context, walk.losses.map(spot), { stroke: color("--bad"), edge, width: 3.5, dots: walk.losses.length < 30 });
    context.restore();
    chart.setAttribute("aria-label", `Loss against updates: ${number(walk.losses[0])} at the start, ${number(walk.losses.at(-1))} after ${walk.path.length - 1}.`);
  };

  let redraw = () => {};
  const refresh = () => {
    redraw();
    report();
    [step.disabled, run.disabled] = [lost(), lost()];
    run.textContent = running ? "Pause" : "Run";
  };
  const pause = () => {
    running = false;
    said.removeAttribute("aria-live"); // a status speaks again
  };
  const begin = (start) => {
    pause();
    before = walk?.path.length > 1 ? walk : before;
    walk = descend(surface.terms, start);
    refresh();
  };
  const update = () => {
    if (lost()) return;
    walk.update(...knobs());
    refresh();
  };
  const play = () => {
    const end = walk.path.length + MOST;
    const over = () => lost() || walk.settled() || walk.path.length >= end;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      while (!over()) walk.update(...knobs());
      refresh();
      return;
    }
    running = true;
    said.setAttribute("aria-live", "off"); // only the end is spoken
    let last = -Infinity;
    const frame = (now) => {
      if (!running) return;
      if (over()) { pause(); refresh(); return; }
      if (now - last >= PACE) { last = now; update(); }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  };
  const step = button("One update", "step", () => { pause(); update(); });
  const run = button("Run", "run", () => {
    if (running) { pause(); refresh(); } else play();
  });
  const reset = button("Reset", "reset", () => begin(walk.path[0]));
  const select = () => {
    surface = surfaces[choice.selectedIndex];
    heights = measure(surface);
    note.textContent = surface.note;
    [before, walk] = [];
    rate.set(Math.log10(surface.learning_rate));
    begin(surface.start);
  };
  const limit = (value) => Math.max(-reach(), Math.min(reach(), value));
  const move = (u, v) => begin([limit(u), limit(v)]);
  choice.addEventListener("change", () => { select(); recolor(); });
  for (const { input } of [rate, momentum]) input.addEventListener("input", () => redraw());
  drag(pad, (x, y) => move((2 * x - 1) * reach(), (1 - 2 * y) * reach()));
  arrows(pad, (dx, dy) => {
    const [u, v] = walk.path[0];
    move(u + dx * 2 * reach() / STEPS, v - dy * 2 * reach() / STEPS);
  }, (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    pause();
    update();
  });
  stage.append(
    make("p", {}, HINT),
    make("div", { class: "demo-row" }, make("label", {}, "Surface", choice), note),
    make("div", { class: "demo-pair demo-map" }, pad,
      make("div", {}, said, make("div", { class: "demo-buttons" }, step, run, reset), rate.element, momentum.element),
      chart),
    make("p", { class: "demo-note demo-keys" }, KEYS));
  select();
  const recolor = themed(stage, (color) => {
    map = contours(heights, color);
    redraw = () => { drawMap(color); drawChart(color); };
    redraw();
  });
  new ResizeObserver(() => redraw()).observe(chart);
  return { path: () => walk.path, losses: () => walk.losses };
}
