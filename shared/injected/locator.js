// One call per step: waits until the element of a step is there and can be acted on, heals when that is allowed.
(retold) => {
  const { ofStep, ofBundle, decide, obstacle, bundleOf, recordOf, selectorOf, collect, rank, choose, fieldOf, pressedOf } = retold;
  const { saidIn, tagOf, typeOf, nameFor, forget, FIELD_EVENTS } = retold;
  const LOOK_AGAIN = 80; // ms, where no mutation wakes us
  const RIVALS = 3;

  // Waits for the page to change, or a little while; knows when the page last changed.
  const watch = () => {
    let wake = () => {};
    const seen = { last: performance.now() };
    const observer = new MutationObserver(() => {
      seen.last = performance.now();
      wake();
    });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    const change = (limit) => new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, Math.min(LOOK_AGAIN, limit)));
      wake = () => (clearTimeout(timer), setTimeout(resolve, 4)); // let a burst of changes end
    });
    return { seen, change, stop: () => observer.disconnect() };
  };

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
    const candidates = elements.map(recordOf);
    const page = { width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight };
    const ranked = rank(target, candidates, page);
    const chosen = choose(ranked, candidates, request.threshold);
    const others = ranked.filter((one) => one !== chosen).slice(0, RIVALS);
    const told = ({ index, confidence }) => ({ element: nameFor(elements[index]), selector: selectorOf(elements[index]), confidence });
    const best = ranked.length ? ranked[0].confidence : 0;
    const element = chosen ? elements[chosen.index] : null;
    return { element, confidence: chosen ? chosen.confidence : best, rivals: others.map(told), candidates: candidates.length };
  };

  const fromCache = (request, recorded) => {
    if (!request.cached) return null;
    const { bundle, selector } = request.cached;
    const queries = selector ? ofStep({ selector, bundle }) : ofBundle(bundle);
    const found = decide(queries, { event: request.event, bundle, tag: bundle.tag });
    // What was recorded beats an earlier guess where both are certain and do not agree.
    if (!found.element || (recorded.element && recorded.element !== found.element)) return null;
    return { ...found, foundBy: "cached", strategy: "cached" };
  };

  const once = (request, queries) => {
    forget();
    const recorded = decide(queries, request);
    const cached = fromCache(request, recorded);
    const missed = Boolean(request.cached && !cached);
    if (cached) return { ...cached, missed };
    return { ...recorded, missed, foundBy: recorded.primary ? "recorded" : "bundle" };
  };

  const healed = (request, outcome) => {
    const found = heal(request);
    const heals = { success: Boolean(found.element), confidence: found.confidence, rivals: found.rivals, candidates: found.candidates };
    if (!found.element) return { ...outcome, heal: heals };
    return { element: found.element, strategy: "fuzzy_match", foundBy: "healed", agreeing: 0, disagreeing: [], missed: outcome.missed, heal: heals };
  };

  const report = (outcome, started, queries) => {
    const { element, heal, ...rest } = outcome;
    const told = { ...rest, found: Boolean(element), ms: performance.now() - started, tried: [...new Set(queries.map((one) => one.name))] };
    if (heal && (!element || rest.foundBy === "healed")) told.heal = heal;
    if (element) {
      Object.assign(told, { bundle: bundleOf(element), selector: selectorOf(element), tag: tagOf(element), type: typeOf(element) });
      told.editable = element.isContentEditable;
    }
    return told;
  };

  // locate(request) -> {element, report}. Times in ms. `reason` says why there is no element:
  // not_found, ambiguous, not_visible, disabled, covered.
  const locate = async (request) => {
    const started = performance.now();
    const queries = ofStep(request);
    const page = watch();
    let outcome = {};
    let ranked = -1; // when the page had last changed when it was last ranked
    try {
      for (;;) {
        const passed = performance.now() - started;
        outcome = { ...once(request, queries), ...(outcome.heal ? { heal: outcome.heal } : {}) };
        const settled = document.readyState === "complete" && performance.now() - page.seen.last >= request.quiet;
        const late = passed >= request.timeout;
        const due = request.heal && document.readyState === "complete" && ranked !== page.seen.last && (late || (settled && passed >= request.grace));
        if (!outcome.element && due && outcome.reason !== "not_visible") {
          ranked = page.seen.last;
          outcome = healed(request, outcome);
        }
        if (outcome.element) {
          const blocked = await obstacle(outcome.element, request.event, request.offset);
          if (!blocked) break;
          outcome = { ...outcome, ...blocked, element: null };
          ranked = -1;
        }
        if (late) break;
        await page.change(request.timeout - passed);
      }
    } finally {
      page.stop();
    }
    const element = outcome.element || null;
    return { element, report: report(outcome, started, queries) };
  };

  return { locate, pressedOf, fieldOf, FIELD_EVENTS };
}
