// Draw a wave: several forecasters continue it, each with the band in which it expects the values.
import { arrows, cleared, drag, latest, make, number, themed } from "../parts.js";

export const entry = {
  "inputs": { "input": ["float", "batch", "steps"] },
  "outputs": { "output": ["float", "batch", "methods", "horizon"] },
  "arrays": { "radius": ["float", "methods", "horizon"], "waves": ["float", "waves", "total"] },
  "settings": {
    "methods": { "description": "Names, in the model's order.", "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": 3 },
    "reach": { "description": "The sheet goes from minus this to this.", "type": "number", "exclusiveMinimum": 0 },
    "level": { "description": "What the bands promise, such as 90 %.", "type": "string" }
  }
};

const STYLES = [["--accent", [], "solid"], ["--bad", [14, 8], "dashed"], ["--ink", [3, 7], "dotted"]];
const KEYS = "By keyboard, on the sheet: left and right choose a step, up and down move its value.";

export async function mount(stage, live) {
  const { methods, reach, level } = live.settings;
  const [, horizon] = live.arrays.radius.shape;
  const [count, total] = live.arrays.waves.shape;
  const [radius, waves] = [live.arrays.radius, live.arrays.waves].map(({ values }) => Array.from(values, Number));
  const steps = total - horizon;
  const sheet = make("canvas", { class: "demo-chart demo-sheet", tabindex: "0", role: "application", "aria-label": `A wave of ${steps} steps, and ${horizon} forecast. ${KEYS}` });
  const said = make("p", { class: "demo-answer", role: "status" });
  const switches = methods.map((name, method) => make("button", { type: "button", "aria-pressed": "true" }, `${name} (${STYLES[method][2]})`));
  const another = make("button", { type: "button", class: "demo-another" }, "Another wave");
  const flat = make("button", { type: "button", class: "demo-flat" }, "Flat line");
  const pressed = (method) => switches[method].getAttribute("aria-pressed") === "true";
  let [place, cursor, last, spoken] = [-1, steps - 1, null, ""];
  let [values, truth, found] = [[], null, []];
  let redraw = () => {};

  const of = (method, step) => [found[method * horizon + step], radius[method * horizon + step]];
  const report = () => {
    const lines = methods.flatMap((name, method) => {
      if (!pressed(method)) return [];
      const ends = [0, horizon - 1].map((step) => of(method, step).map(number).join(" ± "));
      const hits = truth?.filter((value, step) => Math.abs(value - of(method, step)[0]) <= of(method, step)[1]).length;
      return [`${name}: next ${ends[0]}, last ${ends[1]}${truth ? `; ${hits} of ${horizon} values in its band` : ""}.`];
    });
    said.replaceChildren(...[spoken, ...lines].filter(Boolean).flatMap((line) => [line, make("br")]));
  };
  const show = latest(async () => {
    const { output } = await live.run({ input: [values, [1, steps]] });
    found = Array.from(output.data, Number);
    redraw();
    report();
  });
  const draw = (color) => {
    const { context, wide, high } = cleared(sheet);
    const spot = (step, value) => [(step + 0.5) * wide / total, (1 - value / reach) * high / 2];
    const path = (points) => {
      context.beginPath();
      points.forEach((point, index) => context[index ? "lineTo" : "moveTo"](...point));
    };
    const line = (points, style, width, dash = []) => {
      Object.assign(context, { strokeStyle: color(style), lineWidth: width, lineJoin: "round" });
      context.setLineDash(dash);
      path(points);
      context.stroke();
    };
    line([spot(-1, 0), spot(total, 0)], "--grid", 2);
    line([spot(steps - 0.5, reach), spot(steps - 0.5, -reach)], "--muted", 2, [4, 6]);
    for (const method of methods.keys()) {
      if (!pressed(method) || !found.length) continue;
      const [style, dash] = STYLES[method];
      const along = (sign) => Array.from({ length: horizon }, (_, step) => spot(steps + step, of(method, step)[0] + sign * of(method, step)[1]));
      path([...along(1), ...along(-1).reverse()]);
      Object.assign(context, { fillStyle: color(style), globalAlpha: 0.13 });
      context.fill();
      context.globalAlpha = 1;
      line([spot(steps - 1, values.at(-1)), ...along(0)], style, 5, dash);
    }
    line(values.map((value, step) => spot(step, value)), "--ink", 4);
    context.fillStyle = color("--ink");
    for (const [step, value] of (truth ?? []).entries()) {
      const [x, y] = spot(steps + step, value);
      line([[x - 7, y - 7], [x + 7, y + 7]], "--ink", 3);
      line([[x - 7, y + 7], [x + 7, y - 7]], "--ink", 3);
    }
    context.beginPath();
    context.arc(...spot(cursor, values[cursor]), 9, 0, 7);
    context.fill();
  };
  const choose = () => {
    place = (place + 1) % count;
    values = waves.slice(place * total, place * total + steps);
    truth = waves.slice(place * total + steps, (place + 1) * total);
    spoken = "";
    return show();
  };
  const set = (step, value) => {
    truth = null;
    [cursor, values[step]] = [step, Math.min(reach, Math.max(-reach, value))];
  };
  drag(sheet, (x, y, first) => {
    const [step, value] = [Math.min(steps - 1, Math.floor(x * total)), (1 - 2 * y) * reach];
    const [from, old] = first ? [step, value] : last;
    const way = Math.abs(step - from);
    for (let each = 1; each <= way; each += 1) set(from + Math.sign(step - from) * each, old + (value - old) * each / way);
    set(step, value);
    [last, spoken] = [[step, value], ""];
    show();
  });
  arrows(sheet, (dx, dy) => {
    cursor = Math.min(steps - 1, Math.max(0, cursor + dx));
    if (dy) set(cursor, values[cursor] - dy * reach / 20);
    spoken = `Step ${cursor + 1}: ${number(values[cursor])}.`;
    show();
  });
  switches.forEach((button, method) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!pressed(method)));
    redraw();
    report();
  }));
  another.addEventListener("click", choose);
  flat.addEventListener("click", () => {
    for (const step of values.keys()) set(step, 0);
    spoken = "";
    show();
  });
  stage.append(
    make("p", {}, `Draw over the first ${steps} steps, or take another wave. To the right of the dotted line are the forecasts, each with the band that should hold ${level} of the values; crosses are what comes, if it is known.`),
    sheet, said, make("div", { class: "demo-buttons" }, another, flat, ...switches),
    make("p", { class: "demo-note demo-keys" }, KEYS));
  await choose();
  themed(stage, (color) => { redraw = () => draw(color); redraw(); });
  new ResizeObserver(() => redraw()).observe(sheet);
  return { values: () => values, truth: () => truth, forecasts: () => found };
}
