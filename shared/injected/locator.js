// One call per step: waits until the element of a step is there and ready for it, heals when that is allowed.
(retold) => {
  const { aim, isTextEntry, page, watch, change, ofStep, ofBundle, decide, prepare, aside, bundleOf, selectorOf, suiting } = retold;
  const { standIn, targetOf, toldOfHeal, tagOf, typeOf, forget, oneByOne, lookElsewhere } = retold;
  const COMMITS_NOTHING = new Set(["hover", "focus", "blur", "scroll", "mouse_move", "drag"]);
  const IN_THE_WAY = 600; // ms: what covers an element for so long does not go by itself

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

  // The rungs after those: a stand-in, or the outcome as it was with what came of looking for one.
  const healed = (request, outcome) => {
    const heal = standIn(request);
    // A press is aimed later in any case; into a field that is cut off or lies beyond the page nobody could write.
    if (heal.element && isTextEntry(heal.element) && aim(heal.element, null).covered) heal.element = null;
    const { ms, searches } = outcome.heal || { ms: 0, searches: 0 };
    Object.assign(heal, { ms: heal.ms + ms, searches: searches + 1 });
    return heal.element ? { ...standingIn(heal.element, heal.method, outcome.missed), heal } : { ...outcome, heal };
  };

  const standingIn = (element, strategy, missed) => ({ element, strategy, foundBy: "healed", agreeing: 0, disagreeing: [], missed });

  // Whether an element is still one that can stand in for what was recorded.
  const fitFor = (request) => {
    const suits = suiting(request.event, targetOf(request));
    return (element) => Boolean(element && element.isConnected && suits(element));
  };

  const queriesOf = (request) => {
    const { cached } = request;
    const guesses = cached && (cached.selector ? ofStep({ selector: cached.selector, bundle: cached.bundle }) : ofBundle(cached.bundle));
    return { recorded: ofStep(request), cached: guesses || null };
  };

  const report = (outcome, request, queries) => {
    const { element, heal, ...rest } = outcome;
    const told = { ...rest, found: Boolean(element), tried: [...new Set(queries.recorded.map((one) => one.name))] };
    if (heal && (!element || rest.foundBy === "healed")) told.heal = toldOfHeal(heal, Boolean(element), request.shortlist);
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

  // Looks until the element is there and ready; `looked(outcome before, ms passed)` -> the outcome now.
  const settle = async (request, queries, looked) => {
    const started = performance.now();
    let outcome = {};
    let covered = null; // since when
    for (;;) {
      const passed = performance.now() - started;
      const late = passed >= request.timeout;
      outcome = looked(outcome, passed);
      if (outcome.reason === "closed_root") break;
      if (outcome.element) {
        const found = outcome.element;
        const { blocked, again, ...ready } = await prepare(found, request);
        outcome = blocked ? { ...outcome, ...blocked, element: null } : { ...outcome, ...ready };
        if (!blocked && (late || !again)) break;
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
    retold.stoodIn = outcome.foundBy === "healed" ? retold.element : null;
    const told = report(outcome, request, queries);
    oneByOne();
    forget();
    return { ...told, ms: performance.now() - started - (request.acted || 0) };
  };

  // locate(request) -> report; `standing`: how the stand-in was chosen that the step before has used, which stands as long
  // as it can. The element itself is `retold.element`. Times in ms; that of finding is without what is done to the element. `reason` says why there is none:
  // not_found, ambiguous, not_visible, disabled, covered, closed_root (then `retold.host` is what keeps it).
  const locate = (request) => {
    watch();
    lookElsewhere();
    retold.shortlist = [];
    const queries = queriesOf(request);
    const isFit = request.standing ? fitFor(request) : () => false;
    let ranked = -1;
    let heals = 0;
    let standing = null; // what came of the last search for a stand-in, where there is one
    return settle(request, queries, (before, passed) => {
      const outcome = { ...look(request, queries), ...(before.heal ? { heal: before.heal } : {}) };
      if (outcome.element) return outcome;
      if (isFit(retold.stoodIn)) return standingIn(retold.stoodIn, request.standing, outcome.missed);
      if (heals < (request.healAttempts ?? 3) && healDue(request, outcome, passed, ranked)) {
        heals += 1;
        ranked = page.version;
        standing = healed(request, outcome);
      }
      return standing && standing.element && standing.element.isConnected ? standing : { ...outcome, ...(standing && { heal: standing.heal }) };
    });
  };

  // take(request, index) -> report: one of the last report's shortlist as the element, somebody having chosen it. It is
  // checked and made ready as any other.
  const take = (request, index) => {
    watch();
    lookElsewhere();
    const element = retold.shortlist[index];
    const isFit = fitFor(request);
    return settle(request, { recorded: [] }, () => {
      if (isFit(element)) return standingIn(element, request.standing, false);
      return { reason: element && element.isConnected ? "not_visible" : "not_found" };
    });
  };

  return { locate, take };
}
