// Shuffle a file that is sorted by class through a buffer: choose its size, and watch it pass rows on.
import { make, slider, themed } from "../parts.js";

export const entry = {
  "arrays": { "draws": ["int", "rows"] },
  "settings": {
    "classes": { "description": "The file has equally many rows of each, sorted; at most ten.", "type": "integer", "minimum": 2, "maximum": 10 },
    "batch": { "description": "Rows of a batch.", "type": "integer", "minimum": 2 }
  }
};

const CELL = 28; // drawn twice as large as shown, for sharp screens
const TEXT = "20px system-ui, sans-serif";
const HINT = "Each square is a row; number and shade are its class. In the file, outlined rows are in the buffer, and faded rows have been handed out. Each line of the batches is one batch.";

/** Return the order in which a buffer of a size hands out the rows: that of `tf.data.Dataset.shuffle`. */
function shuffled(draws, size) {
  let read = Math.min(size, draws.length);
  const buffer = Array.from({ length: read }, (_, row) => row);
  const order = [];
  while (buffer.length) {
    const chosen = draws[order.length] % buffer.length;
    [buffer[0], buffer[chosen]] = [buffer[chosen], buffer[0]];
    order.push(buffer.shift());
    if (read < draws.length) buffer.push(read++);
  }
  return order;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export async function mount(stage, live) {
  const { classes, batch } = live.settings;
  const draws = Array.from(live.arrays.draws.values, Number);
  const rows = draws.length;
  const lines = Math.ceil(rows / batch);
  const kind = (row) => Math.floor(row * classes / rows);
  const grid = (name) => make("canvas", { class: `demo-grid demo-${name}`, role: "img", width: CELL * batch, height: CELL * lines });
  const [file, batches] = [grid("file"), grid("batches")];
  const said = make("p", { class: "demo-answer", role: "status" });
  let redraw = () => {};
  const buffer = slider("Rows in the buffer", { min: "1", max: String(rows), value: String(batch) });
  const handed = slider("Rows handed out", { min: "0", max: String(rows), value: String(rows) });
  const order = () => shuffled(draws, buffer.value());

  const report = () => {
    const [found, count] = [order(), handed.value()];
    const moved = mean(found.map((row, place) => Math.abs(row - place)));
    const most = Math.max(...found.map((row, place) => row - place));
    const mixed = mean(Array.from({ length: lines }, (_, line) => new Set(found.slice(line * batch, (line + 1) * batch).map(kind)).size));
    const waiting = Math.min(buffer.value(), rows - count);
    said.textContent = `A batch of ${batch} has ${mixed.toFixed(1)} of ${classes} classes on average. Rows move by ${moved.toFixed(1)} places on average, and by at most ${most} to the front.`;
    file.setAttribute("aria-label", `The file, ${rows} rows sorted by class: ${count} handed out, ${waiting} in the buffer.`);
    const done = Array.from({ length: Math.ceil(count / batch) }, (_, line) => found.slice(line * batch, Math.min(count, (line + 1) * batch)).map(kind).join(" "));
    batches.setAttribute("aria-label", `The batches, by class: ${done.join("; ") || "none yet"}.`);
  };
  const draw = (color) => {
    const [found, count] = [order(), handed.value()];
    const gone = new Set(found.slice(0, count));
    const read = Math.min(rows, count + buffer.value());
    const cell = (context, row, place, faded) => {
      const [x, y] = [CELL * (place % batch), CELL * Math.floor(place / batch)];
      const share = kind(row) / (classes - 1);
      Object.assign(context, { globalAlpha: faded ? 0.08 : 0.1 + 0.9 * share, fillStyle: color("--accent") });
      context.fillRect(x + 1, y + 1, CELL - 2, CELL - 2);
      Object.assign(context, { globalAlpha: faded ? 0.35 : 1, fillStyle: color(share > 0.6 && !faded ? "--paper" : "--ink") });
      context.fillText(String(kind(row)), x + CELL / 2, y + CELL / 2 + 1);
      context.globalAlpha = 1;
    };
    for (const canvas of [file, batches]) {
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, canvas.width, canvas.height);
      Object.assign(context, { font: TEXT, textAlign: "center", textBaseline: "middle", lineWidth: 3, strokeStyle: color("--bad") });
    }
    const [left, right] = [file.getContext("2d"), batches.getContext("2d")];
    for (let row = 0; row < rows; row += 1) {
      cell(left, row, row, gone.has(row));
      if (row < read && !gone.has(row)) left.strokeRect(CELL * (row % batch) + 2, CELL * Math.floor(row / batch) + 2, CELL - 4, CELL - 4);
    }
    found.slice(0, count).forEach((row, place) => cell(right, row, place, false));
  };
  stage.append(
    make("p", {}, HINT),
    make("div", { class: "demo-row" }, make("div", {}, buffer.element), make("div", {}, handed.element)),
    said,
    make("div", { class: "demo-pair demo-map" },
      make("div", {}, make("p", { class: "demo-caption" }, "The file"), file),
      make("div", {}, make("p", { class: "demo-caption" }, "The batches"), batches)));
  for (const { input } of [buffer, handed]) input.addEventListener("input", () => { redraw(); report(); });
  report();
  themed(stage, (color) => {
    redraw = () => draw(color);
    redraw();
  });
  return { order };
}
