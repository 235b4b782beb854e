// Move one past value of a series, and see at which steps the forecasts of two networks move.
import { arrows, cleared, drag, latest, make, number, themed } from "../parts.js";

export const entry = {
  "inputs": { "input": ["float", "batch", "time", 1] },
  "outputs": { "first": ["float", "batch", "time", "ahead"], "second": ["float", "batch", "time", "ahead"] },
  "arrays": { "series": ["float", "time"] },
  "settings": {
    "names": { "description": "Of the two networks.", "type": "array", "items": { "type": "string" }, "minItems": 2, "maxItems": 2 },
    "reach": { "description": "Values go from minus this to this.", "type": "number", "exclusiveMinimum": 0 },
    "start": { "description": "The step that is chosen at first.", "type": "integer", "minimum": 0 }
  }
};

const NUDGES = 20; // arrow-key steps from 0 to an end
const MOVED = 1e-5; // a forecast that changes by less stays where it is
const TEXT = "22px system-ui, sans-serif";
const HINT = "Drag a value of the series up or down. Each bar below is one step: how far the forecasts that a network makes there move.";
const KEYS = "By keyboard, on the series: left and right choose a step, up and down move its value.";

export async function mount(stage, live) {
  const { names, reach, start } = live.settings;
  const original = Array.from(live.arrays.series.values, Number);
  const steps = original.length;
  const limit = (low, value, high) => Math.min(high, Math.max(low, value));
  let chosen = limit(0, start, steps - 1);
  let series = [...original];
  let moves = names.map(() => original.map(() => 0));
  let redraw = () => {};

  const pad = make("canvas", { class: "demo-chart demo-series", tabindex: "0", role: "application", "aria-label": `A series of ${steps} values. ${KEYS}` });
  pad.style.touchAction = "none";
  const charts = names.map(() => make("canvas", { class: "demo-chart demo-moves", role: "img" }));
  for (const chart of charts) chart.style.height = "6rem";
  const said = make("p", { class: "demo-answer", role: "status" });
  const reset = make("button", { type: "button", class: "demo-reset" }, "Reset");

  const ask = async (values) => {
    const found = await live.run({ input: [values, [1, steps, 1]] });
    return [found.first, found.second].map(({ data, dims }) => Array.from({ length: steps }, (_, step) =>
      Array.from(data.slice(step * dims[2], (step + 1) * dims[2]), Number)));
  };
  const before = await ask(original);

  const describe = (index) => {
    const moved = moves[index].flatMap((size, step) => (size > MOVED ? [step] : []));
    if (!moved.length) return `${names[index]}: no forecast moves.`;
    return `${names[index]}: forecasts move at steps ${moved[0]} to ${moved.at(-1)}, by at most ${number(Math.max(...moves[index]))}.`;
  };
  const report = () => {
    said.textContent = `Step ${chosen}: ${number(original[chosen])} → ${number(series[chosen])}. ${names.map((_, index) => describe(index)).join(" ")}`;
    charts.forEach((chart, index) => chart.setAttribute("aria-label", describe(index)));
  };
  const show = latest(async () => {
    const after = await ask(series);
    moves = after.map((rows, index) => rows.map((row, step) =>
      Math.max(...row.map((value, ahead) => Math.abs(value - before[index][step][ahead])))));
    redraw();
    report();
  });

  const fit = (canvas, color) => {
    const { context, wide, high } = cleared(canvas);
    Object.assign(context, { font: TEXT, fillStyle: color("--ink"), lineWidth: 3 });
    const place = (step) => (step + 0.5) / steps * wide;
    context.fillStyle = color("--grid");
    context.fillRect(place(chosen) - 0.5 * wide / steps, 0, wide / steps, high);
    return { context, wide, high, place };
  };
  const drawSeries = (color) => {
    const { context, high, place } = fit(pad, color);
    const level = (value) => high / 2 * (1 - 0.9 * value / reach);
    for (const [values, stroke, dash] of [[original, "--muted", [6, 8]], [series, "--accent", []]]) {
      context.beginPath();
      values.forEach((value, step) => context[step ? "lineTo" : "moveTo"](place(step), level(value)));
      context.setLineDash(dash);
      context.strokeStyle = color(stroke);
      context.stroke();
    }
    context.setLineDash([]);
    context.fillStyle = color("--bad");
    context.beginPath();
    context.arc(place(chosen), level(series[chosen]), 10, 0, 7);
    context.fill();
  };
  const drawMoves = (color) => charts.forEach((chart, index) => {
    const { context, wide, high, place } = fit(chart, color);
    const most = Math.max(0.05, ...moves.flat());
    context.fillStyle = color("--accent");
    moves[index].forEach((size, step) => {
      if (size <= MOVED) return;
      const tall = Math.max(4, (high - 40) * size / most); // the smallest can be seen, too
      context.fillRect(place(step) - 0.4 * wide / steps, high - tall, 0.8 * wide / steps, tall);
    });
    context.fillStyle = color("--ink");
    context.fillText(names[index], 8, 24);
  });

  const move = (step, value) => {
    if (step !== chosen) series = [...original]; // one value at a time
    chosen = limit(0, step, steps - 1);
    series[chosen] = limit(-reach, value, reach);
    redraw();
    return show();
  };
  drag(pad, (x, y, first) => move(first ? Math.floor(x * steps) : chosen, (1 - 2 * y) * reach / 0.9));
  arrows(pad, (dx, dy) => {
    const step = limit(0, chosen + dx, steps - 1);
    move(step, dx ? original[step] : series[step] - dy * reach / NUDGES);
  });
  reset.addEventListener("click", () => move(chosen, original[chosen]));
  stage.append(
    make("p", {}, HINT), pad, ...charts, said,
    make("div", { class: "demo-buttons" }, reset),
    make("p", { class: "demo-note demo-keys" }, KEYS));
  themed(stage, (color) => {
    redraw = () => { drawSeries(color); drawMoves(color); };
    redraw();
  });
  new ResizeObserver(() => redraw()).observe(pad);
  await move(chosen, limit(-reach, original[chosen] + 0.5, reach));
  return { moves: () => moves, series: () => series };
}
