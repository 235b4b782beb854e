// How the search ranks: the place that explains a word comes before the places that use it.
// Sphinx puts this file at the head of its search tools.
var Scorer = {
  // result: [page, title, anchor, description, score, file, kind]
  score: (result) => {
    const [page, , , , score] = result;
    if (/(^|\/)back\/api\//.test(page)) return score * 0.5;
    if (/(^|\/)back\//.test(page)) return score * 0.08; // the glossary, the lists
    if (/(^|\/)start\//.test(page)) return score * 0.8;
    return score;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 18,
  partialTitle: 8,
  term: 5,
  partialTerm: 1,
};
