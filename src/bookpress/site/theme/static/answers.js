// Fields that check answers of exercises. Nothing is sent; which exercises are solved stays in the
// browser. How answers are read is said in textlib/_answers.py; a test compares the two.

/** Return what an answer is known by; throw an error for the reader if it cannot be read. */
function keyOf(field, text) {
  if (!text.trim()) throw new Error("No answer yet.");
  return { number: numberKey, shape: shapeKey, word: wordKey }[field.kind](text, field);
}

function numberKey(text, { unit, step }) {
  let said = text.trim().replace(/[\u2212\u2013\ufe63\uff0d]/g, "-").toLowerCase();
  if (unit && said.endsWith(unit.toLowerCase())) said = said.slice(0, -unit.length).trim();
  const percent = /\s*(%|percent)$/.exec(said);
  if (percent) said = said.slice(0, percent.index);
  said = said
    .replace(/(?<![\d.])[1-9]\d{0,2}((?:,\d{3})+|(?:_\d{3})+|(?:\s\d{3})+)(?![\d,])/g, (found) => found.replace(/\D/g, ""))
    .replace(/\s*[x×*·]\s*10\s*(?:\^|\*\*)\s*([+-]?\d+)/g, "e$1");
  if (/^[+-]?\d+,\d+$/.test(said)) throw new Error("Write a decimal point, not a comma.");
  const value = Number(said) / (percent ? 100 : 1);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(said) || !Number.isFinite(value)) {
    throw new Error(unit ? `Write a number, in ${unit}.` : "Write a number, without words.");
  }
  const key = step ? Math.floor(value / step + 0.5) : value;
  return Number.isInteger(key) ? BigInt(key).toString() : String(key);
}

function shapeKey(text) {
  const inner = text.toLowerCase().replace(/^\s*[a-z]*\s*[([{]+|[)\]}]+\s*$/g, "").trim().replace(/,$/, "");
  if (!inner) return "";
  return inner.split(/\s*[,x×*]\s*|\s+/).map((axis) => {
    if (["none", "?", "batch"].includes(axis)) return "none";
    if (/^\d+$/.test(axis)) return BigInt(axis).toString();
    throw new Error("Write a shape, such as (28, 28, 1).");
  }).join(",");
}

function wordKey(text) {
  const edges = /^[\s"'`“”‘’.,;:!?()]+|[\s"'`“”‘’.,;:!?()]+$/g;
  const word = text.normalize("NFKC").toLowerCase().replace(edges, "").replace(/[\s_\u2010\u2011-]+/g, " ");
  const key = word.replace(/^(the|an?) /, "").replace(edges, "");
  if (!key) throw new Error("Write a word.");
  return key;
}

/** Return the 64-bit FNV-1a digest of a text. */
function digest(text) {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  }
  return value.toString(16).padStart(16, "0");
}

/** Return the labels of the exercises that were solved in this browser. */
function solvedBefore() {
  try {
    return new Set(JSON.parse(localStorage.getItem("solved") || "[]"));
  } catch {
    return new Set(); // private browsing, or what is there is not ours
  }
}

function startForm(form) {
  const { exercise, fields } = JSON.parse(form.dataset.exercise);
  const box = form.parentElement;
  const status = box.querySelector("[role=status]");
  const hints = [...box.querySelectorAll("details")];
  const inputs = [...form.querySelectorAll("input")];
  let given = 0;

  const markSolved = () => {
    const title = box.parentElement.querySelector(".admonition-title");
    if (!title || title.querySelector(".solved")) return;
    const mark = document.createElement("span");
    mark.className = "solved";
    mark.textContent = "✓ solved";
    title.append(" ", mark);
  };

  /** Show a text, with what stands in backticks as code. */
  const say = (state, text) => {
    box.dataset.state = state;
    status.replaceChildren(...text.split("`").map((part, number) => {
      if (number % 2 === 0) return part;
      const code = document.createElement("code");
      code.textContent = part;
      return code;
    }));
  };

  const nextHint = () => {
    const hint = hints[Math.min(given, hints.length - 1)];
    given += 1;
    hint.hidden = false;
    const words = [...hint.querySelector("p").childNodes];
    const text = words.map((node) => (node.nodeName === "CODE" ? `\`${node.textContent}\`` : node.textContent)).join("");
    const last = given >= hints.length ? " (That is the last hint; the solution is below.)" : "";
    return `Hint ${Math.min(given, hints.length)} of ${hints.length}: ${text}${last}`;
  };

  const judge = () => {
    const told = [];
    const untold = [];
    for (const [number, field] of fields.entries()) {
      const input = inputs[number];
      const named = (text) => (field.name ? `${field.name}: ${text}` : text);
      let key;
      try {
        key = digest(exercise + keyOf(field, input.value));
      } catch (error) {
        input.setAttribute("aria-invalid", "true");
        input.focus();
        return say("unclear", named(error.message));
      }
      const right = field.accept.includes(key);
      if (right) input.removeAttribute("aria-invalid");
      else input.setAttribute("aria-invalid", "true");
      if (right) continue;
      if (field.wrong[key]) told.push(named(field.wrong[key]));
      else untold.push(field.name);
    }
    if (told.length || untold.length) {
      const which = untold.some(Boolean) ? `Not yet: ${untold.join(", ")}.` : "Not yet.";
      return say("wrong", [which, ...(told.length ? told : [nextHint()])].join(" "));
    }
    say("right", "✓ Right.");
    markSolved();
    try {
      localStorage.setItem("solved", JSON.stringify([...solvedBefore().add(exercise)]));
    } catch { /* private browsing: the mark lasts for this page */ }
  };

  for (const hint of hints) hint.hidden = true;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    judge();
  });
  if (solvedBefore().has(exercise)) markSolved();
}

for (const form of document.querySelectorAll(".answer form")) {
  try {
    startForm(form);
  } catch (error) {
    reportError(error); // and go on with the next one
  }
}
