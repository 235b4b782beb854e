// Type a string; a recurrent network reads it letter by letter. See what it remembers, and its verdict so far.
import { latest, make, slider, themed } from "../parts.js";

export const entry = {
  "inputs": { "letter": ["int", "batch", 1] },
  "outputs": { "valid": ["float", "batch", 1], "cells": ["float", "batch", "units"] },
  "states": true,
  "settings": {
    "alphabet": { "description": "The letters; the code of the first is 1.", "type": "array", "items": { "type": "string", "minLength": 1, "maxLength": 1 } },
    "examples": {
      "description": "Strings to read, by the text of a button; the first is read at the start.",
      "type": "object", "minProperties": 1, "additionalProperties": { "type": "string", "minLength": 1 }
    },
    "grammar": {
      "description": "For each state the letters that may follow, with the state that they lead to. It begins in the first; one without letters is the end.",
      "type": "array", "items": { "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } }
    },
    "longest?": { "description": "Letters that are read at most.", "type": "integer", "minimum": 1, "default": 40 }
  }
};

const CELL = 22; // width of a letter's column
const ROW = 9; // height of a unit's row
const CHART = 80; // height of the curve
const PAD = 24; // room for the letters

/** Say what the grammar knows of a string: not one of its strings, the beginning of one, or one. */
export function judge(grammar, letters) {
  let state = 0;
  for (const letter of letters) {
    state = grammar[state][letter] ?? -1;
    if (state < 0) return "no string of the grammar begins like this";
  }
  return Object.keys(grammar[state]).length ? "a string of the grammar may go on from here" : "this is a string of the grammar";
}

export async function mount(stage, live) {
  const { alphabet, examples, grammar, longest = 40 } = live.settings;
  const input = make("textarea", { rows: "1", spellcheck: "false", autocapitalize: "characters", class: "demo-seed" });
  input.value = Object.values(examples)[0];
  const place = slider("Letters read", { min: "1", max: "1", value: "1" });
  const canvas = make("canvas", { class: "demo-grid demo-letters", role: "img" });
  const answer = make("p", { class: "demo-answer", role: "status" });
  const note = make("p", { class: "demo-said" });
  let found = { letters: [], steps: [] };
  let redraw = () => {};

  const known = () => Array.from(input.value.toUpperCase()).filter((letter) => alphabet.includes(letter)).slice(0, longest);
  const percent = (share) => `${(100 * share).toFixed(0)}%`;
  const report = () => {
    const count = place.value();
    const { letters, steps } = found;
    answer.textContent = letters.length
      ? `After ${letters.slice(0, count).join("")}: P(valid) = ${percent(steps[count - 1].valid)}; ${judge(grammar, letters.slice(0, count))}.`
      : "Type some letters.";
    const verdicts = steps.map(({ valid }, at) => `${letters[at]} ${percent(valid)}`).join(", ");
    canvas.setAttribute("aria-label", `Cell states and P(valid) after each letter: ${verdicts || "none yet"}.`);
  };
  const read = latest(async () => {
    const letters = known();
    const left = Array.from(input.value.trim()).length - letters.length;
    note.textContent = left > 0 ? `Left out: ${left}, not of ${alphabet.join("")} or beyond the first ${longest} letters.` : "";
    const step = live.stepper();
    const steps = [];
    for (const letter of letters) {
      const { valid, cells } = await step({ letter: [[alphabet.indexOf(letter) + 1], [1, 1]] });
      steps.push({ valid: Number(valid.data[0]), cells: Array.from(cells.data, Number) });
    }
    found = { letters, steps };
    place.input.max = String(Math.max(1, letters.length));
    place.set(Math.max(1, letters.length));
    redraw();
    report();
  });
  const draw = (color) => {
    const { letters, steps } = found;
    const units = steps[0]?.cells.length ?? 0;
    canvas.width = CELL * Math.max(1, letters.length);
    canvas.height = CHART + PAD + ROW * units;
    canvas.style.maxWidth = `${canvas.width}px`;
    const context = canvas.getContext("2d");
    Object.assign(context, { font: "15px monospace", textAlign: "center", textBaseline: "middle" });
    context.fillStyle = color("--accent");
    steps.forEach(({ valid }, at) => context.fillRect(CELL * at + 3, CHART * (1 - valid), CELL - 6, CHART * valid));
    context.strokeStyle = color("--muted");
    context.setLineDash([4, 4]);
    context.beginPath();
    context.moveTo(0, CHART / 2);
    context.lineTo(canvas.width, CHART / 2);
    context.stroke();
    context.fillStyle = color("--ink");
    letters.forEach((letter, at) => context.fillText(letter, CELL * (at + 0.5), CHART + PAD / 2));
    steps.forEach(({ cells }, at) => cells.forEach((value, unit) => {
      context.globalAlpha = Math.min(1, Math.abs(value));
      context.fillStyle = color(value < 0 ? "--bad" : "--accent");
      context.fillRect(CELL * at + 1, CHART + PAD + ROW * unit, CELL - 2, ROW - 1);
    }));
    context.globalAlpha = 1;
    context.setLineDash([]);
    Object.assign(context, { strokeStyle: color("--ink"), lineWidth: 2 });
    if (letters.length) context.strokeRect(CELL * (place.value() - 1) + 1, 1, CELL - 2, canvas.height - 2);
  };
  const buttons = Object.entries(examples).map(([name, text]) => {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => { input.value = text; read(); });
    return button;
  });
  stage.append(
    make("label", {}, `A string of ${alphabet.join(" ")}`, input),
    make("div", { class: "demo-buttons" }, ...buttons),
    note, answer,
    make("p", { class: "demo-caption" }, "Bars: P(valid) after each letter, with a dashed line at 50%. Below: the cell states, one row a unit; the stronger the color, the farther from zero, in one color above it and in another below."),
    make("div", { class: "demo-scroll" }, canvas),
    place.element);
  input.addEventListener("input", read);
  place.input.addEventListener("input", () => { redraw(); report(); });
  themed(stage, (color) => { redraw = () => draw(color); redraw(); });
  await read();
  return { judge: (letters) => judge(grammar, letters) };
}
