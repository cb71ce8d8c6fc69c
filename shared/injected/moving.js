// Whether an element stays where it is, so that a press at its place reaches it.
({ parentOf, within, stand, leave, lately }) => {
  const SHORT_ANIMATION = 1000; // ms
  const TWO_FRAMES = 32; // ms
  const A_MOMENT = 100; // ms, longer than a press takes to arrive
  const OURS = "retold"; // the id of our own animations
  // What moves nothing else and is no movement of its own to be missed.
  const STILL = /^(offset|easing|composite|computedOffset|opacity|color|background.*|border.*Color|outline.*|boxShadow|textShadow|fill|stroke.*|filter|backdropFilter|visibility|cursor|caretColor|webkitTextFillColor|textDecoration.*|zIndex|pointerEvents)$/;
  // What moves only the element that has it, and what is in that.
  const ITS_OWN = /^(transform|translate|rotate|scale|clipPath|offset.*|perspective.*|all)$/;

  // Where the element was seen, or the one before it that the page has replaced, and since when it is there.
  let stood = { place: "", since: 0 };

  const scrollIntoView = Element.prototype.scrollIntoView;

  // Does what may scroll the element into view, at once; that is no movement of the page's.
  const scrolling = (element, deed) => {
    const before = new Map([[document, stand(document)]]);
    for (let node = element; node; node = parentOf(node)) before.set(node, stand(node));
    const done = deed();
    for (const [node, stood] of before) if (stand(node) !== stood) leave(node);
    return done;
  };
  const scrollTo = (element) =>
    scrolling(element, () => scrollIntoView.call(element, { block: "center", inline: "center", behavior: "instant" }));

  // When something last happened after which the element may begin to move: it was put on the page, what it is in was
  // changed, a script set styles, or something scrolled. null: not lately.
  const stirredAt = (element) => {
    const { since, stirred, records } = lately();
    const may = ({ type, target, attributeName, addedNodes }) => {
      if (type === "characterData") return false;
      if (type === "attributes") return attributeName === "style" || within(element, target);
      return [...addedNodes].some((node) => within(element, node));
    };
    const last = records.findLast(([, record]) => may(record));
    const latest = Math.max(stirred, last ? last[0] : -Infinity);
    return latest >= since ? latest : null;
  };

  const frame = () => new Promise((resolve) => {
    requestAnimationFrame(resolve);
    setTimeout(resolve, document.visibilityState === "hidden" ? 50 : 500); // a page in the background draws no frames
  });

  const placeOf = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return `${x},${y},${width},${height}`;
  };

  const properties = (effect) => {
    try {
      return effect.getKeyframes().flatMap(Object.keys);
    } catch {
      return ["all"];
    }
  };

  // The animations under way that change where the element is: its own, those around it, and those of others that need
  // another room while they run. Asking makes the browser begin what styles have just asked for.
  const movements = (element) => {
    const around = new Set();
    for (let node = element; node; node = parentOf(node)) around.add(node);
    const all = new Set(document.getAnimations ? document.getAnimations() : []);
    for (const node of around) if (node.getRootNode() !== document && node.getAnimations) node.getAnimations().forEach((one) => all.add(one));
    return [...all].filter(({ id, playState, effect }) => {
      if (id === OURS || playState === "finished" || playState === "idle" || !effect || !effect.target) return false;
      const moving = properties(effect).filter((name) => !STILL.test(name));
      return around.has(effect.target) ? moving.length > 0 : moving.some((name) => !ITS_OWN.test(name));
    });
  };

  const isEndless = (one) => one.effect.getComputedTiming().endTime === Infinity;

  // What never comes to rest, a button that pulses for instance, is pressed where it is by people who see that it stays
  // about there: its middle moves by less than a quarter of its size.
  const staysAbout = async (element) => {
    const before = element.getBoundingClientRect();
    const until = performance.now() + A_MOMENT;
    do await frame(); while (performance.now() < until);
    const now = element.getBoundingClientRect();
    const moved = (start, size) => Math.abs(now[start] + now[size] / 2 - before[start] - before[size] / 2) > Math.min(now[size], before[size]) / 4;
    return element.isConnected && !moved("left", "width") && !moved("top", "height");
  };

  const isShort = (one) => one.playState === "running" && one.effect.getComputedTiming().endTime <= SHORT_ANIMATION;

  // A dialog that has just been put on the page may start to fly in two frames later only; where nothing has happened,
  // nothing starts. A short animation is awaited, for a busy browser may draw none of its frames meanwhile; under a
  // long one, boxes tell.
  const isStill = async (element) => {
    const running = movements(element);
    if (running.some(isShort)) return false;
    const since = stirredAt(element);
    if (!running.length && since === null) return true;
    const before = placeOf(element);
    const began = performance.now();
    if (stood.place !== before) stood = { place: before, since: began };
    if (began - stood.since >= TWO_FRAMES) return true;
    do await frame(); // one is what it takes to see a movement
    while (performance.now() < Math.min((running.length ? began : since) + TWO_FRAMES, began + TWO_FRAMES));
    if (running.length && running.every(isEndless)) return staysAbout(element);
    return element.isConnected && placeOf(element) === before && !movements(element).some(isShort);
  };

  // To be called when another element is looked for.
  const lookElsewhere = () => (stood = { place: "", since: 0 });

  return { isStill, lookElsewhere, scrolling, scrollTo, OURS };
}
