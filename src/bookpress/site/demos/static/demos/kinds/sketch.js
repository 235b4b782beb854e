// Draw with a pen; a recurrent network reads the movements one by one, and says after each what it sees.
import { bars, cleared, latest, make, pen, percent, slider, themed } from "../parts.js";

export const entry = {
  "inputs": { "rows": ["float", "batch", "window", 4] },
  "outputs": { "probabilities": ["float", "batch", "class_names"] },
  "states": true,
  "arrays": { "examples": ["float", "class_names", "points", 3] },
  "settings": {
    "class_names": { "type": "array", "items": { "type": "string" } },
    "window": { "description": "How many movements the network is shown at a time, the last one included.", "type": "integer", "minimum": 1 },
    "points?": { "description": "Points that a reader's drawing is given.", "type": "integer", "minimum": 4, "default": 28 },
    "ink?": { "description": "Length of a whole drawing, the way from stroke to stroke included.", "type": "number", "exclusiveMinimum": 0, "default": 6 },
    "stretch?": { "description": "What lengths of movements are multiplied by.", "type": "number", "default": 4 }
  }
};

const MISS = 0.03; // how far the pen misses, right and up, where one stroke is cut in two
const PAPER = "Drawing area. Draw with a finger or the mouse; or move with the arrow keys, and lower or lift the pen with the space bar.";
const KEYS = "Or by keyboard: arrow keys move, the space bar lowers and lifts the pen.";

const between = ([x, y], [u, v]) => Math.hypot(u - x, v - y);
const total = (stroke) => stroke.slice(1).reduce((sum, point, at) => sum + between(stroke[at], point), 0);

/** Set `count` points evenly along a part of a stroke; `from` and `to` are shares of its length. */
function spread(stroke, count, from = 0, to = 1) {
  const all = total(stroke);
  const places = Array.from({ length: count }, (_, at) => all * (from + (to - from) * (count > 1 ? at / (count - 1) : 0)));
  let [part, walked] = [0, 0];
  return places.map((place) => {
    while (part < stroke.length - 2 && walked + between(stroke[part], stroke[part + 1]) < place) {
      walked += between(stroke[part], stroke[part + 1]);
      part += 1;
    }
    const [start, end] = [stroke[part], stroke[part + 1] ?? stroke[part]];
    const share = Math.min(1, (place - walked) / (between(start, end) || 1));
    return start.map((value, axis) => value + share * (end[axis] - value));
  });
}

/** Set points on a reader's strokes, `[x, y, lifted]`: two strokes at least, as in the data. */
export function arranged(strokes, points) {
  const known = strokes.filter((stroke) => total(stroke) > 0);
  const whole = known.reduce((sum, stroke) => sum + total(stroke), 0);
  const pieces = known.length === 1
    ? [spread(known[0], points / 2, 0, 0.5), spread(known[0], points / 2, 0.5, 1)]
    : known.map((stroke) => spread(stroke, Math.max(2, Math.round(points * total(stroke) / whole))));
  return pieces.flatMap((piece) => piece.map(([x, y], at) => [x, y, at === piece.length - 1 ? 1 : 0]));
}

/** Turn points into movements `[right, up, lifted]` that are `ink` long in all. */
export function movements(path, ink) {
  const scale = ink / (total(path) || 1);
  return path.map(([x, y, lifted], at) => {
    const [u, v] = path[at - 1] ?? [x, y];
    const missed = at && x === u && y === v ? MISS : 0; // where one stroke was cut in two
    return [scale * (x - u) + missed, scale * (v - y) + missed, lifted];
  });
}

/** Turn movements into points that fill the sheet. */
function placed(moves) {
  let at = [0, 0];
  const path = moves.map(([x, y]) => (at = [at[0] + x, at[1] - y]));
  const [lows, tops] = [Math.min, Math.max].map((pick) => [0, 1].map((axis) => pick(...path.map((point) => point[axis]))));
  const scale = 0.86 / Math.max(tops[0] - lows[0], tops[1] - lows[1], 1e-6);
  return path.map((point, index) => [...point.map((value, axis) => 0.5 + scale * (value - (lows[axis] + tops[axis]) / 2)), moves[index][2]]);
}

/** Describe each movement but the first: its length, cosine and sine of the turn, and the lifted pen. */
export function described(moves, stretch) {
  return moves.slice(1).map(([x, y, lifted], at) => {
    const [u, v] = at ? moves[at] : [0, 0];
    const both = Math.max(Math.hypot(x, y), 1e-9) * Math.max(Math.hypot(u, v), 1e-9);
    return [stretch * Math.hypot(x, y), (x * u + y * v) / both, (y * u - x * v) / both, lifted];
  });
}

/** Draw the points: strong as far as they are read, pale what is still to come, and a dot at the pen. */
function draw(canvas, path, read, color) {
  const { context, wide, high } = cleared(canvas);
  if (!path.length) return;
  const place = ([x, y]) => [wide * x, high * y];
  Object.assign(context, { lineWidth: 6, lineCap: "round", strokeStyle: color("--accent"), fillStyle: color("--ink") });
  path.slice(1).forEach((point, index) => {
    if (path[index][2]) return;
    context.globalAlpha = index < read ? 1 : 0.25;
    context.beginPath();
    context.moveTo(...place(path[index]));
    context.lineTo(...place(point));
    context.stroke();
  });
  context.globalAlpha = 1;
  context.beginPath();
  context.arc(...place(path[Math.min(read, path.length - 1)]), 9, 0, 7);
  context.fill();
}

export async function mount(stage, live) {
  const { class_names: names, window: wide, points = 28, ink = 6, stretch = 4 } = live.settings;
  const { values, shape } = live.arrays.examples;
  const cell = (drawing, point, axis) => Number(values[(drawing * shape[1] + point) * 3 + axis]);
  const examples = names.map((_, drawing) => Array.from({ length: shape[1] }, (_, point) => [0, 1, 2].map((axis) => cell(drawing, point, axis)))
    .filter((move, point) => !point || move.some((value) => value !== 0)));
  let [strokes, path, moves, known, steps] = [[], [], [], [], []]; // `steps` are about the moves `known`
  let redraw = () => {};

  const pad = make("canvas", { class: "demo-pad demo-sheet", tabindex: "0", role: "application", "aria-label": PAPER });
  const answer = make("p", { class: "demo-answer", role: "status" });
  const chances = bars(names);
  const place = slider("Movements read", { min: "0", max: "1", value: "1" });

  const report = () => {
    redraw();
    const read = place.value();
    chances.show(steps[read - 1] ?? null);
    if (!read) { answer.textContent = moves.length ? "Nothing read yet." : "Nothing drawn yet."; return; }
    const best = steps[read - 1].indexOf(Math.max(...steps[read - 1]));
    answer.textContent = `After ${read} of ${steps.length} movements: ${names[best]}, with probability ${percent(steps[read - 1][best])}`;
  };
  const read = latest(async () => {
    const step = live.stepper();
    const now = moves;
    const rows = described(now, stretch);
    const found = [];
    for (const at of rows.keys()) {
      const seen = Array.from({ length: wide }, (_, back) => rows[at - wide + 1 + back] ?? [0, 0, 0, 0]);
      const { probabilities } = await step({ rows: [seen.flat(), [1, wide, 4]] });
      found.push(Array.from(probabilities.data, Number));
    }
    if (now !== moves) return; // more was drawn in the meantime; the next turn reads it
    [known, steps] = [now, found];
    place.input.max = String(steps.length);
    place.set(steps.length);
    report();
  });
  const drawn = () => {
    path = arranged(strokes, points);
    moves = movements(path, ink);
    return read();
  };
  const show = (example) => {
    strokes = [];
    held.rest();
    [path, moves] = [placed(example), example];
    return read();
  };
  const held = pen(pad, (x, y, first) => {
    if (first || !strokes.length) strokes.push([]);
    strokes.at(-1).push([x, y]);
    drawn();
  }, (text) => { answer.textContent = text; }, 1 / 14);
  const clear = make("button", { type: "button" }, "Clear");
  clear.addEventListener("click", () => { strokes = []; held.rest(); drawn(); pad.focus(); });
  const shows = names.map((name, at) => {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => show(examples[at]));
    return button;
  });
  stage.append(
    make("div", { class: "demo-row" },
      make("div", {}, make("p", {}, `Draw one of these, best with two strokes: ${names.join(", ")}.`), make("div", { class: "demo-easel" }, pad, held.cursor),
        make("p", { class: "demo-note demo-keys" }, KEYS), make("div", { class: "demo-buttons" }, clear)),
      make("div", {}, answer, chances.element, place.element, make("p", {}, "Or see a drawing of the test set:"), make("div", { class: "demo-buttons" }, ...shows))));
  place.input.addEventListener("input", report);
  themed(stage, (color) => { redraw = () => draw(pad, path, place.value(), color); redraw(); });
  await show(examples[0]);
  return { moves: () => moves, steps: () => steps, settled: () => known === moves };
}
