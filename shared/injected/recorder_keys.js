// Keys that mean something by themselves; what they enter into fields, or press, is told by the fields and the clicks.
({ describe, describePage, fieldAt, valueOf, tagOf, typeOf, BUTTONS }) => {
  const MODIFIERS = new Set(["Control", "Shift", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock", "ScrollLock", "Fn", "Process", "Dead", "Unidentified"]);
  const ARROWS = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]);
  const SCROLLS = new Set([...ARROWS, "PageUp", "PageDown", "Home", "End", " "]);
  const LISTS = new Set(["ArrowUp", "ArrowDown"]); // move in what a field suggests
  const EDITS = new Set("acvxzyACVXZY".split("").concat([...ARROWS, "Backspace", "Delete", "Home", "End"]));
  const BROWSERS = new Set("acflnprtwdjhou+-0vxzy".split("").concat([...ARROWS, "Tab", "PageUp", "PageDown", "Home", "End", "F4"]));
  const BROWSERS_ALONE = new Set(["Tab", "F1", "F3", "F5", "F6", "F7", "F11", "F12", "ContextMenu"]);
  const SLID = new Set(["range", "number"]);
  const LINES = new Set(["text", "search", "email", "tel", "url", "password"]);
  const [ALWAYS, IF_TAKEN, NEVER] = ["always", "if the page takes it", "never"];

  const chordOf = (event) => ["Control", "Alt", "Meta"].filter((name) => event.getModifierState(name));

  const inField = (field, key) => {
    const tag = tagOf(field);
    if (key.length === 1 && !["checkbox", "radio"].includes(field.type)) return NEVER;
    if (tag === "select") return IF_TAKEN;
    if (["checkbox", "radio"].includes(field.type)) return key === "Enter" || key === "Escape" ? ALWAYS : IF_TAKEN;
    if (key === "Escape") return ALWAYS;
    if (tag === "textarea" || field.isContentEditable) return key === "Enter" || key === "Tab" || LISTS.has(key) ? IF_TAKEN : NEVER;
    if (SLID.has(field.type) && SCROLLS.has(key)) return IF_TAKEN; // what the browser makes of it, the value tells
    if (key === "Enter" || (LISTS.has(key) && LINES.has(field.type))) return ALWAYS;
    return key.startsWith("F") && key.length > 1 && key.length < 4 ? ALWAYS : NEVER;
  };

  const isPressedByKeys = (element) =>
    ["button", "summary"].includes(tagOf(element)) || (tagOf(element) === "a" && element.hasAttribute("href")) || BUTTONS.has(typeOf(element));

  const isScrolled = () => document.scrollingElement && document.scrollingElement.scrollHeight > innerHeight;

  // Whether a key press is a step: always, only if the page has taken it for itself, never.
  const meaning = (event, element) => {
    const { key } = event;
    if (MODIFIERS.has(key) || event.isComposing) return NEVER;
    const field = fieldAt(element);
    if (chordOf(event).length && !event.getModifierState("AltGraph")) {
      if (field && EDITS.has(key)) return NEVER;
      return BROWSERS.has(key.toLowerCase()) || BROWSERS.has(key) ? IF_TAKEN : ALWAYS;
    }
    if (BROWSERS_ALONE.has(key)) return IF_TAKEN;
    if (field) return inField(field, key);
    if (isPressedByKeys(element)) return key === "Enter" || key === " " ? IF_TAKEN : ALWAYS;
    const isPage = element === document.body || element === document.documentElement;
    return isPage && SCROLLS.has(key) && isScrolled() ? IF_TAKEN : ALWAYS;
  };

  const keying = ({ out, at }) => {
    let pending = null; // a key that is a step if the page takes it
    let sending = null; // the element that Enter was pressed in, until it is let go
    let scrolls = -Infinity; // when a key was last pressed that scrolls and is no step

    const say = (event, element, what) => {
      const key = event.key === " " ? "Space" : event.key;
      const shifted = event.shiftKey && (event.key.length > 1 || chordOf(event).length) ? ["Shift"] : [];
      out.say("key_press", event, what, { element, metadata: { key: [...chordOf(event), ...shifted, key].join("+") } });
    };

    // Editors that the browser gives text to without a field: what is typed there, until something else is done.
    const writes = (event, element) => Boolean(element.editContext) && !event.isComposing && !chordOf(event).length && (event.key.length === 1 || event.key === "Enter");
    const write = (event, element) => {
      const text = event.key === "Enter" ? "\n" : event.key;
      const growing = out.lastOn(element, "type");
      if (growing) out.amend(growing, { value: growing.step.value + text }, { soon: true });
      else out.say("type", event, describe(element), { element, value: text, metadata: { mode: "keys" } });
    };

    // An editor that begins a new line by itself has taken the key only to write.
    const linesIn = (element) => (element.isContentEditable && element.isConnected ? valueOf(fieldAt(element)).split("\n").length : 0);

    // Not while the page is still being told of the key: what it makes of it is not known before.
    const settle = () => {
      if (!pending || pending.event.eventPhase !== Event.NONE) return;
      const { event, element, what, timer, lines } = pending;
      clearTimeout(timer);
      pending = null;
      const wrote = event.key === "Enter" && linesIn(element) > lines;
      if (event.defaultPrevented && !wrote) say(event, element, what);
    };

    const onDown = (event) => {
      settle();
      const element = at(event);
      if (!element) return;
      if (writes(event, element)) return write(event, element);
      const means = meaning(event, element);
      if (means === NEVER) return;
      out.flush();
      const isPage = element === document.body || element === document.documentElement;
      const what = isPage ? describePage() : describe(element);
      if (event.key === "Enter" && fieldAt(element)) sending = element;
      if (means === ALWAYS) return say(event, element, what);
      if (SCROLLS.has(event.key)) scrolls = performance.now();
      pending = { event, element, what, lines: linesIn(element), timer: setTimeout(settle) };
    };
    const onUp = (event) => {
      if (event.key === "Enter") sending = null;
    };

    // Whether a click is only what Enter in a field does to the button that sends its form.
    const sendsForm = (event, element) => event.detail === 0 && Boolean(sending) && sending !== element;
    const pressed = () => {
      if (pending) clearTimeout(pending.timer);
      pending = null;
    };

    return { listeners: { keydown: onDown, keyup: onUp }, settle, sendsForm, pressed, scrolledAt: () => scrolls };
  };

  return { keying };
}
