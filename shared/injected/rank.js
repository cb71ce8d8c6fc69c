// The one ranking function: which candidate is the element that was recorded, and how certain is that?
// Pure: records in, numbers out. A record is a locator bundle with the extra keys of describe.js.
({ fold, label, words, isVolatile, alike, overlap, sequence, commonTail, linkParts, ratio }) => {
  const WEIGHTS = {
    tag: 1.5, id: 2, name: 2, text: 3, aria: 2, label: 2, placeholder: 2, dataAttrs: 2.5, alt: 1, type: 0.5, role: 0.5,
    className: 0.7, href: 1.5, path: 1, tail: 0.7, near: 1.2, landmark: 0.4, left: 0.4, top: 0.4, width: 0.5, height: 0.5,
  };
  // Logistic fit of "this is the element" on score and lead over the best rival, over pages years apart with and
  // without the element; each site judged by a fit on the others.
  const CERTAINTY = { score: 8, lead: 17.3, bias: -7.8 };
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
      link: new Set(linkParts(record.href)), href: linkParts(record.href).join("/"), hasLink: Boolean(record.href),
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
  const against = (wanted, has) => (has ? alike(wanted, has) : ABSENT);

  // Similarity 0..1 of every feature that the target has; what it lacks is left out and counts neither way.
  const compare = (a, b, page) => {
    const found = {};
    for (const key of ["id", "name", "aria", "label", "placeholder", "alt", "type", "role"]) {
      if (a[key]) found[key] = against(a[key], b[key]);
    }
    if (a.label === a.aria) delete found.label; // one fact, not two
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

  const certainty = (score, lead, evidence, sole) => {
    const sum = CERTAINTY.score * score + CERTAINTY.lead * lead + CERTAINTY.bias + (sole ? SOLE_NAME : 0);
    return Math.round((100 / (1 + Math.exp(-sum))) * Math.min(1, evidence / ENOUGH_EVIDENCE));
  };

  // The best of the candidates that alone have the recorded name or text (with what is nested in them), else -1.
  const soleOf = (order, found, paths) => {
    const called = order.filter((index) => found[index].text === 1 || found[index].aria === 1);
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
      return { index, confidence: certainty(scores[index], lead, evidence, index === sole), score: scores[index] };
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
