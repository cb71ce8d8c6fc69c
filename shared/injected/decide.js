// From what every strategy found to the one element that was meant, or to why there is none.
(retold) => {
  const { FIELD_EVENTS, fold, label, quotes, words: wordsIn, remember, neighbours, isOneOfOthers, tagOf, nameOf, visibleText, isFor, fieldOf, pressedOf, rootOf } = retold;
  const MEANS_NOTHING_ALONE = new Set(["path", "class"]); // a place or a style, which any neighbour may take over
  const SHARED_BY_TWINS = new Set(["aria", "text", "placeholder", "class"]);
  const SAYS_WHO = new Set(["id", "name", "aria", "text", "placeholder"]);
  const MADE_TO_FIND = new Set(["id", "name", "data_attributes"]);
  const MOST_MISSES = 2; // kinds of evidence that may find nothing while one lone locator is still believed

  const meant = (event, element) => (FIELD_EVENTS.has(event) ? fieldOf(element) : element);
  const keyOf = (event, element) => (FIELD_EVENTS.has(event) ? element : pressedOf(element));

  const rawOf = ({ query, root }) => remember("query", query, () => [...new Set(query.find(root))]);

  // What a query hits: what a press would work -> the element itself. Looked at only as far as somebody asks.
  const hitsOf = (raw, event) => {
    const seen = new Map();
    let at = 0;
    let named = 0; // raw elements that stand for something that the event can be done to, seen or not
    const next = () => {
      const element = meant(event, raw[at++]);
      if (!element) return;
      named++;
      if (!isFor(event, element)) return;
      const key = keyOf(event, element);
      if (!seen.has(key)) seen.set(key, element);
    };
    const upTo = (size) => {
      while (at < raw.length && seen.size < size) next();
      return seen.size;
    };
    const has = (key) => {
      while (at < raw.length && !seen.has(key)) next();
      return seen.has(key);
    };
    return {
      any: () => upTo(1) > 0,
      only: () => (upTo(2) === 1 ? [...seen.keys()][0] : null),
      element: (key) => seen.get(key),
      has,
      hidden: () => upTo(1) === 0 && named > 0,
    };
  };

  // The hits of a query that was only checked on one element: it is among them, and no rival can be the only one.
  const checked = (key) => ({ any: () => true, only: () => null, has: (other) => other === key, hidden: () => false, assumed: true });

  // A lone locator by place must not contradict the name that was recorded, nor all the words that stood around it.
  const namesAgree = (found, element) => {
    const said = (...kinds) => found.filter((one) => kinds.includes(one.evidence)).map((one) => label(one.said)).filter(Boolean);
    const name = label(nameOf(element));
    const named = name ? said("aria") : [];
    const recorded = named.length ? named : said("aria", "text");
    const now = named.length ? [name] : [name, label(visibleText(element))].filter(Boolean);
    return !recorded.length || !now.length || now.some((one) => recorded.some((then) => quotes(one, then)));
  };
  const surroundingsAgree = ({ neighbourText }, element) => {
    const then = wordsIn(neighbourText || "").filter((word) => !/^\d+$/.test(word));
    if (!then.length) return true;
    const now = new Set(wordsIn(neighbours(element)));
    return !now.size || then.some((word) => now.has(word));
  };

  const votesOf = (found, words) => {
    const votes = new Map();
    for (const one of found) {
      const key = one.hits.only();
      if (key) votes.set(key, (votes.get(key) || new Set()).add(words(one.evidence)));
    }
    return votes;
  };

  const elementFor = (key, found) => found.find((one) => one.hits.only() === key).hits.element(key);

  const mayBe = (key, found, votes, context) => {
    const element = elementFor(key, found);
    if (context.tag && tagOf(element) !== context.tag && tagOf(key) !== context.tag) return false;
    // What several elements had on the recorded page finds none of them for certain, and its place does not tell which
    // is left where what was made to find it is gone.
    const { shared, twins } = context.bundle;
    const isShared = (kind) => (shared ? shared.includes(kind) : Boolean(twins) && SHARED_BY_TWINS.has(kind));
    const kinds = [...votes.get(key)];
    if (!kinds.some(isShared)) return true;
    const isGone = found.some((one) => MADE_TO_FIND.has(one.evidence) && one.hits && !one.hits.any());
    return !kinds.every((kind) => isShared(kind) || (kind === "path" && isGone));
  };

  const rivalsOf = (key, votes) => [...votes].filter(([other]) => other !== key).map(([, theirs]) => theirs);

  // Two kinds of evidence and no rival with as many, or nothing recorded that does not fit it.
  const isClear = (key, found, votes, context) => {
    if (!mayBe(key, found, votes, context)) return false;
    const mine = votes.get(key);
    if (mine.size >= 2 && rivalsOf(key, votes).every((theirs) => theirs.size < mine.size)) return true;
    if (!found.every((one) => one.hits.has(key))) return false;
    return found.some((one) => SAYS_WHO.has(one.evidence)) || surroundingsAgree(context.bundle, elementFor(key, found));
  };

  // Nothing but its place or style says who it is: then all that was recorded must fit.
  const isThereStill = (key, found, { bundle }) => {
    const element = elementFor(key, found);
    const isNamed = Boolean(bundle.aria || bundle.visibleText || found.some((one) => one.said));
    if (isNamed) return namesAgree(found, element) && surroundingsAgree(bundle, element);
    const isNew = bundle.aria === "" && Boolean(nameOf(element)); // it had no name when it was recorded
    const fits = found.filter((one) => MEANS_NOTHING_ALONE.has(one.evidence)).every((one) => one.hits.has(key));
    return !isNew && fits && surroundingsAgree(bundle, element);
  };

  // One piece of evidence that says who it is, and none against it.
  const isLikely = (key, found, votes, context) => {
    if (!mayBe(key, found, votes, context)) return false;
    const strong = (kinds) => [...kinds].some((kind) => !MEANS_NOTHING_ALONE.has(kind));
    const mine = votes.get(key);
    if (rivalsOf(key, votes).some((theirs) => strong(theirs) || !strong(mine))) return false;
    const others = found.filter((one) => !MEANS_NOTHING_ALONE.has(one.evidence) && !one.hits.has(key));
    if (others.some((one) => one.hits.any())) return false;
    const misses = new Set(others.map((one) => context.words(one.evidence)));
    const element = elementFor(key, found);
    if (isOneOfOthers(context.bundle, { aria: nameOf(element), visibleText: visibleText(element) })) return false;
    return misses.size <= MOST_MISSES && (strong(mine) || isThereStill(key, found, context));
  };

  const why = (found) => {
    const telling = found.filter((one) => !MEANS_NOTHING_ALONE.has(one.evidence));
    if ((telling.length ? telling : found).some((one) => one.hits.any())) return "ambiguous";
    return found.some((one) => one.hits.hidden()) ? "not_visible" : "not_found";
  };

  // A query that nobody has searched: nothing is known of what it hits.
  const unsearched = { any: () => false, only: () => null, has: () => false, hidden: () => false, assumed: true };

  // Whether those that were not searched could not outvote the one who leads, whatever they found.
  const isBeyond = (key, found, left, context) => {
    if (context.strict || !mayBe(key, found, votesOf(found, context.words), context)) return false;
    const votes = votesOf(found, context.words);
    const more = new Set(left.map((one) => context.words(one.evidence))).size;
    return votes.get(key).size >= 2 && [0, ...rivalsOf(key, votes).map((theirs) => theirs.size)].every((most) => most + more < votes.get(key).size);
  };

  // The one who is clearly meant as soon as a query finds an element alone, and the others, checked on it, fit it; those
  // that do not fit are searched. What this finds, the whole search would find too; null: that one must tell.
  const shortcut = (found, context) => {
    const search = (one) => (one.hits = hitsOf(rawOf(one), context.event));
    const lead = found.find((one) => {
      const key = search(one).only();
      return key && mayBe(key, [one], new Map([[key, new Set([one.evidence])]]), context);
    });
    if (!lead) return null;
    const key = lead.hits.only();
    const element = lead.hits.element(key);
    for (const one of found.filter((other) => !other.hits)) {
      if (one.fits && [element, key].some((it) => one.fits(it, one.root))) one.hits = checked(key);
      else if (!one.costly) search(one);
    }
    const left = found.filter((one) => !one.hits);
    for (const one of left) one.hits = unsearched;
    if (left.length && isBeyond(key, found, left, context)) return key;
    left.forEach(search);
    if (isClear(key, found, votesOf(found, context.words), context)) return key;
    // What only fits it says no more than that; what is cheap to ask may say that nothing else fits.
    found.filter((one) => one.hits.assumed && !one.costly).forEach(search);
    return isClear(key, found, votesOf(found, context.words), context) ? key : null;
  };

  const whole = (found, context) => {
    for (const one of found) if (!one.hits || one.hits.assumed) one.hits = hitsOf(rawOf(one), context.event);
    const votes = votesOf(found, context.words);
    const order = [...votes.keys()].sort((a, b) => votes.get(b).size - votes.get(a).size);
    return order.find((key) => isClear(key, found, votes, context) || isLikely(key, found, votes, context));
  };

  const answer = (key, found, { words, strict }) => {
    const agreeing = found.filter((one) => one.hits.only() === key || (one.hits.assumed && one.hits.has(key)));
    const disagreeing = [...new Set(found.filter((one) => one.hits.any() && !one.hits.has(key)).map((one) => one.name))];
    if (strict && disagreeing.length) return { reason: "ambiguous", disagreeing };
    return {
      element: elementFor(key, found), strategy: agreeing[0].name, primary: Boolean(agreeing[0].primary),
      agreeing: new Set(agreeing.map((one) => words(one.evidence))).size, disagreeing,
      byPlace: found.every((one) => MEANS_NOTHING_ALONE.has(one.evidence)), // nothing recorded says who it is
    };
  };

  // decide(queries, {event, bundle, tag, strict, pierced}) -> {element, strategy, primary, agreeing, disagreeing, byPlace} or {reason}.
  const decide = (queries, { event, bundle, tag, strict, pierced }) => {
    const root = rootOf(bundle.shadowHosts, pierced);
    if (!root && retold.host) return { reason: "closed_root" };
    const usable = queries.filter((query) => root || query.whole);
    if (!usable.length) return { reason: "not_found" };
    const found = usable.map((query) => ({ ...query, query, root: query.whole ? document : root, hits: null }));
    const sameWords = label(bundle.aria) === label(bundle.visibleText);
    const words = (kind) => (kind === "text" && sameWords ? "aria" : kind);
    const context = { event, bundle, tag: fold(tag), words, strict };
    const byCost = [...found.filter((one) => !one.costly), ...found.filter((one) => one.costly)];
    const key = shortcut(byCost, context) || whole(found, context);
    return key ? answer(key, found, context) : { reason: why(found) };
  };

  return { decide };
}
