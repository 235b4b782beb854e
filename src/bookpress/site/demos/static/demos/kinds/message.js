// Type the fields of a message and see its bytes as a protocol buffer; a slider explains each byte.
import { make } from "../parts.js";

export const entry = {
  "settings": {
    "fields": {
      "description": "Fields of the message; a repeated one has a value on each line.",
      "type": "array",
      "minItems": 1,
      "items": {
        "type": "object",
        "properties": {
          "name": { "type": "string" },
          "number": { "type": "integer", "minimum": 1 },
          "type": { "enum": ["string", "int32"] },
          "repeated": { "type": "boolean" },
          "value": { "description": "What stands there first.", "type": "string" }
        },
        "required": ["name", "number", "type", "repeated", "value"],
        "additionalProperties": false
      }
    }
  }
};

const REACH = 2n ** 31n; // of an int32
const ROLES = ["tag", "length", "value"];
const WIRE = { int32: [0, "a varint"], string: [2, "a length and its bytes"] };
const hexadecimal = (byte) => byte.toString(16).padStart(2, "0");

/** Return the bytes of an integer, seven bits in each; negative ones as if of 64 bits. */
function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) + 128);
  return [...bytes, Number(rest)];
}

/** Return the bytes of a varint with what each stands for. */
const explained = (role, value, whole) => varint(value).map((byte, place, { length }) => ({
  role, byte, about: length === 1 ? whole : `${whole}; this byte gives ${byte & 127} · 128^${place}${byte > 127 ? ", and another follows" : ""}`,
}));

/** Return the bytes of one value of a field. */
function encode({ name, number, type }, value) {
  const [wire, what] = WIRE[type];
  const tag = explained("tag", 8 * number + wire, `8 · ${number} + ${wire}: field ${number}, ${name}, then ${what}`);
  if (type === "int32") return [...tag, ...explained("value", value, `the number ${value}`)];
  const bytes = [...new TextEncoder().encode(value)];
  const letters = bytes.map((byte) => ({
    role: "value", byte, letter: byte > 32 && byte < 127 ? String.fromCharCode(byte) : "\u00a0", about: byte < 128 ? `the character “${String.fromCharCode(byte)}”` : "part of a character of several bytes",
  }));
  return [...tag, ...explained("length", bytes.length, `${bytes.length} bytes follow`), ...letters];
}

/** Return the values that were typed for a field; a value that is empty or 0 is not written. */
function read({ name, type, repeated }, text) {
  if (type === "int32") {
    if (!/^\s*[-−]?\d*\s*$/.test(text)) throw new RangeError(`${name} is a whole number, not “${text}”.`);
    const value = BigInt(text.trim().replace("−", "-").replace(/^-?$/, "0"));
    if (value >= REACH || value < -REACH) throw new RangeError(`${name} is an int32, from −2147483648 to 2147483647.`);
    return value ? [value] : [];
  }
  return text === "" ? [] : repeated ? text.split("\n") : [text];
}

export async function mount(stage, live) {
  const { fields } = live.settings;
  const slider = make("input", { type: "range", min: "1", step: "1", value: "1" });
  const said = make("p", { class: "demo-answer", role: "status" });
  const rows = make("div", { class: "demo-bytes" });
  const inputs = fields.map(({ name, value, repeated }) => make("textarea", { rows: repeated ? "2" : "1", spellcheck: "false", autocapitalize: "off", name }, value));
  let bytes = [];
  const point = () => {
    const place = Number(slider.value);
    const { role, byte, about } = bytes[place - 1] ?? {};
    rows.querySelectorAll("li").forEach((cell, index) => cell.classList.toggle("demo-seen", index === place - 1));
    said.textContent = role ? `${bytes.length} bytes. Byte ${place}, ${hexadecimal(byte)}, ${role}: ${about}.` : "No bytes: fields that are empty or 0 are left out.";
    slider.setAttribute("aria-valuetext", said.textContent);
  };
  const cell = ({ role, byte, letter = "\u00a0" }, index) => {
    const element = make("li", { class: `demo-${role}` }, hexadecimal(byte), make("small", {}, letter));
    element.addEventListener("click", () => { slider.value = String(index + 1); point(); });
    return element;
  };
  const draw = () => {
    try {
      const written = fields.flatMap((field, index) => read(field, inputs[index].value).map((value) => encode(field, value)));
      bytes = written.flat();
      let index = 0;
      rows.replaceChildren(...written.map((part) => make("ul", {}, ...part.map((each) => cell(each, index++)))));
      slider.max = String(Math.max(1, bytes.length));
      point();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      [bytes, said.textContent] = [[], error.message];
      rows.replaceChildren();
    }
  };
  slider.addEventListener("input", point);
  for (const input of inputs) input.addEventListener("input", draw);
  const labels = fields.map(({ name, number, repeated }, index) =>
    make("label", {}, `${name}, field ${number}${repeated ? ", one on each line" : ""}`, inputs[index]));
  const key = ROLES.map((role) => make("span", { class: `demo-${role}` }, role));
  stage.append(
    make("div", { class: "demo-row" }, ...labels.map((label) => make("div", {}, label))),
    rows, make("p", { class: "demo-note demo-bytes" }, ...key), said,
    make("label", {}, "Look at byte", slider));
  draw();
  return { bytes: () => bytes.map(({ byte }) => byte) };
}
