// Listen to pieces for several voices: the sound is made in the browser, and only after a click.
import { drag, make, slider, themed } from "../parts.js";

export const entry = {
  "arrays": { "notes": ["int", "pieces", "steps", "voices"] },
  "settings": {
    "pieces": { "description": "Names of the pieces.", "type": "array", "items": { "type": "string" } },
    "voices": { "description": "Names of the voices, from above.", "type": "array", "items": { "type": "string" } },
    "tempo?": { "description": "Chords a minute.", "type": "integer", "minimum": 30, "maximum": 240, "default": 100 }
  }
};

const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];
const ROW = 10; // height of a semitone on the canvas, which is drawn twice as large as shown
const COLUMN = 40;
const MARGIN = 40; // for the names of the octaves
const LOUDNESS = 0.15; // of one voice; four of them stay below 1
const AHEAD = 0.06; // seconds between planning a chord and hearing it
const FADE = 0.03; // seconds in which a sound ends, so that it does not click
const HINT = "Each bar is a note, higher is higher; the outlined column is the chord that sounds. Press Play, or step from chord to chord with the slider.";

const pitch = (note) => 440 * 2 ** ((note - 69) / 12);
const named = (note) => `${NAMES[note % 12]}${Math.floor(note / 12) - 1}`;

/** Let the notes of a chord sound together; return what makes the sound. */
function strike(context, out, notes, start, seconds) {
  return notes.map((note) => {
    const [tone, loudness] = [new OscillatorNode(context, { type: "triangle", frequency: pitch(note) }), new GainNode(context, { gain: 0 })];
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(LOUDNESS, start + FADE);
    loudness.gain.setValueAtTime(LOUDNESS, start + Math.max(FADE, seconds - FADE));
    loudness.gain.linearRampToValueAtTime(0, start + Math.max(2 * FADE, seconds));
    tone.connect(loudness).connect(out);
    tone.start(start);
    tone.stop(start + Math.max(2 * FADE, seconds));
    return tone;
  });
}

/** What makes sound: asked for at the first click, and silent again at once. */
function speaker() {
  let context = null;
  let meter = null;
  const sounding = new Set();
  const wake = async () => {
    if (!context) {
      context = new AudioContext();
      meter = new AnalyserNode(context);
      meter.connect(context.destination);
    }
    await context.resume();
    return context.currentTime;
  };
  const chord = (notes, start, seconds) => {
    for (const tone of strike(context, meter, notes, start, seconds)) {
      sounding.add(tone);
      tone.addEventListener("ended", () => sounding.delete(tone));
    }
  };
  const hush = () => {
    for (const tone of sounding) tone.stop();
    sounding.clear();
  };
  /** Return how loud it is, as the largest of the last samples. */
  const level = () => {
    if (!meter) return 0;
    const samples = new Float32Array(meter.fftSize);
    meter.getFloatTimeDomainData(samples);
    return Math.max(...samples.map(Math.abs));
  };
  return { wake, chord, hush, level, now: () => context.currentTime };
}

/** Return the samples of a chord, one second of it, as a reader would hear it. */
async function rendered(notes) {
  const context = new OfflineAudioContext(1, 44100, 44100);
  strike(context, context.destination, notes, 0, 1);
  return Array.from((await context.startRendering()).getChannelData(0));
}

export async function mount(stage, live) {
  const { pieces, voices, tempo = 100 } = live.settings;
  const { shape: [, steps, count], values } = live.arrays.notes;
  const all = Array.from(values, Number);
  const [low, high] = [Math.min(...all) - 1, Math.max(...all) + 1];
  const select = make("select", {}, ...pieces.map((name, place) => make("option", { value: String(place) }, name)));
  const place = slider("Chord", { min: "1", max: String(steps), value: "1" });
  const pace = slider("Chords a minute", { min: "30", max: "240", step: "10", value: String(tempo) });
  const play = make("button", { type: "button", class: "demo-play" }, "Play");
  const stop = make("button", { type: "button", class: "demo-stop", disabled: true }, "Stop");
  const roll = make("canvas", { class: "demo-grid demo-roll", role: "img", width: MARGIN + COLUMN * steps, height: ROW * (high - low + 1) });
  const chord = make("p", { class: "demo-answer" });
  const said = make("p", { class: "demo-said", role: "status" });
  const sound = speaker();
  let redraw = () => {};
  let timer = null;

  const notes = (step) => {
    const start = (Number(select.value) * steps + step) * count;
    return all.slice(start, start + count);
  };
  const show = () => {
    const here = notes(place.value() - 1);
    chord.textContent = `Chord ${place.value()} of ${steps}: ${here.map((note, voice) => `${voices[voice]} ${named(note)}`).join(", ")}.`;
    roll.setAttribute("aria-label", `Piano roll: ${pieces[Number(select.value)]}, ${steps} chords of ${count} notes; chord ${place.value()} is outlined.`);
    redraw();
  };
  const halt = (words) => {
    clearTimeout(timer);
    timer = null;
    sound.hush();
    [play.disabled, stop.disabled] = [false, true];
    said.textContent = words;
  };
  const rest = (words) => {
    halt(words);
    play.focus({ preventScroll: true });
  };
  const run = async () => {
    [play.disabled, stop.disabled] = [true, false];
    if (place.value() === steps) place.set(1);
    said.textContent = `Playing ${pieces[Number(select.value)]} …`;
    stop.focus({ preventScroll: true });
    let when = await sound.wake() + AHEAD;
    const next = () => {
      const beat = 60 / pace.value();
      when = Math.max(when, sound.now() + AHEAD); // a page in the background sleeps
      sound.chord(notes(place.value() - 1), when, beat);
      show();
      when += beat;
      const wait = 1000 * (when - AHEAD - sound.now());
      timer = place.value() < steps
        ? setTimeout(() => { place.set(place.value() + 1); next(); }, wait)
        : setTimeout(() => rest("The end."), wait + 1000 * AHEAD);
    };
    if (!stop.disabled) next(); // unless it was stopped while the sound woke up
  };
  const jump = async () => {
    show(); // also where there is no sound
    if (timer !== null) return;
    const start = await sound.wake() + AHEAD;
    sound.hush();
    sound.chord(notes(place.value() - 1), start, 1);
  };
  play.addEventListener("click", () => run().catch(() => rest("This browser plays no sound.")));
  stop.addEventListener("click", () => rest(`Stopped at chord ${place.value()}.`));
  place.input.addEventListener("input", () => jump().catch(() => halt("This browser plays no sound.")));
  select.addEventListener("input", () => { halt(""); place.set(1); show(); });
  drag(roll, (x, _, first) => {
    const step = Math.min(steps, Math.max(1, Math.ceil((x * roll.width - MARGIN) / COLUMN)));
    if (!first && step === place.value()) return;
    place.set(step);
    jump().catch(() => halt("This browser plays no sound."));
  });

  const draw = (color) => {
    const context = roll.getContext("2d");
    const top = (note) => ROW * (high - note);
    context.clearRect(0, 0, roll.width, roll.height);
    for (let note = low; note <= high; note += 1) {
      if (note % 12) continue;
      context.fillStyle = color("--grid");
      context.fillRect(0, top(note), roll.width, ROW);
      Object.assign(context, { fillStyle: color("--muted"), font: "20px system-ui, sans-serif", textBaseline: "bottom" });
      context.fillText(named(note), 2, top(note));
    }
    for (let step = 0; step < steps; step += 1) {
      const here = step === place.value() - 1;
      context.fillStyle = color(here ? "--ink" : "--accent");
      const left = MARGIN + COLUMN * step;
      for (const note of notes(step)) context.fillRect(left + 1, top(note), COLUMN - 3, ROW);
      Object.assign(context, { strokeStyle: color("--ink"), lineWidth: 3 });
      if (here) context.strokeRect(left - 1, 1.5, COLUMN, roll.height - 3);
    }
  };
  stage.append(
    make("p", {}, HINT),
    make("div", { class: "demo-row" }, make("div", {}, make("label", {}, "Piece", select)), make("div", {}, pace.element)),
    make("div", { class: "demo-buttons" }, play, stop),
    place.element, roll, chord, said);
  show();
  themed(stage, (color) => {
    redraw = () => draw(color);
    redraw();
  });
  return { notes, rendered, level: sound.level };
}
