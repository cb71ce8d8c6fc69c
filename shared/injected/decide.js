// From what every strategy found to the one element that was meant, or to why there is none.
(retold) => {
  const { FIELD_EVENTS, fold, label, contains, tagOf, nameOf, visibleText, isFor, fieldOf, pressedOf, rootOf } = retold;
  const MEANS_NOTHING_ALONE = new Set(["path", "class"]); // a place or a style, which any neighbour may take over
  const SHARED_BY_TWINS = new Set(["aria", "text", "class"]);
  const MOST_MISSES = 2; // kinds of evidence that may find nothing while one lone locator is still believed

  const meant = (event, element) => (FIELD_EVENTS.has(event) ? fieldOf(element) : element);

  const run = (query, event, root) => {
    const raw = [...new Set(query.find(query.whole ? document : root || document))].map((one) => meant(event, one)).filter(Boolean);
    const hits = new Map(); // what a press would work -> the element itself
    for (const element of raw) {
      const key = FIELD_EVENTS.has(event) ? element : pressedOf(element);
      if (isFor(event, element) && !hits.has(key)) hits.set(key, element);
    }
    return { ...query, hits, hidden: raw.length > 0 && hits.size === 0 };
  };

  // A lone locator by place must not contradict the name that was recorded.
  const namesAgree = (found, element) => {
    const recorded = found.map((one) => label(one.said)).filter(Boolean);
    const now = [nameOf(element), visibleText(element)].map(label).filter(Boolean);
    return !recorded.length || !now.length || now.some((name) => recorded.some((then) => contains(name, then)));
  };

  const votesOf = (found, words) => {
    const votes = new Map();
    for (const one of found.filter((query) => query.hits.size === 1)) {
      const [key] = one.hits.keys();
      votes.set(key, (votes.get(key) || new Set()).add(words(one.evidence)));
    }
    return votes;
  };

  const accept = (key, found, votes, context) => {
    const mine = votes.get(key);
    const rivals = [...votes].filter(([other]) => other !== key).map(([, theirs]) => theirs);
    const element = found.find((one) => one.hits.size === 1 && one.hits.has(key)).hits.get(key);
    const tagAgrees = !context.tag || tagOf(element) === context.tag || tagOf(key) === context.tag;
    if (!tagAgrees) return false;
    // What several elements were called on the recorded page finds none of them for certain.
    if (context.bundle.twins && [...mine].every((kind) => SHARED_BY_TWINS.has(kind))) return false;
    if (mine.size >= 2 && rivals.every((theirs) => theirs.size < mine.size)) return true;
    if (found.every((one) => one.hits.has(key))) return true;
    const strong = (kinds) => [...kinds].some((kind) => !MEANS_NOTHING_ALONE.has(kind));
    if (rivals.some((theirs) => strong(theirs) || !strong(mine))) return false;
    const others = found.filter((one) => !MEANS_NOTHING_ALONE.has(one.evidence) && !one.hits.has(key));
    if (others.some((one) => one.hits.size)) return false;
    const misses = new Set(others.map((one) => context.words(one.evidence)));
    return misses.size <= MOST_MISSES && (strong(mine) || namesAgree(found, element));
  };

  const why = (found) => {
    const telling = found.filter((one) => !MEANS_NOTHING_ALONE.has(one.evidence));
    if ((telling.length ? telling : found).some((one) => one.hits.size)) return "ambiguous";
    return found.some((one) => one.hidden) ? "not_visible" : "not_found";
  };

  // decide(queries, {event, bundle, tag}) -> {element, strategy, primary, agreeing, disagreeing} or {reason}.
  const decide = (queries, { event, bundle, tag }) => {
    const root = rootOf(bundle.shadowHosts);
    if (!root && !queries.some((query) => query.whole)) return { reason: "not_found", tried: queries.map((one) => one.name) };
    const usable = queries.filter((query) => root || query.whole);
    const found = usable.map((query) => run(query, event, root));
    const sameWords = label(bundle.aria) === label(bundle.visibleText);
    const words = (kind) => (kind === "text" && sameWords ? "aria" : kind);
    const votes = votesOf(found, words);
    const order = [...votes.keys()].sort((a, b) => votes.get(b).size - votes.get(a).size);
    const key = order.find((one) => accept(one, found, votes, { bundle, tag: fold(tag), words }));
    if (!key) return { reason: why(found), tried: found.map((one) => one.name) };
    const agreeing = found.filter((one) => one.hits.size === 1 && one.hits.has(key));
    const disagreeing = found.filter((one) => one.hits.size && !one.hits.has(key));
    return {
      element: agreeing[0].hits.get(key), strategy: agreeing[0].name, primary: Boolean(agreeing[0].primary),
      agreeing: votes.get(key).size, disagreeing: [...new Set(disagreeing.map((one) => one.name))],
    };
  };

  return { decide };
}
