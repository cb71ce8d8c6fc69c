// The one ranking function: which candidate is the element that was recorded, and how certain is that?
// Pure: records in, numbers out. A record is a locator bundle with the extra keys of describe.js. Two rounds: what
// elements are and are called is compared of all; where they stand and among which words, of the likeliest alone.
({ remembering, fold, label, digits, words, isVolatile, alike, contains, MOST_UNEQUAL, overlap, sequence, commonTail, linkParts, ratio }) => {
  const WEIGHTS = {
    tag: 1.5, id: 2, name: 2, text: 3, aria: 2, label: 2, placeholder: 2, dataAttrs: 2.5, alt: 1, type: 0.5, role: 0.5,
    className: 0.7, href: 1.5, path: 1, tail: 0.7, near: 1.2, landmark: 0.4, left: 0.4, top: 0.4, width: 0.5, height: 0.5,
  };
  // Logistic fit of "this is the element" on score and lead over the best rival, over pages years apart with and
  // without the element; each site judged by a fit on the others.
  const CERTAINTY = { score: 8, lead: 17.3, bias: -7.8 };
  const NAMES = ["text", "aria", "placeholder"];
  const CONTEXT = ["id", "name", "dataAttrs", "href", "near"];
  const CONTEXT_AGREES = 0.5;
  const IDENTITY = ["id", "dataAttrs", "href", "name"];
  const LOST_AMONG_TWINS = -20; // the name was no help on the recorded page either, and nothing else tells them apart
  const OTHER_NAME = 0.3;
  const RENAMED = -1.5; // it is called something else altogether
  const SOLE_NAME = 1; // added where no other element has the recorded name or text
  const ABSENT = 0.25;
  const USUAL_RIVAL = 0.45; // on a page with hardly any candidates, having no rival proves nothing
  const CLEAR_LEAD = 0.05;
  const ENOUGH_EVIDENCE = 6; // weight of what was recorded, below which no answer may count as certain
  const FAMILY = { a: "press", button: "press", summary: "press", input: "field", textarea: "field", select: "field" };
  const LANDMARK = /^(header|nav|main|footer|form|aside|dialog)$/;
  const FINALISTS = 100;
  const FADE = 0.35; // of the page's size: how far an element moves before its place says nothing

  const tagsOf = remembering(5000, (path) => path.split("/").filter(Boolean));
  const landmarksOf = remembering(5000, (path) => tagsOf(path).filter((step) => LANDMARK.test(step)).join("/"));
  const labelOf = remembering(5000, label);
  const wordsOf = remembering(5000, (text) => new Set(words(text)));
  const classesOf = remembering(1000, (given) => new Set(given.split(/\s+/).filter((name) => name && !isVolatile(name))));
  const linkOf = remembering(1000, (href) => {
    const parts = linkParts(href);
    return { parts: new Set(parts), whole: parts.join("/"), leads: Boolean(href) && !/^(#|javascript:)/i.test(href) };
  });

  const memories = [tagsOf, landmarksOf, labelOf, wordsOf, classesOf, linkOf];

  // What comparing needs of a record, worked out once; for the first round, and what the second needs besides.
  const prepare = (record) => {
    const tag = (record.tag || "").toLowerCase();
    return {
      tag, family: record.role === "button" || record.role === "link" ? "press" : FAMILY[tag] || tag,
      id: record.id && !isVolatile(record.id) ? fold(record.id) : "",
      name: fold(record.name), aria: labelOf(record.aria || ""), label: labelOf(record.label || ""),
      placeholder: labelOf(record.placeholder || ""), alt: fold(record.alt), type: fold(record.type), role: fold(record.role),
      text: labelOf(record.visibleText || ""), classes: classesOf(record.className || ""), link: linkOf(record.href || ""),
      attributes: Object.entries(record.dataAttrs || {}).filter(([, value]) => value && !isVolatile(value)),
      dataAttrs: record.dataAttrs || {},
    };
  };
  const placed = (prepared, record) => {
    const path = record.xpath ? `/${record.xpath.split("/").filter(Boolean).join("/")}` : "";
    return {
      ...prepared, path, tags: path.replace(/\[[^/]*/g, "").toLowerCase(), box: record.bounding || null,
      textWords: wordsOf(record.visibleText || ""), near: wordsOf(record.neighbourText || ""),
    };
  };

  // How rare a word is, by the sets of words (two a candidate, counted as one) that have it.
  const rarityOf = (pairs) => {
    const seen = new Map();
    const count = (word) => seen.set(word, (seen.get(word) || 0) + 1);
    for (const [some, more] of pairs) {
      some.forEach(count);
      for (const word of more) if (!some.has(word)) count(word);
    }
    return remembering(1e5, (word) => Math.log(1 + pairs.length / (1 + (seen.get(word) || 0))));
  };

  const sameTag = (a, b) => (a.tag === b.tag ? 1 : a.family === b.family ? 0.6 : 0);
  const attributesAlike = (a, b) =>
    a.attributes.reduce((sum, [key, value]) => sum + alike(value, b.dataAttrs[key] || ""), 0) / a.attributes.length;
  const linksAlike = (a, b, page) => {
    if (!b.link.leads) return ABSENT;
    return a.link.whole === b.link.whole ? 1 : 0.7 * overlap(a.link.parts, b.link.parts, page.linkRarity);
  };
  const fade = (distance, size) => Math.exp(-Math.abs(distance) / (FADE * Math.max(size, 1)));

  // What the candidate lacks contradicts less than what it has otherwise.
  const against = (wanted, has, prefixed) => {
    if (!has) return ABSENT;
    const more = prefixed && wanted !== has && contains(wanted, has) && digits(wanted) === digits(has);
    return more ? MOST_UNEQUAL : alike(wanted, has);
  };

  // The features of plain words that the target has. Two that say the same are one fact; and a radio button's name is
  // that of the whole group.
  const toldBy = (a) => ["id", "name", "aria", "label", "placeholder", "alt", "type", "role"].filter(
    (key) => a[key] && !(key === "label" && a.label === a.aria) && !(key === "name" && a.role === "radio"));

  // Similarity 0..1 of every feature that the target has; what it lacks is left out and counts neither way.
  const compare = (a, b, page) => {
    const found = {};
    const fields = a.family === "field" && b.family === "field";
    for (const key of page.told) found[key] = against(a[key], b[key], fields);
    if (a.tag) found.tag = sameTag(a, b);
    if (a.text) found.text = a.text === b.text ? 1 : Math.max(alike(a.text, b.text), 0.7 * page.overlap(a, b));
    if (a.attributes.length) found.dataAttrs = attributesAlike(a, b);
    if (a.classes.size) found.className = overlap(a.classes, b.classes, page.classRarity);
    if (a.link.leads) found.href = linksAlike(a, b, page);
    if (!page.placed) return found;
    if (a.tags) {
      found.path = page.alikePaths(b.tags);
      found.tail = commonTail(a.path, b.path) / tagsOf(a.tags).length;
      found.landmark = landmarksOf(a.tags) === landmarksOf(b.tags) ? 1 : 0;
    }
    if (a.near.size) found.near = overlap(a.near, b.near, page.rarity);
    if (a.box && b.box) {
      found.left = fade(a.box.left - b.box.left, page.width);
      found.top = fade(a.box.top - b.box.top, page.height);
      found.width = ratio(a.box.width, b.box.width);
      found.height = ratio(a.box.height, b.box.height);
    }
    return found;
  };

  const survey = (target, prepared) => ({
    told: toldBy(target), overlap: () => 0,
    classRarity: rarityOf(prepared.map((one) => [one.classes, []])),
    linkRarity: rarityOf(prepared.map((one) => [one.link.parts, []])),
  });
  const surveyPlaces = (target, prepared) => {
    const rarity = rarityOf(prepared.map((one) => [one.textWords, one.near]));
    const alikePaths = remembering(1e5, (tags) => sequence(tagsOf(target.tags), tagsOf(tags)));
    const overlapping = (a, b) => overlap(a.textWords, b.textWords, rarity);
    return { placed: true, rarity, alikePaths, overlap: overlapping };
  };

  const total = (found) => {
    let sum = 0;
    for (const key in found) sum += WEIGHTS[key];
    return sum;
  };
  const scored = (found, evidence) => {
    let sum = 0;
    for (const key in found) sum += WEIGHTS[key] * found[key];
    return sum / (evidence || 1);
  };
  const nested = (a, b) => a === b || a.startsWith(b + "/") || b.startsWith(a + "/");

  const certainty = (score, lead, evidence, extra) => {
    const sum = CERTAINTY.score * score + CERTAINTY.lead * lead + CERTAINTY.bias + extra;
    return Math.round((100 / (1 + Math.exp(-sum))) * Math.min(1, evidence / ENOUGH_EVIDENCE));
  };

  // How far what surrounds and identifies the element, other than its name, is the recorded: 0..1, null if unknown.
  const contextOf = (target, found) => {
    const telling = CONTEXT.filter((key) => key !== "near" || !target.alikeTwins);
    const known = telling.filter((key) => found[key] !== undefined).map((key) => found[key]);
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  };

  // What speaks for or against the candidate beyond its likeness.
  const extraOf = (target, found, sole) => {
    const context = contextOf(target, found);
    if (target.twins && (context === null || context < CONTEXT_AGREES)) return LOST_AMONG_TWINS;
    const called = found.aria ?? found.text;
    if (called !== undefined && called < OTHER_NAME && !IDENTITY.some((key) => found[key] === 1)) return RENAMED;
    return sole && (target.twins === 0 || context === null || context >= CONTEXT_AGREES) ? SOLE_NAME : 0;
  };

  // The best of the candidates that alone have the recorded name or text (with what is nested in them), else -1.
  const soleOf = (order, found, paths) => {
    const called = order.filter((index) => NAMES.some((key) => found[index][key] === 1));
    return called.length && called.every((index) => nested(paths[index], paths[called[0]])) ? called[0] : -1;
  };

  // The places of the candidates that are likeliest by what they are and are called, and of the others.
  const shortlist = (target, prepared, seen) => {
    const all = prepared.map((_, index) => index);
    if (all.length <= FINALISTS) return [all, []];
    const scores = prepared.map((one) => scored(compare(target, one, seen), 1));
    all.sort((a, b) => scores[b] - scores[a]);
    return [all.slice(0, FINALISTS), all.slice(FINALISTS)];
  };

  // rank(target, candidates, {width, height} of the page in px) -> [{index, confidence 0..100, score 0..1}], best first;
  // those that did not come into the second round with zeros. `place(index)` completes a record for that round with
  // xpath, bounding and neighbourText.
  const rank = (target, candidates, page, place = () => {}) => {
    const wanted = prepare(target);
    const prepared = candidates.map(prepare);
    const seen = survey(wanted, prepared);
    const [finalists, others] = shortlist(wanted, prepared, seen);
    finalists.forEach(place);
    const furnished = finalists.map((index) => placed(prepared[index], candidates[index]));
    const ranked = rankPlaced(target, placed(wanted, target), furnished, { ...seen, ...page });
    for (const memory of memories) memory.forget();
    return [...ranked.map((one) => ({ ...one, index: finalists[one.index] })), ...others.map((index) => ({ index, confidence: 0, score: 0 }))];
  };

  const rankPlaced = (target, wanted, prepared, before) => {
    const seen = { ...before, ...surveyPlaces(wanted, prepared) };
    const found = prepared.map((one) => compare(wanted, one, seen));
    const evidence = found.reduce((most, one) => Math.max(most, total(one)), 0);
    const scores = found.map((one) => scored(one, evidence));
    const order = scores.map((_, index) => index).sort((a, b) => scores[b] - scores[a]);
    const paths = prepared.map((one) => one.path);
    const sole = soleOf(order, found, paths);
    return order.map((index) => {
      const rival = order.find((other) => other !== index && !nested(paths[other], paths[index]));
      const lead = scores[index] - Math.max(USUAL_RIVAL, rival === undefined ? 0 : scores[rival]);
      return { index, confidence: certainty(scores[index], lead, evidence, extraOf(target, found[index], index === sole)), score: scores[index] };
    });
  };

  // The one ranked candidate that may be used, or null: certain, and no rival that is not nested with it comes near.
  const choose = (ranked, candidates, threshold) => {
    const [best] = ranked;
    if (!best || best.confidence < threshold) return null;
    const path = candidates[best.index].xpath || "";
    const rival = ranked.find((one) => one !== best && !nested(candidates[one.index].xpath || "", path));
    return !rival || best.score - rival.score >= CLEAR_LEAD ? best : null;
  };

  return { rank, choose };
}
