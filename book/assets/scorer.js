// How the search orders what it finds: chapters and labs first, then the other pages, the reference's names last.
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score: ([page, , anchor, , score]) => {
    if (/^(chapters|labs)\//.test(page) && !anchor) return score + 200;
    if (/^(chapters|labs)\//.test(page)) return score + 100;
    return page === "api" || page === "genindex" ? score - 100 : score;
  },
};
