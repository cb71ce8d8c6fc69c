// The one ranking function: which candidate is the element that was recorded, and how certain is that?
// Pure: records in, numbers out. A record is a locator bundle with the extra keys of describe.js.
({ fold, label, digits, words, isVolatile, alike, contains, MOST_UNEQUAL, overlap, sequence, commonTail, linkParts, ratio }) => {
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
  const FADE = 0.35; // of the page's size: how far an element moves before its place says nothing

  const steps = (xpath) => (xpath || "").split("/").filter(Boolean);
  const tagsOf = (path) => path.map((step) => step.replace(/\[.*$/, "").toLowerCase());

  // What comparing needs of a record, worked out once.
  const prepare = (record) => {
    const path = steps(record.xpath);
    const tags = tagsOf(path);
    const tag = (record.tag || "").toLowerCase();
    return {
      tag, family: record.role === "button" || record.role === "link" ? "press" : FAMILY[tag] || tag,
      id: record.id && !isVolatile(record.id) ? fold(record.id) : "",
      name: fold(record.name), aria: label(record.aria), label: label(record.label),
      placeholder: label(record.placeholder), alt: fold(record.alt), type: fold(record.type), role: fold(record.role),
      text: label(record.visibleText), textWords: new Set(words(record.visibleText)),
      classes: new Set((record.className || "").split(/\s+/).filter((name) => name && !isVolatile(name))),
      link: new Set(linkParts(record.href)), href: linkParts(record.href).join("/"), hasLink: Boolean(record.href) && !/^(#|javascript:)/i.test(record.href),
      path, tags, landmark: tags.filter((step) => LANDMARK.test(step)).join("/"),
      near: new Set(words(record.neighbourText)), box: record.bounding || null,
      attributes: Object.entries(record.dataAttrs || {}).filter(([, value]) => value && !isVolatile(value)),
      dataAttrs: record.dataAttrs || {},
    };
  };

  const rarityOf = (sets) => {
    const seen = new Map();
    for (const set of sets) for (const word of set) seen.set(word, (seen.get(word) || 0) + 1);
    return (word) => Math.log(1 + sets.length / (1 + (seen.get(word) || 0)));
  };

  const sameTag = (a, b) => (a.tag === b.tag ? 1 : a.family === b.family ? 0.6 : 0);
  const attributesAlike = (a, b) =>
    a.attributes.reduce((sum, [key, value]) => sum + alike(value, b.dataAttrs[key] || ""), 0) / a.attributes.length;
  const linksAlike = (a, b, page) => {
    if (!b.hasLink) return ABSENT;
    return a.href === b.href ? 1 : 0.7 * overlap(a.link, b.link, page.linkRarity);
  };
  const fade = (distance, size) => Math.exp(-Math.abs(distance) / (FADE * Math.max(size, 1)));

  // What the candidate lacks contradicts less than what it has otherwise.
  const against = (wanted, has, prefixed) => {
    if (!has) return ABSENT;
    const more = prefixed && wanted !== has && contains(wanted, has) && digits(wanted) === digits(has);
    return more ? MOST_UNEQUAL : alike(wanted, has);
  };

  // Similarity 0..1 of every feature that the target has; what it lacks is left out and counts neither way.
  const compare = (a, b, page) => {
    const found = {};
    for (const key of ["id", "name", "aria", "label", "placeholder", "alt", "type", "role"]) {
      if (a[key]) found[key] = against(a[key], b[key], a.family === "field" && b.family === "field");
    }
    if (a.label === a.aria) delete found.label; // one fact, not two
    if (a.role === "radio") delete found.name; // the whole group has it
    if (a.tag) found.tag = sameTag(a, b);
    if (a.text) found.text = a.text === b.text ? 1 : Math.max(alike(a.text, b.text), 0.7 * overlap(a.textWords, b.textWords, page.rarity));
    if (a.attributes.length) found.dataAttrs = attributesAlike(a, b);
    if (a.classes.size) found.className = overlap(a.classes, b.classes, page.classRarity);
    if (a.hasLink) found.href = linksAlike(a, b, page);
    if (a.tags.length) {
      found.path = sequence(a.tags, b.tags);
      found.tail = commonTail(a.path, b.path) / a.path.length;
      found.landmark = a.landmark === b.landmark ? 1 : 0;
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

  const survey = (prepared, page) => ({
    width: page.width, height: page.height,
    rarity: rarityOf(prepared.map((one) => new Set([...one.textWords, ...one.near]))),
    classRarity: rarityOf(prepared.map((one) => one.classes)),
    linkRarity: rarityOf(prepared.map((one) => one.link)),
  });

  const total = (found) => Object.keys(found).reduce((sum, key) => sum + WEIGHTS[key], 0);
  const scored = (found, evidence) =>
    Object.entries(found).reduce((sum, [key, value]) => sum + WEIGHTS[key] * value, 0) / (evidence || 1);
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

  // rank(target, candidates, {width, height} of the page in px) -> [{index, confidence 0..100, score 0..1}], best first.
  const rank = (target, candidates, page) => {
    const prepared = candidates.map(prepare);
    const seen = survey(prepared, page);
    const wanted = prepare(target);
    const found = prepared.map((one) => compare(wanted, one, seen));
    const evidence = found.length ? Math.max(...found.map(total)) : 0;
    const scores = found.map((one) => scored(one, evidence));
    const order = scores.map((_, index) => index).sort((a, b) => scores[b] - scores[a]);
    const paths = candidates.map((one) => one.xpath || "");
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
