// What stands in for an element that nothing recorded finds: two rungs, the likeness of elements and the place of one.
// Each rung is a function of what is seen -> {index, confidence} or null; the first that is certain is believed.
(retold) => {
  const { rank, choose, atPlace, collect, recordsOf, recordOf, selectorOf, boxOf, nameFor, saidIn, remembering, isToggle, typeOf, MOST_CANDIDATES } = retold;
  const RIVALS = 3;
  const SHORTLIST = 8;
  const LIKELIEST = 30; // of which it is asked whether anybody can see them
  const LEAST_SEEN = 3; // px
  const LONGEST_SAID = 200;

  const RUNGS = {
    fuzzy_match: ({ ranked, records, threshold }) => choose(ranked, records, threshold),
    bounding_box: ({ target, elements, records, place }) => atPlace(target, records, (index) => boxOf(elements[index]), place),
  };

  // The bundle, completed by what the recorded alternatives and the step's metadata say.
  const targetOf = ({ bundle, selector, known, alternatives }) => {
    const said = (kind) => saidIn((alternatives || []).find((parts) => parts[0].startsWith(`${kind}/`)) || [""]);
    const path = !bundle.xpath && selector && selector.includes(">") && /^[\w#.:\-()>\s[\]="']+$/.test(selector);
    const steps = path ? selector.split(">").map((step) => (step.trim().match(/^[a-z][\w-]*/i) || ["*"])[0]) : [];
    const spelled = { aria: said("aria"), visibleText: said("text"), xpath: path ? "/" + steps.join("/") : "" };
    return { ...spelled, ...known, ...bundle };
  };

  // What nobody could see stands in for nothing: a trap for robots, or what is kept for later. Boxes to tick, and fields
  // for files, are often drawn by something else.
  const canBeSeen = (element) => {
    if (isToggle(element) || typeOf(element) === "file") return true;
    const { width, height } = element.getBoundingClientRect();
    return Math.min(width, height) >= LEAST_SEEN && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };

  // Everything on the page that could be meant, ranked; nothing is certain where there is more than can be compared.
  const survey = (request) => {
    const target = targetOf(request);
    const elements = collect(request.event, target);
    const whole = elements.length <= MOST_CANDIDATES;
    const { records, place } = recordsOf(whole ? elements : []);
    const size = { width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight };
    const ranked = rank(target, records, size, place).filter(({ index }, at) => at >= LIKELIEST || canBeSeen(elements[index]));
    return { target, elements, records, place, ranked, threshold: request.threshold };
  };

  // standIn(request) -> {element or null, method, confidence: of the one chosen else of the likeliest, seen, ms}.
  const standIn = (request) => {
    const began = performance.now();
    const seen = survey(request);
    let method = "fuzzy_match";
    let chosen = null;
    for (const rung of Object.keys(RUNGS)) {
      const found = RUNGS[rung](seen);
      if (!found || found.confidence < request.threshold || !canBeSeen(seen.elements[found.index])) continue;
      [method, chosen] = [rung, found];
      break;
    }
    const best = seen.ranked.length ? seen.ranked[0].confidence : 0;
    const element = chosen ? seen.elements[chosen.index] : null;
    const confidence = chosen ? chosen.confidence : best;
    return { element, method, confidence, chosen: chosen ? chosen.index : null, seen, ms: performance.now() - began };
  };

  const inWindow = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height };
  };

  // What is told of a stand-in and of those that were nearly one: `rivals`, and `shortlist` where that is `wanted`, which
  // costs more. The elements of both are kept, best first, the chosen one at the head: `take` uses one of them.
  const toldOfHeal = ({ method, confidence, chosen, element, seen, ms, searches }, used, wanted) => {
    const { elements, ranked, records } = seen;
    const first = ranked.filter((one) => one.index === chosen);
    const others = ranked.filter((one) => one.index !== chosen && one.score > 0 && elements[one.index].isConnected).slice(0, SHORTLIST);
    const likeliest = [...first, ...others].slice(0, SHORTLIST);
    retold.shortlist = likeliest.map(({ index }) => elements[index]);
    const brief = remembering(SHORTLIST + 1, ({ index, confidence: certain }) => ({
      element: nameFor(elements[index]), selector: selectorOf(elements[index]), confidence: index === chosen ? confidence : certain,
    }));
    const long = (one, at) => {
      const { tag, role, aria, visibleText } = records[one.index];
      const words = { name: (aria || "").slice(0, LONGEST_SAID), text: (visibleText || "").slice(0, LONGEST_SAID) };
      return { ...brief(one), index: at, tag, role, ...words, box: inWindow(elements[one.index]), record: records[one.index] };
    };
    return {
      success: used, method, confidence, candidates: elements.length, ms, searches, box: element ? inWindow(element) : null,
      rivals: others.slice(0, RIVALS).map(brief), shortlist: wanted ? likeliest.map(long) : [],
    };
  };

  return { standIn, targetOf, toldOfHeal, shortlist: [] };
}
