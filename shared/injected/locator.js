// One call per step: waits until the element of a step is there and ready for it, heals when that is allowed.
(retold) => {
  const { page, watch, change, ofStep, ofBundle, decide, prepare, aside, bundleOf, recordsOf, selectorOf, collect, rank, choose } = retold;
  const { saidIn, tagOf, typeOf, nameFor, forget, oneByOne, lookElsewhere } = retold;
  const RIVALS = 3;
  const COMMITS_NOTHING = new Set(["hover", "focus", "blur", "scroll", "mouse_move", "drag"]);
  const IN_THE_WAY = 600; // ms: what covers an element for so long does not go by itself

  // The bundle, completed by what the recorded alternatives and the step's metadata say.
  const targetOf = ({ bundle, selector, known, alternatives }) => {
    const said = (kind) => saidIn((alternatives || []).find((parts) => parts[0].startsWith(`${kind}/`)) || [""]);
    const path = !bundle.xpath && selector && /^[\w#.:\-()>\s[\]="']+$/.test(selector) && selector.includes(">");
    const steps = path ? selector.split(">").map((step) => (step.trim().match(/^[a-z][\w-]*/i) || ["*"])[0]) : [];
    const spelled = { aria: said("aria"), visibleText: said("text"), xpath: path ? "/" + steps.join("/") : "" };
    return { ...spelled, ...known, ...bundle };
  };

  const heal = (request) => {
    const target = targetOf(request);
    const elements = collect(request.event, request.tag);
    const { records: candidates, place } = recordsOf(elements);
    const size = { width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight };
    const ranked = rank(target, candidates, size, place);
    const chosen = choose(ranked, candidates, request.threshold);
    const others = ranked.filter((one) => one !== chosen).slice(0, RIVALS);
    const told = ({ index, confidence }) => ({ element: nameFor(elements[index]), selector: selectorOf(elements[index]), confidence });
    const best = ranked.length ? ranked[0].confidence : 0;
    const element = chosen ? elements[chosen.index] : null;
    return { element, confidence: chosen ? chosen.confidence : best, rivals: others.map(told), candidates: candidates.length };
  };

  const fromCache = (request, queries, recorded) => {
    if (!queries) return null;
    const found = decide(queries, { ...request, bundle: request.cached.bundle, tag: request.cached.bundle.tag });
    // What was recorded beats an earlier guess where both are certain and do not agree.
    if (!found.element || (recorded.element && recorded.element !== found.element)) return null;
    return { ...found, foundBy: "cached", strategy: "cached" };
  };

  const look = (request, { recorded, cached }) => {
    oneByOne();
    const found = decide(recorded, request);
    const guess = fromCache(request, cached, found);
    const missed = Boolean(cached && !guess);
    return guess ? { ...guess, missed } : { ...found, missed, foundBy: found.primary ? "recorded" : "bundle" };
  };

  const healed = (request, outcome) => {
    const found = heal(request);
    const heals = { success: Boolean(found.element), confidence: found.confidence, rivals: found.rivals, candidates: found.candidates };
    if (!found.element) return { ...outcome, heal: heals };
    return { element: found.element, strategy: "fuzzy_match", foundBy: "healed", agreeing: 0, disagreeing: [], missed: outcome.missed, heal: heals };
  };

  const queriesOf = (request) => {
    const { cached } = request;
    const guesses = cached && (cached.selector ? ofStep({ selector: cached.selector, bundle: cached.bundle }) : ofBundle(cached.bundle));
    return { recorded: ofStep(request), cached: guesses || null };
  };

  const report = (outcome, request, queries) => {
    const { element, heal: heals, ...rest } = outcome;
    const told = { ...rest, found: Boolean(element), tried: [...new Set(queries.recorded.map((one) => one.name))] };
    if (heals && (!element || rest.foundBy === "healed")) told.heal = heals;
    if (!element) return told;
    Object.assign(told, { tag: tagOf(element), type: typeOf(element), editable: element.isContentEditable });
    const { aim } = rest.prepared;
    const whole = request.learn || rest.foundBy === "healed";
    if (whole) told.bundle = bundleOf(element);
    // What may commit something is told of before, with a selector.
    const telling = !COMMITS_NOTHING.has(request.event) && (aim ? aim.commits : !request.act);
    if (whole || telling) told.selector = selectorOf(element);
    return told;
  };

  // Whether stand-ins are looked for now: nothing more comes by itself, and the page is not the one they were last
  // looked for on (`ranked`: its version then).
  const healDue = (request, outcome, passed, ranked) => {
    if (!request.heal || outcome.element || outcome.reason === "not_visible" || document.readyState !== "complete") return false;
    if (ranked === page.version) return false;
    const settled = performance.now() - page.changed >= request.quiet;
    return passed >= request.timeout || (settled && passed >= request.grace);
  };

  // locate(request) -> report; the element itself is `retold.element`. Times in ms. `reason` says why there is none:
  // not_found, ambiguous, not_visible, disabled, covered, closed_root (then `retold.host` is what keeps it).
  const locate = async (request) => {
    const started = performance.now();
    watch();
    lookElsewhere();
    const queries = queriesOf(request);
    let outcome = {};
    let ranked = -1;
    let heals = 0;
    let covered = null; // since when
    for (;;) {
      const passed = performance.now() - started;
      const late = passed >= request.timeout;
      outcome = { ...look(request, queries), ...(outcome.heal ? { heal: outcome.heal } : {}) };
      if (outcome.reason === "closed_root") break;
      if (healDue(request, outcome, passed, ranked) && heals < (request.healAttempts ?? 3)) {
        heals += 1;
        ranked = page.version;
        outcome = healed(request, outcome);
      }
      if (outcome.element) {
        const found = outcome.element;
        const { blocked, again, ...ready } = await prepare(found, request);
        outcome = blocked ? { ...outcome, ...blocked, element: null } : { ...outcome, ...ready };
        if (!blocked && (late || !again)) break;
        ranked = -1;
        covered = blocked && blocked.reason === "covered" ? covered ?? passed : null;
        if (request.aside && covered !== null && passed - covered > IN_THE_WAY) {
          outcome.aside = aside(found);
          if (outcome.aside) break;
        }
      }
      if (late) break;
      await change(request.timeout - passed);
    }
    retold.element = outcome.element || null;
    const told = report(outcome, request, queries);
    oneByOne();
    forget();
    return { ...told, ms: performance.now() - started };
  };

  return { locate };
}
