// The element is found: makes it ready for what the step does, in the same call, and says what is left to do.
(retold) => {
  const { aim, isEcho, obstacle, POINTED, kindOf, isTicked, optionsFor, chooseOption, radioFor, setValue, enter, OURS, tagOf } = retold;
  const { page, focusedNow, parentOf, pressedOf, isPressable, hitAt } = retold;
  // What is done to the element here and now; its time is not that of finding it.
  const acting = (request, deed) => {
    const began = performance.now();
    const done = deed();
    request.acted = (request.acted || 0) + performance.now() - began;
    return done;
  };

  const PRESSES = new Set(["click", "double_click", "right_click"]);
  const SHOWN = 800; // ms
  const BESIDE = [0.99, 0.5, 0.01].flatMap((down) => [0.99, 0.75, 0.5, 0.25, 0.01].map((across) => [across, down]));

  // A frame around the element, for people who look on. An animation: the page's own styles stay as they are.
  const highlight = (element) => {
    if (!element.animate) return;
    const drawn = { outline: "3px solid #f60", outlineOffset: "1px" };
    element.animate([drawn, drawn], { duration: SHOWN }).id = OURS;
  };

  // While something is dragged, pages often let nothing else be hit, and the thing itself lies over all.
  const aimed = (element, offset, event = "") => {
    const { covered, ...point } = aim(element, offset);
    return covered && event !== "drop" ? { blocked: { reason: "covered", by: covered } } : { aim: point };
  };

  const pointed = (element, { event, offset }) => {
    const { blocked, aim: point } = aimed(element, offset, event);
    if (blocked) return { blocked };
    const opensList = event === "click" && tagOf(element) === "select" && !element.multiple && element.size <= 1;
    return { prepared: { aim: point, echo: PRESSES.has(event) && !opensList && isEcho(element, offset), opensList } };
  };

  // A list: the option for the value, chosen where that may be done. Lists are often filled late: `again` asks to wait.
  const listed = (element, request) => {
    const { value, act } = request;
    const option = optionsFor(element, value ?? "");
    const enabled = option.index !== undefined && !option.disabled;
    const done = Boolean(act && enabled) && acting(request, () => chooseOption(element, option.index, option.indexes)) === true;
    return { prepared: { kind: "select", option, chosen: done }, again: Boolean(option.offered) };
  };

  // A box to tick; no place to press it where it is as it should be. `named`: the value names one of the radio buttons,
  // which is the located element from here on and is to be ticked.
  const ticked = async (element, kind, { event, value, ticked: wanted, offset }) => {
    const named = kind === "radio" && value ? radioFor(element, value) : null;
    const one = named || element;
    const checked = isTicked(one);
    const prepared = { kind, checked, named: Boolean(named), aim: null };
    if (checked === (named ? true : wanted)) return { element: one, prepared };
    const barred = one === element && POINTED.has(event) ? null : await obstacle(one, "check");
    if (barred) return { blocked: barred };
    const { blocked, aim: point } = aimed(one, one === element ? offset : null);
    return blocked ? { blocked } : { element: one, prepared: { ...prepared, aim: point } };
  };

  // A field is entered without the mouse, which nobody minds, unless the page does something when a field is entered: a
  // calendar that opens then is closed by the next press elsewhere, and by nothing else. So the next field is pressed.
  let entered = null; // the page's version when a field was last entered
  const reacts = (element) => entered !== null && page.version !== entered && focusedNow() !== element;

  const typed = (element, kind, request) => {
    const { value, mode, act, pressed } = request;
    if (kind === "file") return { prepared: { kind, focused: false } };
    const point = act && !pressed && reacts(element) ? aimed(element, null).aim : null;
    if (point) return { prepared: { kind, focused: false, press: point } };
    if (act) entered = page.version;
    if (kind === "value") {
      const done = act ? acting(request, () => setValue(element, value ?? "")) : null;
      return { prepared: { kind, focused: false, set: done } };
    }
    return { prepared: { kind, focused: Boolean(act) && acting(request, () => enter(element, mode)) } };
  };

  const FILLED = new Set(["type", "select", "check", "uncheck"]);

  // prepare(element, request) -> {blocked: {reason, by?}}: not now; or {prepared, element?: another one in its place,
  // again?: better ask once more while there is time}.
  const prepare = async (element, request) => {
    const blocked = await obstacle(element, request.event);
    if (blocked) return { blocked };
    if (!element.isConnected) return { blocked: { reason: "not_found" } };
    if (request.highlight) highlight(element);
    if (!FILLED.has(request.event)) return POINTED.has(request.event) ? pointed(element, request) : { prepared: {} };
    const kind = kindOf(element);
    if (kind === "select") return listed(element, request);
    if (kind === "toggle" || kind === "radio") return ticked(element, kind, request);
    if (POINTED.has(request.event)) return { prepared: { kind, focused: false } }; // no checkbox: nothing to tick
    return typed(element, kind, request);
  };

  // A point beside the element, in what contains it, where a press does nothing but close what covers the element: as
  // people do with a calendar or a list that is in their way. None where no field was entered, which may have opened it.
  const aside = (element) => {
    if (entered === null) return null;
    for (let around = parentOf(element); around; around = parentOf(around)) {
      const box = around.getBoundingClientRect();
      if (pressedOf(around) !== around) continue;
      for (const [across, down] of BESIDE) {
        const [x, y] = [box.left + box.width * across, box.top + box.height * down];
        if (x >= 0 && y >= 0 && x < innerWidth && y < innerHeight && hitAt(x, y) === around && !isPressable(around)) return { x, y };
      }
    }
    return null;
  };

  return { prepare, aside };
}
