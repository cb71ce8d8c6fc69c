// The one ranking function: which candidate is the element that was recorded, and how certain is that?
// Pure: records in, numbers out. Two rounds: what elements are and are called is compared of all; where they stand and
// among which words, of the likeliest alone. The weights, and where they come from, are in weights.json.
({ weights, prepareRecord, furnish, forgetRecords, survey, surveyPlaces, compare, isOneOfOthers }) => {
  const WEIGHTS = { ...weights.trained, ...weights.given };
  const CERTAINTY = weights.certainty;
  const { finalists: FINALISTS, usualRival: USUAL_RIVAL, clearLead: CLEAR_LEAD } = weights.limits;
  const { enoughLead: ENOUGH_LEAD, enoughEvidence: ENOUGH_EVIDENCE, soleNamesake: SOLE_NAMESAKE } = weights.limits;
  const UNKNOWN = 0.5; // of a likeness that cannot be told
  const CONTEXT = ["id", "name", "dataAttrs", "href", "near"];
  const CONTEXT_AGREES = 0.5;

  const total = (found) => {
    let sum = 0;
    for (const key in found) sum += WEIGHTS[key];
    return sum;
  };
  const likeness = (found, evidence) => {
    let sum = 0;
    for (const key in found) sum += WEIGHTS[key] * found[key];
    return sum / (evidence || 1);
  };
  const nested = (a, b) => a === b || a.startsWith(b + "/") || b.startsWith(a + "/");

  // The places of the candidates that are likeliest by what they are and are called, and of the others.
  const shortlist = (wanted, prepared, seen) => {
    const all = prepared.map((_, index) => index);
    if (all.length <= FINALISTS) return [all, []];
    const scores = prepared.map((one) => likeness(compare(wanted, one, seen), 1));
    all.sort((a, b) => scores[b] - scores[a]);
    return [all.slice(0, FINALISTS), all.slice(FINALISTS)];
  };

  // What ranking rests on: of each finalist its index, path and likenesses {feature: 0..1}; the key of what the recorded
  // one is called by; the indices of all others.
  const lookAt = (target, candidates, page, place = () => {}) => {
    const wanted = prepareRecord(target);
    const prepared = candidates.map(prepareRecord);
    const seen = { ...survey(wanted, prepared), ...page };
    const [chosen, others] = shortlist(wanted, prepared, seen);
    chosen.forEach(place);
    const furnished = chosen.map((index) => furnish(prepared[index], candidates[index]));
    const whole = furnish(wanted, target);
    Object.assign(seen, surveyPlaces(whole, furnished));
    const finalists = furnished.map((one, at) => ({ index: chosen[at], path: one.path, found: compare(whole, one, seen) }));
    forgetRecords();
    return { finalists, others, calledBy: seen.said[0] };
  };

  // Scores of the finalists, best first, each with its lead over the best rival that is not nested with it.
  const order = (finalists) => {
    const evidence = finalists.reduce((most, { found }) => Math.max(most, total(found)), 0);
    const scored = finalists.map((one) => ({ ...one, evidence, score: likeness(one.found, evidence) }));
    scored.sort((a, b) => b.score - a.score);
    for (const one of scored) {
      const rival = scored.find((other) => other !== one && !nested(other.path, one.path));
      one.lead = one.score - Math.max(USUAL_RIVAL, rival ? rival.score : 0);
    }
    return scored;
  };

  // What certainty rests on. A lead counts by how much it is based on, and beyond enough says no more.
  const grounds = ({ found, score, lead, evidence }, calledBy) => ({
    score, lead: Math.min(lead * evidence, ENOUGH_LEAD), said: calledBy ? found[calledBy] : UNKNOWN, tag: found.tag ?? UNKNOWN,
  });
  const certainty = (known, evidence, extra) => {
    let sum = CERTAINTY.bias + extra;
    for (const key in known) sum += CERTAINTY[key] * known[key];
    return Math.round((100 / (1 + Math.exp(-sum))) * Math.min(1, evidence / ENOUGH_EVIDENCE));
  };

  // The best of those that alone on the page have the recorded name, with what is nested in it; null where others do.
  const soleNamesake = (ordered, calledBy) => {
    const called = calledBy ? ordered.filter(({ found }) => found[calledBy] === 1) : [];
    return called.length && called.every(({ path }) => nested(path, called[0].path)) ? called[0] : null;
  };

  // The name was no help on the recorded page either, and nothing else tells the candidate from its namesakes.
  const isLostAmongTwins = (target, found) => {
    if (!target.twins) return false;
    const shared = { near: target.alikeTwins, dataAttrs: (target.shared || []).includes("data_attributes") };
    const known = CONTEXT.filter((key) => found[key] !== undefined && !shared[key]);
    return known.reduce((sum, key) => sum + found[key], 0) / (known.length || 1) < CONTEXT_AGREES;
  };

  // rank(target, candidates, {width, height} of the page in px) -> [{index, confidence 0..100, score 0..1}], best first;
  // those that did not come into the second round with zeros. `place(index)` completes a record for that round with
  // xpath, bounding and neighbourText.
  const rank = (target, candidates, page, place) => {
    const { finalists, others, calledBy } = lookAt(target, candidates, page, place);
    const ordered = order(finalists);
    const sole = target.twins ? null : soleNamesake(ordered, calledBy);
    const ranked = ordered.map((one) => {
      const lost = isLostAmongTwins(target, one.found) || isOneOfOthers(target, candidates[one.index]);
      // Who stands elsewhere now is not believed for the name alone, where all was recorded of the element.
      const elsewhere = Boolean(target.bounding) && one.found.landmark === 0;
      const known = certainty(grounds(one, calledBy), one.evidence, one === sole && !elsewhere ? SOLE_NAMESAKE : 0);
      return { index: one.index, confidence: lost ? 0 : known, score: one.score };
    });
    return [...ranked, ...others.map((index) => ({ index, confidence: 0, score: 0 }))];
  };

  // The one ranked candidate that may be used, or null: certain, and no rival that is not nested with it comes near.
  const choose = (ranked, candidates, threshold) => {
    const [best] = ranked;
    if (!best || best.confidence < threshold) return null;
    const path = candidates[best.index].xpath || "";
    const rival = ranked.find((one) => one !== best && !nested(candidates[one.index].xpath || "", path));
    return !rival || best.score - rival.score >= CLEAR_LEAD ? best : null;
  };

  return { lookAt, order, grounds, rank, choose };
}
