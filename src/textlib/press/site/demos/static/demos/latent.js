// Move through a plane of two latent numbers; see the picture that the decoder makes of each place.
// Settings: range ([low, high] of both axes), points (optional list of [x, y, class]).
import { arrows, drag, latest, make, paint } from "./parts.js";

const STEPS = 60;

export async function mount(stage, live) {
  const [low, high] = live.settings.range;
  const plane = make("canvas", {
    class: "demo-pad demo-plane", width: 280, height: 280, tabindex: "0", role: "img",
    "aria-label": "Latent plane. Drag the dot, or move it with the arrow keys.",
  });
  const picture = make("canvas", { class: "demo-pad demo-picture", role: "img", "aria-label": "What the decoder makes of this place" });
  const slider = () => make("input", { type: "range", min: String(low), max: String(high), step: String((high - low) / STEPS), value: String((low + high) / 2) });
  const sliders = [slider(), slider()];
  const where = make("p", { class: "demo-answer", role: "status" });
  const labels = sliders.map((input, index) => make("label", {}, `latent number ${index + 1}`, input));
  stage.append(make("div", { class: "demo-row" },
    make("div", {}, plane, ...labels), make("div", {}, picture, where)));

  const colors = ["#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb", "#994455", "#44aa99", "#ddaa33"];
  const place = () => sliders.map((input) => Number(input.value));
  const toPlane = ([x, y]) => [((x - low) / (high - low)) * 280, (1 - (y - low) / (high - low)) * 280];
  const drawPlane = () => {
    const context = plane.getContext("2d");
    context.fillStyle = "#1d2330";
    context.fillRect(0, 0, 280, 280);
    for (const [x, y, label] of live.settings.points ?? []) {
      context.fillStyle = colors[label % colors.length];
      context.fillRect(...toPlane([x, y]).map((value) => value - 1), 2, 2);
    }
    context.beginPath();
    context.arc(...toPlane(place()), 8, 0, 7);
    context.strokeStyle = "#fff";
    context.lineWidth = 3;
    context.stroke();
  };
  const show = latest(async () => {
    const [x, y] = place();
    drawPlane();
    const [output] = Object.values(await live.run([x, y], [1, 2]));
    paint(picture, output.data, output.dims[1], output.dims[2]);
    where.textContent = `at (${x.toFixed(2)}, ${y.toFixed(2)})`;
  });
  const go = (x, y) => {
    sliders[0].value = String(x);
    sliders[1].value = String(y);
    show();
  };
  sliders.forEach((input) => input.addEventListener("input", show));
  drag(plane, (x, y) => go(low + x * (high - low), high - y * (high - low)));
  const step = (high - low) / STEPS;
  arrows(plane, (dx, dy) => go(place()[0] + dx * step, place()[1] - dy * step));
  await show();
}
