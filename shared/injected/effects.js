// What an action brings about in the page: looked at where a stand-in was acted on, which may be the wrong element.
(retold) => {
  const { everything, treeOf, isField, typeOf, focusedNow, isOurs } = retold;
  const ALL = { subtree: true, childList: true, attributes: true, characterData: true };
  const PRESSES = ["pointerdown", "mousedown"];
  const TOLD = { copy: "other", cut: "other", play: "other", pause: "other", fullscreenchange: "other", toggle: "other", submit: "other" };
  const KINDS = { ...TOLD, focusin: "focus", input: "value", change: "value", scroll: "scroll", click: "other" };
  let stop = () => {};
  let heard = null; // {kinds, since: when it was pressed, restless: what changed before, wake}

  const note = (kind) => {
    heard.kinds.add(kind);
    heard.wake();
  };

  const isText = (node) => node.nodeType === Node.TEXT_NODE;
  const isSmall = ({ type, addedNodes, removedNodes }) => type !== "childList" || [...addedNodes, ...removedNodes].every(isText);

  // A text or an attribute that was changing before the press goes on changing after it: a clock, an animation.
  const onMutations = (records) => {
    for (const record of records) {
      const { target, type, attributeName } = record;
      if (type === "attributes" && attributeName === "style" && isOurs(target)) continue;
      if (heard.since !== null && !(isSmall(record) && heard.restless.has(target))) note("dom");
      if (heard.since === null && isSmall(record)) heard.restless.add(target);
    }
  };

  // A press takes the cursor out of a field, which then tells of what was typed before: no effect of the press's own.
  const onEvent = (event) => {
    const [target] = event.composedPath();
    if (event.type === "focusin" && !(target instanceof Element && isField(target))) return;
    if (event.type === "change" && target === heard.left) return;
    if (event.type === "click" && !(target instanceof Element && typeOf(target) === "file")) return; // a chooser opens
    if (heard.since !== null) note(KINDS[event.type]);
  };

  const onPress = (event) => {
    if (heard.since !== null || !event.isTrusted) return;
    onMutations(heard.observer.takeRecords());
    Object.assign(heard, { since: performance.now(), left: focusedNow(), kinds: new Set() });
  };

  const observing = (restless) => {
    const observer = new MutationObserver(onMutations);
    observer.observe(document, ALL);
    for (const element of everything(document)) if (treeOf(element)) observer.observe(treeOf(element), ALL);
    const requests = new PerformanceObserver((list) => {
      if (heard.since !== null && list.getEntries().some((entry) => entry.startTime >= heard.since)) note("request");
    });
    requests.observe({ type: "resource" });
    heard = { kinds: new Set(), since: null, restless, observer, requests, left: null, wake: () => {} };
  };

  // From now on it is looked at what happens, from the next press on. `pressedElsewhere`: the press is in another frame,
  // whatever happens counts.
  const attend = (pressedElsewhere) => {
    stop();
    observing(new WeakSet());
    if (pressedElsewhere) heard.since = performance.now();
    for (const kind of PRESSES) addEventListener(kind, onPress, true);
    for (const kind of Object.keys(KINDS)) addEventListener(kind, onEvent, true);
    stop = () => {
      heard.observer.disconnect();
      heard.requests.disconnect();
      for (const kind of PRESSES) removeEventListener(kind, onPress, true);
      for (const kind of Object.keys(KINDS)) removeEventListener(kind, onEvent, true);
      [stop, heard] = [() => {}, null];
    };
  };

  // effects({limit: ms, wanted: kinds, or none for any}) -> those that were seen, as soon as there is one; null: nobody
  // was asked to look, for instance because the document is another one.
  const effects = async ({ limit, wanted }) => {
    if (!heard) return null;
    const suits = () => [...heard.kinds].some((kind) => !wanted.length || wanted.includes(kind));
    const until = performance.now() + limit;
    while (heard && !suits() && performance.now() < until) {
      await new Promise((resolve) => {
        heard.wake = resolve;
        setTimeout(resolve, until - performance.now());
      });
    }
    return heard ? [...heard.kinds] : null;
  };

  const unattend = () => stop();

  return { attend, effects, unattend };
}
