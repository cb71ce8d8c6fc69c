// `node measure.js` reads {ranking, weights, folder, threshold, only} from its standard input, writes what every method
// answered to its standard output as JSON, and what it is at to its standard error, a line each.
// `ranking` is the product's own source, the same that runs in a page; `only: "train"`: nothing but new weights.
const fs = require("fs");
const { readSites, ask, isRight, KINDS } = require("./pages.js");
const baselines = require("./baselines.js");
const { trainer } = require("./training.js");

const tell = (text) => process.stderr.write(`${text}\n`);
const least = (values) => values.reduce((lowest, value) => Math.min(lowest, value), Infinity);

// What a method says to the three questions of a case: {kind: {score, right, strict, answered}}.
const judge = (one, answer, kinds = KINDS) => {
  const found = {};
  for (const kind of kinds) {
    const asked = ask(one, kind);
    const { index, score, answered, ms } = asked.records.length ? answer(asked, one) : { index: -1, score: 0, answered: false, ms: 0 };
    const path = index < 0 ? "" : asked.records[index].xpath;
    const isHere = kind === "here";
    found[kind] = { score, answered, ms, right: isHere && isRight(path, one.goldPath), strict: isHere && path === one.goldPath };
  }
  return found;
};

// A baseline always answers: its best, with its score.
const byScore = (of) => ({ given, all }) => {
  const began = performance.now();
  let [index, score] = [-1, -Infinity];
  all.forEach((each, at) => {
    const found = of(given, each);
    if (found > score) [index, score] = [at, found];
  });
  return { index, score, answered: true, ms: performance.now() - began };
};

// Ours: the ranking, and the choice that a runner would act on.
const byRanking = (engine, threshold) => ({ target, records }, { page }) => {
  const began = performance.now();
  const ranked = engine.rank(target, records, page);
  const chosen = engine.choose(ranked, records, threshold);
  const ms = performance.now() - began;
  return { index: ranked[0].index, score: ranked[0].confidence, answered: Boolean(chosen), ms };
};

// What a page costs before anything is asked of it: the least of three, as a machine is disturbed and never too fast.
const preparation = (engine, cases) => {
  const pages = [...new Map(cases.map((one) => [one.site, one])).values()];
  return pages.map(({ records }) => {
    const times = [1, 2, 3].map(() => {
      engine.forgetRecords();
      const began = performance.now();
      records.forEach(engine.prepareRecord);
      return performance.now() - began;
    });
    return { candidates: records.length, ms: least(times) };
  });
};

// Every site is judged by what was learned on the others.
const leavingEachOut = (cases, make, weights, threshold) => {
  const sites = [...new Set(cases.map(({ site }) => site))];
  const learn = trainer(cases, make, weights);
  return sites.flatMap((site) => {
    tell(`ours, ${site} left out`);
    const engine = make(learn((one) => one.site !== site));
    return cases.filter((one) => one.site === site).map((one) => [one, judge(one, byRanking(engine, threshold))]);
  });
};

const run = ({ ranking, weights, folder, threshold, only }) => {
  const make = eval(ranking);
  const cases = readSites(folder);
  if (only === "train") return { weights: trainer(cases, make, weights)(() => true) };
  const told = (judged) => judged.map(([one, found]) => ({ site: one.site, hard: one.hard, suspect: one.suspect, candidates: one.records.length, ...found }));
  const all = (answer, kinds) => told(cases.map((one) => [one, judge(one, answer, kinds)]));
  const methods = {};
  for (const [name, of] of Object.entries(baselines)) {
    tell(name);
    methods[name] = all(byScore(of), ["here", "gone"]);
  }
  tell("ours");
  const engine = make(weights);
  all(byRanking(engine, threshold)); // warms the compiler up
  methods["ours, as shipped"] = all(byRanking(engine, threshold));
  methods["ours, each site left out"] = told(leavingEachOut(cases, make, weights, threshold));
  return { methods, preparation: preparation(engine, cases) };
};

process.stdout.write(JSON.stringify(run(JSON.parse(fs.readFileSync(0, "utf8")))));
