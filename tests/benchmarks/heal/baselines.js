// What others do, written from their published descriptions: a function of (wanted, one) -> 0..1, both as in the files.
//
// Similo: M. Nass, E. Alégroth, R. Feldt, M. Leotta, F. Ricca, "Similarity-based Web Element Localization for Robust Test
// Automation", ACM TOSEM 32(3), 2023: the properties, their comparisons and weights. Node score: the open-source tool
// Healenium compares by the path's longest common subsequence and by tag, id, class, text and other attributes; the shares
// here are ours. Fuzzy text and tag, bounding box: the plain rungs that healing tools describe in their manuals.
const words = (text) => new Set((text || "").toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean));

const edits = (a, b) => {
  const row = Uint16Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    let corner = row[0];
    row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      const change = corner + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      corner = row[j];
      row[j] = Math.min(change, row[j] + 1, row[j - 1] + 1);
    }
  }
  return row[b.length];
};
const LONGEST = 200;
const byEdits = (first, second) => {
  const [a, b] = [first.slice(0, LONGEST).toLowerCase(), second.slice(0, LONGEST).toLowerCase()];
  if (!a || !b) return 0;
  return a === b ? 1 : 1 - edits(a, b) / Math.max(a.length, b.length);
};
const equal = (a, b) => (a && a === b ? 1 : 0);
const ratio = (a, b) => (Math.max(a, b) > 0 ? Math.min(a, b) / Math.max(a, b) : 0);
const shared = (a, b) => {
  const both = [...a].filter((word) => b.has(word)).length;
  return both / Math.max(a.size, b.size, 1);
};
const centre = (one) => [one.x + one.w / 2, one.y + one.h / 2];
const apart = (a, b) => Math.hypot(centre(a)[0] - centre(b)[0], centre(a)[1] - centre(b)[1]);

const SIMILO = [
  [1.5, (a, b) => equal(a.tag, b.tag)], [1.5, (a, b) => equal(a.id, b.id)], [1.5, (a, b) => equal(a.name, b.name)],
  [1.5, (a, b) => byEdits(a.text, b.text)], [1.5, (a, b) => shared(words(a.nbr), words(b.nbr))],
  [0.5, (a, b) => byEdits(a.cls.join(" "), b.cls.join(" "))], [0.5, (a, b) => byEdits(a.href, b.href)],
  [0.5, (a, b) => byEdits(a.alt, b.alt)], [0.5, (a, b) => byEdits(a.xpath, b.xpath)],
  [0.5, (a, b) => byEdits(a.idxpath, b.idxpath)], [0.5, (a, b) => (a.button === b.button ? 1 : 0)],
  [0.5, (a, b) => Math.max(0, 1 - Math.hypot(a.x - b.x, a.y - b.y) / 100)],
  [0.5, (a, b) => ratio(a.w * a.h, b.w * b.h)], [0.5, (a, b) => ratio(a.w / Math.max(a.h, 1), b.w / Math.max(b.h, 1))],
];
const weigh = (shares) => {
  const all = shares.reduce((sum, [weight]) => sum + weight, 0);
  return (a, b) => shares.reduce((sum, [weight, of]) => sum + weight * of(a, b), 0) / all;
};

const tags = (xpath) => xpath.split("/").filter(Boolean).map((step) => step.replace(/\[.*$/, ""));
const subsequence = (a, b) => {
  let before = new Array(b.length + 1).fill(0);
  for (const step of a) {
    const row = [0];
    for (let j = 1; j <= b.length; j++) row.push(step === b[j - 1] ? before[j - 1] + 1 : Math.max(before[j], row[j - 1]));
    before = row;
  }
  return before[b.length];
};
const byPath = (a, b) => subsequence(tags(a.xpath), tags(b.xpath)) / Math.max(tags(a.xpath).length, 1);
const SHARES = [
  [1, (a, b) => equal(a.tag, b.tag)], [1, (a, b) => byEdits(a.id, b.id)], [1, (a, b) => shared(new Set(a.cls), new Set(b.cls))],
  [1.5, (a, b) => byEdits(a.text, b.text)], [0.5, (a, b) => byEdits(a.name, b.name)], [0.5, (a, b) => byEdits(a.href, b.href)],
  [0.5, (a, b) => byEdits(a.alt, b.alt)], [2, byPath],
];
// What the wanted element lacks counts neither way, as attributes are compared one by one.
const present = (a) => [true, a.id, a.cls.length, a.text, a.name, a.href, a.alt, true];
const nodeScore = (a, b) => weigh(SHARES.filter((_, at) => present(a)[at]))(a, b);

const fuzzyText = (a, b) => (2 * byEdits(a.text, b.text) + equal(a.tag, b.tag)) / 3;
const boundingBox = (a, b) => (1 / (1 + apart(a, b) / 100) + ratio(a.w, b.w) + ratio(a.h, b.h)) / 3;

module.exports = { "bounding box": boundingBox, "fuzzy text and tag": fuzzyText, "node score": nodeScore, Similo: weigh(SIMILO) };
