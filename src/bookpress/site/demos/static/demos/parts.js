// Small pieces that the demos share.

/** Make an element with attributes and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Paint values, row by row, as gray levels between `low` and `high`. */
export function paint(canvas, values, height, width, low = 0, high = 1) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  const span = high - low || 1;
  for (let index = 0; index < height * width; index += 1) {
    const level = 255 * Math.min(1, Math.max(0, (Number(values[index]) - low) / span));
    picture.data.set([level, level, level, 255], 4 * index);
  }
  context.putImageData(picture, 0, 0);
}

/** Return the levels of a loaded picture, from 0 to 1, as `{ values, shape: [1, height, width, 3] }`. */
export function pixels(picture, height = picture.naturalHeight, width = picture.naturalWidth) {
  const context = make("canvas", { width, height }).getContext("2d");
  context.drawImage(picture, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const values = Float32Array.from({ length: 3 * height * width }, (_, index) => data[4 * Math.floor(index / 3) + (index % 3)] / 255);
  return { values, shape: [1, height, width, 3] };
}

/** Write a number with two decimals and a true minus. */
export const number = (value) => value.toFixed(2).replace("-", "−");

/** Write a share from 0 to 1 in percent. */
export const percent = (share) => `${(100 * share).toFixed(0)}%`;

/** Clear a canvas at two pixels for each of the page's, and return its context with both sizes. */
export function cleared(canvas) {
  const [wide, high] = [2 * canvas.clientWidth, 2 * canvas.clientHeight];
  Object.assign(canvas, { width: wide, height: high }); // which clears it
  return { context: canvas.getContext("2d"), wide, high };
}

/** Call `draw(color)` now and whenever the theme changes; `color("--accent")` is a color of the theme. */
export function themed(element, draw) {
  const paint = () => draw((name) => getComputedStyle(element).getPropertyValue(name).trim());
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  paint();
  return paint;
}

/** A slider with a label that shows its value; `read` turns its place into the value. */
export function slider(name, attributes, read = (place) => place) {
  const input = make("input", { type: "range", ...attributes });
  const shown = make("span", { class: "demo-shown" });
  const show = () => {
    shown.textContent = String(read(Number(input.value)));
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  input.addEventListener("input", show);
  show();
  const set = (value) => { input.value = String(value); show(); };
  return { element: make("label", {}, `${name}: `, shown, input), input, set, value: () => read(Number(input.value)) };
}

/** Run `work` after each change, never twice at once, always once more after the last change. */
export function latest(work) {
  let running = false;
  let again = false;
  return async function request() {
    if (running) { again = true; return; }
    running = true;
    try {
      do {
        again = false;
        await work();
      } while (again);
    } finally {
      running = false;
    }
  };
}

/** Call `move(x, y, first)` with places in [0, 1] while the pointer is down on an element. */
export function drag(element, move) {
  let down = false;
  const place = (event, first) => {
    const box = element.getBoundingClientRect();
    const clamp = (value) => Math.min(1, Math.max(0, value));
    move(clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height), first);
  };
  element.addEventListener("pointerdown", (event) => {
    down = true;
    element.setPointerCapture(event.pointerId);
    place(event, true);
  });
  element.addEventListener("pointermove", (event) => { if (down) place(event, false); });
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => { down = false; });
}

/** Turn arrow keys into steps; other keys go to `other`. */
export function arrows(element, step, other = () => {}) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  element.addEventListener("keydown", (event) => {
    if (steps[event.key]) {
      step(...steps[event.key]);
      event.preventDefault();
    } else {
      other(event);
    }
  });
}

/**
 * Let a reader draw on an element: pointer, touch, or arrow keys and space bar. `stroke(x, y, first)` gets
 * places in [0, 1], `first` where the pen is set down; `said` is told in words when a key moves it up or down.
 */
export function pen(element, stroke, said, step = 1 / 28) {
  const cursor = make("span", { class: "demo-cursor", hidden: true });
  let [place, down] = [[0.5, 0.5], false];
  const point = () => {
    cursor.hidden = false;
    cursor.classList.toggle("demo-down", down);
    [cursor.style.left, cursor.style.top] = place.map((value) => `${100 * value}%`);
  };
  drag(element, (x, y, first) => { cursor.hidden = true; stroke(x, y, first); });
  arrows(element, (dx, dy) => {
    place = [place[0] + dx * step, place[1] + dy * step].map((value) => Math.min(1, Math.max(0, value)));
    if (down) stroke(...place, false);
    point();
  }, (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    down = !down;
    if (down) stroke(...place, true);
    point();
    said(down ? "Pen down." : "Pen up.");
  });
  const rest = () => { [place, down, cursor.hidden] = [[0.5, 0.5], false, true]; };
  return { cursor, rest };
}

/** One bar for each class; `show(chances)`, or `show(null)` where there are none yet. */
export function bars(names) {
  const short = names.every((name) => name.length < 3);
  const element = make("ul", { class: `demo-bars${short ? " demo-short" : ""}`, "aria-label": "Probability of each class" });
  const rows = names.map((name) => {
    const bar = make("div", { class: "demo-bar" });
    const value = make("span", { class: "demo-value" });
    element.append(make("li", {}, make("span", {}, name), make("div", {}, bar), value));
    return { bar, value };
  });
  const show = (chances) => rows.forEach(({ bar, value }, index) => {
    bar.style.width = `${chances ? 100 * chances[index] : 0}%`; // without a width it would be full
    value.textContent = chances ? percent(chances[index]) : "";
  });
  return { element, show };
}
