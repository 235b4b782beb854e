// The search: words are corrected, and sections that explain them come first. Pagefind finds the
// sections with a word; which of them is about the words, their names say: the heading, the terms
// that a section defines, and those that it is about. Only the search page loads this.
const site = new URL("../", import.meta.url);
const STOP = new Set(("a an and are as at be by can do does doing for from get has have how i if in into is it its "
  + "make me my of on or should so than that the their them then there these they this to use using was we what "
  + "when where which who why will with work works would you your").split(" "));
const SHOWN = 20; // sections
const WEIGHED = 50; // sections whose names are looked at
const NAMED = 3; // how much names count, beside the words in the text
const PAGE = 0.35; // how much a section counts for the others of its page
const EXCERPT = 30; // words

let loaded;
const load = () => loaded ??= (async () => {
  const folder = new URL("_pagefind/", site);
  const [pagefind, words] = await Promise.all([
    import(new URL("pagefind.js", folder).href),
    fetch(new URL("words.json", folder)).then((answer) => answer.json()),
  ]);
  const ranking = { termFrequency: 0.6, pageLength: 0.5, termSaturation: 1.2, metaWeights: { record: 0 } };
  await pagefind.options({ ranking });
  await pagefind.init();
  return { pagefind, words: new Map(Object.entries(words)) };
})().catch((problem) => {
  loaded = undefined;
  throw problem;
});

// The words of a text that tell something, each once.
const tokens = (text) => {
  const all = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  const telling = all.filter((word) => !STOP.has(word));
  return [...new Set(telling.length ? telling : all)];
};

// What the forms of a word share: "standardiz" of "standardized" and "standardization".
const stem = (word) => word
  .replace(/(?<=.{3})(ations?|at(e[ds]?|ing)|ions?|al|ing|age|e[drs]s?|ors?|e?s|e)$/, "")
  .replace(/(.)\1$/, "$1");

// How many letters to add, drop, change or swap; more than `limit` are not counted (Damerau).
const distance = (a, b, limit) => {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let [older, old] = [[], [...Array(b.length + 1).keys()]];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (a[i - 1] !== b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], older[j - 2] + 1);
    }
    if (Math.min(...row) > limit) return limit + 1;
    [older, old] = [old, row];
  }
  return old[b.length];
};

// The word itself if the book has it or one that begins so, or else the nearest: British spellings
// too. Nothing if none is near, since Pagefind would then find whatever begins with the same letter.
const corrected = (word, words) => {
  if (words.has(word)) return [word];
  for (const known of words.keys()) if (known.startsWith(word)) return [word];
  if (word.length < 4 || /\d/.test(word)) return [];
  let best = [word.length < 7 ? 1 : 2, 0];
  for (const [known, count] of words) {
    const apart = distance(word, known, best[0]);
    if (apart < best[0] || (apart === best[0] && count > best[1])) best = [apart, count, known];
  }
  return best.slice(2);
};

// Every section that has one of the words: how often Pagefind meets them in it, and how many.
const candidates = async (pagefind, wanted, words) => {
  const found = new Map();
  for (const word of wanted) {
    const { results } = await pagefind.search(word); // longer words that begin so as well
    const exact = words.has(word) ? (await pagefind.search(`"${word}"`)).results.map((each) => each.id) : [];
    for (const result of results.filter((each) => !exact.length || exact.includes(each.id))) {
      const { id, score } = result; // which is kept: Pagefind forgets the text of a result that is not
      const entry = found.get(id) ?? { score: 0, hits: 0 };
      found.set(id, { result, score: entry.score + Math.sqrt(score), hits: entry.hits + 1 });
    }
  }
  const covered = ({ result, score, hits }) => ({ result, score: score * (hits / wanted.length) ** 2 });
  return [...found.values()].map(covered).sort((a, b) => b.score - a.score).slice(0, WEIGHED);
};

// How much of a name and the words looked for is the same, from 0 to 1; the most of several names.
const alike = (stems, names) => Math.max(...names.map((name) => {
  const other = new Set(tokens(name).map(stem));
  const common = stems.filter((each) => other.has(each)).length;
  return common / (stems.length + other.size - common);
}));

// Sections for a query, best first, and the words that were looked for.
export const find = async (query) => {
  const { pagefind, words } = await load();
  const wanted = tokens(query).flatMap((word) => corrected(word, words));
  const stems = wanted.map(stem);
  const sections = await Promise.all((await candidates(pagefind, wanted, words)).map(async ({ result, score }) => {
    const { content, meta } = await result.data();
    const section = JSON.parse(meta.record);
    const { title, terms, about, factor } = section;
    const named = 1 - (1 - alike(stems, terms.split("; ")))
      * (1 - 0.85 * alike(stems, [title, ...title.split(": ")])) * (1 - 0.5 * alike(stems, about.split("; ")));
    return { ...section, page: section.url.split("#")[0], content, score: score * factor * (1 + NAMED * named) };
  }));
  // A page that comes back to the words in many sections is about them.
  const pages = new Map();
  for (const { page, score } of sections) pages.set(page, (pages.get(page) ?? 0) + PAGE * score);
  const total = ({ page, score }) => score + pages.get(page);
  return { wanted, sections: sections.sort((a, b) => total(b) - total(a)).slice(0, SHOWN) };
};

const element = (name, className, ...content) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
};

// The place of the text with the most of the words, and the words marked.
const excerpt = ({ content, length }, wanted) => {
  const stems = wanted.map(stem);
  const meant = (word) => stems.includes(stem(word)) || wanted.some((each) => word.startsWith(each));
  const text = content.split(/\s+/).slice(0, length);
  const hits = text.map((word) => (word.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []).find(meant));
  const kinds = (start) => new Set(hits.slice(start, start + EXCERPT).filter(Boolean).map(stem)).size;
  const starts = [0, ...hits.flatMap((hit, index) => (hit ? [Math.max(0, index - 6)] : []))];
  const start = starts.reduce((best, each) => (kinds(each) > kinds(best) ? each : best));
  const shown = text.slice(start, start + EXCERPT).flatMap((word, index) => [
    hits[start + index] ? element("mark", "", word) : word, " ",
  ]);
  const more = start + EXCERPT < text.length;
  return element("p", "", start ? "… " : "", ...shown, more ? "…" : "");
};

const item = (section, wanted) => {
  const link = element("a", "", section.title);
  link.href = new URL(section.url, site).href;
  const chapter = section.chapter ? [element("span", "label", section.chapter)] : [];
  return element("li", "", link, ...chapter, excerpt(section, wanted));
};

const list = document.getElementById("search-results");
const field = document.getElementById("search-again");
const status = document.getElementById("search-progress");

let latest;
const show = async (query) => {
  latest = query;
  field.value = query;
  if (!query.trim()) return;
  status.textContent = "Searching ...";
  try {
    const { wanted, sections } = await find(query);
    if (latest !== query) return;
    const shown = wanted.join(" ") === tokens(query).join(" ") ? query : wanted.join(" ");
    const count = sections.length === 1 ? "1 section" : `${sections.length} sections`;
    status.textContent = sections.length
      ? `${sections.length < SHOWN ? count : `The ${SHOWN} best sections`} for “${shown}”.`
      : `Nothing found for “${query}”. Try another word, or the index.`;
    list.replaceChildren(...sections.map((section) => item(section, wanted)));
  } catch (problem) {
    status.textContent = `The search could not be loaded (${problem.message}). Use the index instead.`;
  }
};

field.form.addEventListener("submit", (event) => {
  event.preventDefault();
  history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
  show(field.value);
});
show(new URLSearchParams(location.search).get("q") ?? "");
