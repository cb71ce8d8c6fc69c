// The pages that healing is measured on, each in an older and a newer state: read, turned into what the product ranks,
// and judged. What the files hold: docs/reference/healing.md.
const fs = require("fs");
const path = require("path");

const WINDOW = { width: 1792, height: 965 }; // px, in which the pages were taken

// An element of the files as a record that the product ranks.
const recordOf = (given) => ({
  tag: given.tag, role: given.button ? "button" : "", id: given.id, name: given.name, className: given.cls.join(" "),
  href: given.href, alt: given.alt, xpath: given.xpath, visibleText: given.text, neighbourText: given.nbr,
  bounding: { left: given.x, top: given.y, width: given.w, height: given.h },
});

const nested = (a, b) => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
const steps = (xpath) => xpath.split("/").length;
// The same, or one step above or below it.
const isRight = (xpath, gold) => nested(xpath, gold) && Math.abs(steps(xpath) - steps(gold)) <= 1;

// Attributes that alone may lead to an element.
const SINGLE = [
  (one) => one.id, (one) => one.name, (one) => one.text && `${one.tag} ${one.text}`, (one) => one.href,
  (one) => one.idxpath, (one) => one.xpath, (one) => one.cls.length && `${one.tag} ${one.cls.join(" ")}`,
];

// Whether no single attribute leads to the element, and to it alone.
const isHard = (target, all, gold) =>
  !SINGLE.some((of) => {
    const wanted = of(target);
    const found = wanted ? all.filter((one) => of(one) === wanted) : [];
    return found.length === 1 && isRight(found[0].xpath, all[gold].xpath);
  });

// The page without an element: what is nested with it, and what says and leads to the same, goes with it.
const without = (all, gone) =>
  all.map((_, index) => index).filter((index) => {
    const one = all[index];
    return !nested(one.xpath, gone.xpath) && !(one.text === gone.text && one.href === gone.href);
  });

const readSite = (file) => {
  const { site, candidates, cases } = JSON.parse(fs.readFileSync(file, "utf8"));
  const records = candidates.map(recordOf);
  const page = { width: WINDOW.width, height: Math.max(WINDOW.height, ...candidates.map((one) => one.y + one.h)) };
  const caseOf = ({ id, target, gold, label_suspect: suspect }) => ({
    id, site, page, suspect, gold, goldPath: candidates[gold].xpath, hard: isHard(target, candidates, gold),
    target: recordOf(target), given: target, records, all: candidates, left: without(candidates, candidates[gold]),
  });
  return cases.map(caseOf);
};

// The three questions of a case: the element on the newer page; on that page without it; and, on the same page, the
// element as it is there, on the page without it, which is what an element that was taken out of a page looks like.
const QUESTIONS = {
  here: (one) => ({ target: one.target, given: one.given, places: one.all.map((_, index) => index) }),
  gone: (one) => ({ target: one.target, given: one.given, places: one.left }),
  taken: (one) => ({ target: one.records[one.gold], given: one.all[one.gold], places: one.left }),
};
const ask = (one, kind) => {
  const { target, given, places } = QUESTIONS[kind](one);
  return { target, given, records: places.map((at) => one.records[at]), all: places.map((at) => one.all[at]) };
};

// readSites(folder) -> the cases of all files, in one list.
const readSites = (folder) => {
  const files = fs.readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
  return files.flatMap((name) => readSite(path.join(folder, name)));
};

module.exports = { readSites, ask, isRight, nested, KINDS: Object.keys(QUESTIONS) };
