// Type a string; a recurrent network guesses each letter from those before. See its guesses and its cell states.
import { latest, make, slider, themed } from "../parts.js";

export const entry = {
  "inputs": { "letter": ["int", "batch", 1] },
  "outputs": { "next": ["float", "batch", "codes"], "cells": ["float", "batch", "units"] },
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
const CHART = 80; // height of the bars
const PAD = 24; // room for the letters
const WORTH_SAYING = 0.05; // guesses below it are not listed

const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;

/** Say what the grammar knows: not one of its strings, the beginning of one, or one. */
export function judge(grammar, letters) {
  let state = 0;
  for (const letter of letters) {
    state = grammar[state][letter] ?? -1;
    if (state < 0) return "no string of the grammar begins like this";
  }
  return Object.keys(grammar[state]).length ? "a string of the grammar can begin like this" : "this is a string of the grammar";
}

/** Read the letters one by one: for each the chance that it was given, the guesses after it, and the cells. */
async function readAll(live, letters) {
  const { alphabet } = live.settings;
  const step = live.stepper();
  const steps = [];
  for (const letter of letters) {
    const code = alphabet.indexOf(letter) + 1;
    const { next, cells } = await step({ letter: [[code], [1, 1]] });
    steps.push({ given: steps.at(-1)?.guesses[code], guesses: Array.from(next.data, Number), cells: Array.from(cells.data, Number) });
  }
  return steps;
}

export async function mount(stage, live) {
  const { alphabet, examples, grammar, longest = 40 } = live.settings;
  const input = make("textarea", { rows: "1", spellcheck: "false", autocapitalize: "characters", class: "demo-seed" });
  input.value = Object.values(examples)[0];
  const place = slider("Letters read", { min: "1", max: "1", value: "1" });
  const canvas = make("canvas", { class: "demo-grid", role: "img" });
  const answer = make("p", { class: "demo-answer", role: "status" });
  const note = make("p", { class: "demo-said" });
  let [letters, steps] = [[], []];
  let redraw = () => {};

  const report = () => {
    const known = letters.slice(0, place.value());
    const { guesses = [] } = steps[known.length - 1] ?? {};
    const likely = guesses.map((chance, code) => [chance, alphabet[code - 1]]).filter(([chance, name]) => name && chance > WORTH_SAYING);
    const next = likely.sort((a, b) => b[0] - a[0]).map(([chance, name]) => `${name} ${percent(chance)}`).join(", ");
    const least = Math.min(...steps.slice(1, known.length).map(({ given }) => given));
    const said = known.length > 1 ? `Least likely letter so far: ${percent(least)}. ` : "";
    answer.textContent = known.length ? `After ${known.join("")}: ${said}Next, the network expects: ${next || "nothing"}. The grammar says: ${judge(grammar, known)}.` : "Type some letters.";
    const each = steps.slice(1).map(({ given }, at) => `${letters[at + 1]} ${percent(given)}`).join(", ");
    canvas.setAttribute("aria-label", `The chance that each letter was given by the network: ${each || "none yet"}. Below, the cell states.`);
  };
  const read = latest(async () => {
    const typed = Array.from(input.value.toUpperCase().trim());
    const known = typed.filter((letter) => alphabet.includes(letter)).slice(0, longest);
    const left = typed.length - known.length;
    note.textContent = left ? `Left out: ${left}, either none of ${alphabet.join("")} or beyond ${longest} letters.` : "";
    [letters, steps] = [known, await readAll(live, known)];
    place.input.max = String(Math.max(1, known.length));
    place.set(Math.max(1, known.length));
    redraw();
    report();
  });
  const draw = (color) => {
    canvas.width = CELL * Math.max(12, letters.length);
    canvas.height = CHART + PAD + ROW * (steps[0]?.cells.length ?? 0);
    canvas.style.maxWidth = `${canvas.width}px`;
    const context = canvas.getContext("2d");
    Object.assign(context, { font: "15px monospace", textAlign: "center", textBaseline: "middle", strokeStyle: color("--ink"), lineWidth: 2 });
    steps.forEach(({ given = 0, cells }, at) => {
      context.fillStyle = color("--accent");
      context.fillRect(CELL * at + 3, CHART * (1 - given), CELL - 6, CHART * given);
      context.fillStyle = color("--ink");
      context.fillText(letters[at], CELL * (at + 0.5), CHART + PAD / 2);
      cells.forEach((value, unit) => {
        context.globalAlpha = Math.min(1, Math.abs(value));
        context.fillStyle = color(value < 0 ? "--bad" : "--accent");
        context.fillRect(CELL * at + 1, CHART + PAD + ROW * unit, CELL - 2, ROW - 1);
        context.globalAlpha = 1;
      });
    });
    if (letters.length) context.strokeRect(CELL * (place.value() - 1) + 1, 1, CELL - 2, canvas.height - 2);
  };
  const buttons = Object.entries(examples).map(([name, text]) => {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => { input.value = text; read(); });
    return button;
  });
  stage.append(
    make("label", {}, `A string of ${alphabet.join(", ")}`, input),
    make("div", { class: "demo-buttons" }, ...buttons),
    note, place.element, answer,
    make("p", { class: "demo-caption" }, "Bars: the chance that the network gave to each letter before it came. Rows below: one cell state each, stronger color farther from zero, one color for either sign."),
    canvas);
  input.addEventListener("input", read);
  place.input.addEventListener("input", () => { redraw(); report(); });
  themed(stage, (color) => { redraw = () => draw(color); redraw(); });
  await read();
}
