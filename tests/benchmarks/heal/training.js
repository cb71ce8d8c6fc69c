// Finds the weights of the ranking and of its certainty. Two small convex problems with one constraint: that no likeness
// may count against (a few sites would teach, say, that an equal id means nothing).
const { ask, isRight, KINDS } = require("./pages.js");

// What was believed before anything was measured; training moves away from it only as far as the pages insist.
const BELIEVED = {
  tag: 1, id: 2, name: 2, text: 4.5, className: 1, href: 3, alt: 1, path: 1, tail: 1, landmark: 0.5, near: 1.2, left: 0.7,
  top: 0.7, width: 0.7, height: 0.7, used: 0.5, within: 1,
};
const STAY = 3; // how strongly it holds on to that (L2)
const RIVALS = 30; // of each page, the likeliest
const ROUNDS = 200;
const GROUNDS = ["score", "lead", "said", "tag"];
const SMALL = 0.3; // L2 of the certainty's weights
const CERTAINTY_ROUNDS = 3000;
const TAKEN_COUNTS = 0.5; // a page without its own element, beside one without a recorded element

const FEATURES = Object.keys(BELIEVED);
const dot = (weights, vector) => {
  let sum = 0;
  for (let j = 0; j < weights.length; j++) sum += weights[j] * vector[j];
  return sum;
};

// Adam with the constraint; `slopes(weights)` -> the gradient; `free`: how many at the end may be negative.
const descend = (start, slopes, { rounds, pace, free }) => {
  const weights = Float64Array.from(start);
  const [first, second] = [new Float64Array(weights.length), new Float64Array(weights.length)];
  for (let round = 1; round <= rounds; round++) {
    const slope = slopes(weights);
    for (let j = 0; j < weights.length; j++) {
      first[j] = 0.9 * first[j] + 0.1 * slope[j];
      second[j] = 0.999 * second[j] + 0.001 * slope[j] * slope[j];
      weights[j] -= (pace * (first[j] / (1 - 0.9 ** round))) / (Math.sqrt(second[j] / (1 - 0.999 ** round)) + 1e-8);
      if (weights[j] < 0 && j < weights.length - free) weights[j] = 0;
    }
  }
  return weights;
};

// Sites count by the square root of their cases: none may drown the others.
const shareOf = (cases) => {
  const counts = new Map();
  for (const { site } of cases) counts.set(site, (counts.get(site) || 0) + 1);
  const mean = cases.reduce((sum, { site }) => sum + counts.get(site) ** -0.5, 0) / cases.length;
  return (site) => counts.get(site) ** -0.5 / mean;
};

// The finalists of the three questions of a case, chosen by what is believed.
const looksOf = (engine, one) => {
  const looks = KINDS.map((kind) => {
    const { target, records } = ask(one, kind);
    return [kind, engine.lookAt(target, records, one.page)];
  });
  return { ...one, looks: Object.fromEntries(looks) };
};

// The likenesses of the right element and its likeliest rivals, as believed; null where it is not among the finalists.
const lineUp = (one) => {
  const vectors = one.looks.here.finalists.map(({ index, path, found }) => ({ index, path, vector: FEATURES.map((key) => found[key] ?? 0) }));
  const believed = FEATURES.map((key) => BELIEVED[key]);
  const right = vectors.find(({ index }) => index === one.gold);
  const rivals = vectors.filter(({ path }) => !isRight(path, one.goldPath));
  rivals.sort((a, b) => dot(believed, b.vector) - dot(believed, a.vector));
  return right ? { site: one.site, vectors: [right, ...rivals.slice(0, RIVALS)].map(({ vector }) => vector) } : null;
};

// Softmax over the line-up: the right one, the first, should come out on top.
const learnWeights = (lineUps) => {
  const share = shareOf(lineUps);
  const believed = FEATURES.map((key) => BELIEVED[key]);
  const slopes = (weights) => {
    const slope = weights.map((weight, j) => STAY * (weight - believed[j]));
    for (const { site, vectors } of lineUps) {
      const scores = vectors.map((vector) => dot(weights, vector));
      const most = Math.max(...scores);
      const odds = scores.map((score) => Math.exp(score - most));
      const sum = odds.reduce((all, each) => all + each, 0);
      vectors.forEach((vector, at) => {
        const pull = share(site) * (odds[at] / sum - (at === 0 ? 1 : 0));
        for (let j = 0; j < vector.length; j++) slope[j] += pull * vector[j];
      });
    }
    return slope;
  };
  const found = descend(believed, slopes, { rounds: ROUNDS, pace: 0.05, free: 0 });
  return Object.fromEntries(FEATURES.map((key, j) => [key, Number(found[j].toFixed(2))]));
};

// What the certainty of the first in the ranking rests on, and whether that one is right: [{site, known, right, counts}].
const firsts = (engine, one) =>
  KINDS.flatMap((kind) => {
    const { finalists, calledBy } = one.looks[kind];
    if (!finalists.length) return [];
    const [best] = engine.order(finalists);
    const known = engine.grounds(best, calledBy);
    const right = kind === "here" && isRight(best.path, one.goldPath);
    return [{ site: one.site, known: [...GROUNDS.map((key) => known[key]), 1], right, counts: kind === "taken" ? TAKEN_COUNTS : 1 }];
  });

// Logistic regression.
const learnCertainty = (samples) => {
  const share = shareOf(samples);
  const slopes = (weights) => {
    const slope = weights.map((weight, j) => (j < GROUNDS.length ? SMALL * weight : 0));
    for (const { site, known, right, counts } of samples) {
      const pull = counts * share(site) * (1 / (1 + Math.exp(-dot(weights, known))) - (right ? 1 : 0));
      for (let j = 0; j < known.length; j++) slope[j] += pull * known[j];
    }
    return slope;
  };
  const found = descend(new Array(GROUNDS.length + 1).fill(0), slopes, { rounds: CERTAINTY_ROUNDS, pace: 0.02, free: 1 });
  return Object.fromEntries([...GROUNDS, "bias"].map((key, j) => [key, Number(found[j].toFixed(2))]));
};

// trainer(all cases, make(weights) -> engine, weights) -> a function: the weights, with `trained` and `certainty` learned
// from the cases for which `learnFrom` is true. A case whose label is doubtful teaches nothing.
const trainer = (cases, make, weights) => {
  const believing = make({ ...weights, trained: BELIEVED });
  const sound = cases.filter((one) => !one.suspect).map((one) => looksOf(believing, one));
  return (learnFrom) => {
    const used = sound.filter(learnFrom);
    const trained = learnWeights(used.map(lineUp).filter(Boolean));
    const engine = make({ ...weights, trained });
    return { ...weights, trained, certainty: learnCertainty(used.flatMap((one) => firsts(engine, one))) };
  };
};

module.exports = { trainer };
