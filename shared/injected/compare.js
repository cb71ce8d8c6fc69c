// How far a candidate is like the element that was recorded, feature by feature. Pure: records in, numbers 0..1 out.
// A record is a locator bundle with the extra keys of describe.js.
({ weights, remembering, fold, label, digits, words, isVolatile, alike, damping, contains, MOST_UNEQUAL, overlap, sequence, commonTail, linkParts, ratio }) => {
  const { absent: ABSENT, fade: FADE } = weights.limits;
  const FAMILY = { a: "press", button: "press", summary: "press", input: "field", textarea: "field", select: "field" };
  const LANDMARK = /^(header|nav|main|footer|form|aside|dialog)$/;
  const DRAWN = /\/svg(\[\d+\])?\/./i; // a part of a drawing is hardly ever what was meant
  const SAID = ["text", "aria", "label", "placeholder"];
  const PLAIN = ["id", "name", "alt", "type", "role"];

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
  const forgetRecords = () => memories.forEach((memory) => memory.forget());

  // What comparing needs of a record, worked out once; for the first round, and what the second needs besides.
  const prepareRecord = (record) => {
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
  const furnish = (prepared, record) => {
    const path = record.xpath ? `/${record.xpath.split("/").filter(Boolean).join("/")}` : "";
    return {
      ...prepared, path, tags: path.replace(/\[[^/]*/g, "").toLowerCase(), box: record.bounding || null,
      textWords: wordsOf(prepared.text), near: wordsOf(record.neighbourText || ""),
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

  // What is worked out once a page: for the first round, and what the second needs besides.
  const survey = (target, prepared) => ({
    plain: PLAIN.filter((key) => target[key] && !(key === "name" && target.role === "radio")), // a radio's name is its group's
    // Two that say the same are one fact.
    said: SAID.filter((key, at) => target[key] && !SAID.slice(0, at).some((before) => target[before] === target[key])),
    classRarity: rarityOf(prepared.map((one) => [one.classes, []])),
    linkRarity: rarityOf(prepared.map((one) => [one.link.parts, []])),
  });
  const surveyPlaces = (target, furnished) => {
    const alikePaths = remembering(1e5, (tags) => sequence(tagsOf(target.tags), tagsOf(tags)));
    return { placed: true, rarity: rarityOf(furnished.map((one) => [one.textWords, one.near])), alikePaths };
  };

  const sameTag = (a, b) => (a.tag === b.tag ? 1 : a.family === b.family ? 0.6 : 0);
  const attributesAlike = (a, b) =>
    a.attributes.reduce((sum, [key, value]) => sum + alike(value, b.dataAttrs[key] || ""), 0) / a.attributes.length;
  const linksAlike = (a, b, page) => {
    if (!b.leads) return ABSENT;
    return a.whole === b.whole ? 1 : MOST_UNEQUAL * overlap(a.parts, b.parts, page.linkRarity);
  };
  const fade = (distance, size) => Math.exp(-Math.abs(distance) / (FADE * Math.max(size, 1)));

  // What the candidate lacks contradicts less than what it has otherwise.
  const against = (wanted, has) => (has ? alike(wanted, has) : ABSENT);

  // Two names: by their letters, and by their words, the rarer the more.
  const saidAlike = (wanted, has, page, fields) => {
    if (!has) return ABSENT;
    if (wanted === has) return 1;
    // "Email", "Your email"; digits first, which cost less than words
    if (fields && digits(wanted) === digits(has) && contains(wanted, has)) return MOST_UNEQUAL;
    if (!page.rarity) return alike(wanted, has);
    return (alike(wanted, has) + damping(wanted, has) * overlap(wordsOf(wanted), wordsOf(has), page.rarity)) / 2;
  };

  // A text may have become a name that is only spoken, or the other way round.
  const saidBest = (key, a, b, page, fields) => {
    const own = saidAlike(a[key], b[key], page, fields);
    const other = key === "text" ? b.aria : key === "aria" ? b.text : "";
    return other && other !== b[key] ? Math.max(own, saidAlike(a[key], other, page, fields)) : own;
  };

  const comparePlaces = (a, b, page, found) => {
    if (a.tags) {
      found.path = page.alikePaths(b.tags);
      found.tail = commonTail(a.path, b.path) / tagsOf(a.tags).length;
      found.landmark = landmarksOf(a.tags) === landmarksOf(b.tags) ? 1 : 0;
    }
    if (a.near.size) found.near = overlap(a.near, b.near, page.rarity);
    if (!a.box || !b.box) return;
    found.left = fade(a.box.left - b.box.left, page.width);
    found.top = fade(a.box.top - b.box.top, page.height);
    found.width = ratio(a.box.width, b.box.width);
    found.height = ratio(a.box.height, b.box.height);
    found.within = isWithin(b.box, page) && !DRAWN.test(b.path) ? 1 : 0;
  };
  const isWithin = (box, page) =>
    box.left + box.width > 0 && box.left < page.width && box.top + box.height > 0 && box.top < page.height;

  // Similarity 0..1 of every feature that the target has; what it lacks is left out and counts neither way.
  const compare = (a, b, page) => {
    const found = { used: b.family === "press" || b.family === "field" ? 1 : 0 };
    const fields = a.family === "field" && b.family === "field";
    for (const key of page.said) found[key] = saidBest(key, a, b, page, fields);
    for (const key of page.plain) found[key] = against(a[key], b[key]);
    if (a.tag) found.tag = sameTag(a, b);
    if (a.attributes.length) found.dataAttrs = attributesAlike(a, b);
    if (a.classes.size) found.className = overlap(a.classes, b.classes, page.classRarity);
    if (a.link.leads) found.href = linksAlike(a.link, b.link, page);
    if (page.placed) comparePlaces(a, b, page, found);
    return found;
  };

  // Whether it is called like one that was beside the recorded element: it was another then, and is no stand-in now.
  const isOneOfOthers = (target, record) => {
    if (!target.others || !target.others.length) return false;
    const own = [target.aria, target.visibleText].map((name) => label(name || ""));
    const now = label(record.aria || record.visibleText || "");
    return !own.includes(now) && target.others.includes(now);
  };

  return { isOneOfOthers, prepareRecord, furnish, forgetRecords, survey, surveyPlaces, compare };
}
