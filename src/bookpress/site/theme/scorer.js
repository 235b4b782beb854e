// How the search ranks: the place that explains a word comes before the places that use it.
// Sphinx puts this file at the head of its search tools.
var Scorer = {
  // result: [page, title, anchor, description, score, file]
  score: ([page, title, , , score]) => {
    if (/(^|\/)back\/api\//.test(page)) return score * 0.3;
    if (/(^|\/)back\//.test(page)) return score * 0.03; // the glossary, the lists
    const asked = (new URLSearchParams(window.location.search).get("q") || "").toLowerCase().trim();
    return asked && title.toLowerCase().includes(asked) ? score + 40 : score;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 1,
};
