// Type a string; a recurrent network that was asked for one letter answers after each. See its cell states.
import { latest, make, percent, slider, themed } from "../parts.js";

export const entry = {
  "inputs": { "letter": ["int", "batch", 1] },
  "outputs": { "answer": ["float", "batch", 1], "cells": ["float", "batch", "units"] },
  "states": true,
  "settings": {
    "alphabet": { "description": "The letters; the code of the first is 1.", "type": "array", "items": { "type": "string", "minLength": 1, "maxLength": 1 } },
    "choices": { "description": "The letters asked for; the answer is the probability of the second.", "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "string" } },
    "examples": {
      "description": "Strings to read, by the text of a button; the first is read at the start.",
      "type": "object", "minProperties": 1, "additionalProperties": { "type": "string", "minLength": 1 }
    },
    "grammar": {
      "description": "For each state the letters that may follow, with the state that they lead to. It begins in the first; one without letters is the end.",
      "type": "array", "items": { "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } }
    },
    "after?": { "description": "Letters of a whole string from the one asked for to the end.", "type": "integer", "minimum": 1, "default": 2 },
    "longest?": { "description": "Letters that are read at most.", "type": "integer", "minimum": 1, "default": 40 }
  }
};

const CELL = 22; // width of a letter's column
const ROW = 9; // height of a unit's row
const CHART = 80; // height of the bars
const PAD = 24; // room for the letters

/** Say what the grammar knows: not one of its strings, the beginning of one, or one. */
export function judge(grammar, letters) {
  let state = 0;
  for (const letter of letters) {
    state = grammar[state][letter] ?? -1;
    if (state < 0) return "no valid string begins like this";
  }
  return Object.keys(grammar[state]).length ? "a valid string can begin like this" : "this string is valid";
}

/** Read the letters one by one: the answer and the cells after each. */
async function readAll(live, letters) {
  const step = live.stepper();
  const steps = [];
  for (const letter of letters) {
    const { answer, cells } = await step({ letter: [[live.settings.alphabet.indexOf(letter) + 1], [1, 1]] });
    steps.push({ answer: Number(answer.data[0]), cells: Array.from(cells.data, Number) });
  }
  return steps;
}

/** Draw a bar for each answer, the letters, and the cell states below. */
function draw(canvas, letters, steps, chosen, color) {
  canvas.width = CELL * Math.max(12, letters.length);
  canvas.height = CHART + PAD + ROW * (steps[0]?.cells.length ?? 0);
  canvas.style.maxWidth = `${canvas.width}px`;
  const context = canvas.getContext("2d");
  Object.assign(context, { font: "15px monospace", textAlign: "center", textBaseline: "middle", strokeStyle: color("--ink"), lineWidth: 2 });
  steps.forEach(({ answer, cells }, at) => {
    context.fillStyle = color("--accent");
    context.fillRect(CELL * at + 3, CHART * (1 - answer), CELL - 6, CHART * answer);
    context.fillStyle = color("--ink");
    context.fillText(letters[at], CELL * (at + 0.5), CHART + PAD / 2);
    cells.forEach((value, unit) => {
      context.globalAlpha = Math.min(1, Math.abs(value));
      context.fillStyle = color(value < 0 ? "--accent" : "--bad");
      context.fillRect(CELL * at + 1, CHART + PAD + ROW * unit, CELL - 2, ROW - 1);
      context.globalAlpha = 1;
    });
  });
  if (letters.length) context.strokeRect(CELL * (chosen - 1) + 1, 1, CELL - 2, canvas.height - 2);
}

export async function mount(stage, live) {
  const { alphabet, choices, examples, grammar, after = 2, longest = 40 } = live.settings;
  const input = make("textarea", { rows: "1", spellcheck: "false", autocapitalize: "characters", class: "demo-seed" });
  input.value = Object.values(examples)[0];
  const place = slider("Letters read", { min: "1", max: "1", value: "1" });
  const canvas = make("canvas", { class: "demo-grid", role: "img" });
  const answer = make("p", { class: "demo-answer", role: "status" });
  const note = make("p", { class: "demo-said" });
  let [letters, steps] = [[], []];
  let redraw = () => {};

  const name = (share) => (share > 0.5 ? `${choices[1]} with ${percent(share)}` : `${choices[0]} with ${percent(1 - share)}`);
  const report = () => {
    redraw();
    const known = letters.slice(0, place.value());
    const asked = known.length === letters.length && steps[known.length - 1 - after];
    const before = asked ? ` Before the last ${after} letters it answered ${name(asked.answer)}, and ${known.at(-after)} stands there.` : "";
    answer.textContent = known.length ? `After ${known.join("")} the network answers ${name(steps[known.length - 1].answer)}. The grammar says: ${judge(grammar, known)}.${before}` : "Type some letters.";
    const each = steps.map((step, at) => `${letters[at]} ${percent(step.answer)}`).join(", ");
    canvas.setAttribute("aria-label", `The probability of ${choices[1]} after each letter: ${each || "none yet"}. Below, the cell states.`);
  };
  const read = latest(async () => {
    const typed = Array.from(input.value.toUpperCase().trim());
    const known = typed.filter((letter) => alphabet.includes(letter)).slice(0, longest);
    const left = typed.length - known.length;
    note.textContent = left ? `Left out: ${left}, either none of ${alphabet.join("")} or beyond ${longest} letters.` : "";
    [steps, letters] = [await readAll(live, known), known];
    place.input.max = String(Math.max(1, known.length));
    place.set(Math.max(1, known.length));
    report();
  });
  const buttons = Object.entries(examples).map(([title, text]) => {
    const button = make("button", { type: "button" }, title);
    button.addEventListener("click", () => { input.value = text; read(); });
    return button;
  });
  stage.append(
    make("label", {}, `A string of ${alphabet.join(", ")}`, input),
    make("div", { class: "demo-buttons" }, ...buttons),
    note, place.element, answer,
    make("p", { class: "demo-caption" }, `Bars: the probability of ${choices[1]} after each letter, full height for 100%. Rows below: one cell state each, stronger color farther from zero, one color for either sign.`),
    canvas);
  input.addEventListener("input", read);
  place.input.addEventListener("input", report);
  themed(stage, (color) => { redraw = () => draw(canvas, letters, steps, place.value(), color); redraw(); });
  await read();
  return { steps: () => steps };
}
