// The mouse, a finger, a pen: clicks of every kind, drags, and what had to be hovered before.
({ describe, fieldAt, pressedOf, parentOf, within, typeOf, tagOf, isTextEntry, isPressable, roleOf, hovering }) => {
  const FAR = 10; // CSS px: a press that moves so far is a drag
  const LONG = 600; // ms: a press held so long is held on purpose
  const ECHO = 30; // ms, within which a label's click comes again from its field
  const BUTTONS = ["left", "middle", "right", "back", "forward"];
  const TICKED = new Set(["checkbox", "radio"]);
  const NATIVE = new Set(["select", "option"]);

  // What a press there works: a button, a link, a field, or the outermost of what shows the hand.
  const workedBy = (element) => {
    const pressed = pressedOf(element);
    const field = fieldAt(pressed);
    if (pressed !== element || field || isPressable(element) || tagOf(element) === "label") return field && field.isContentEditable ? field : pressed;
    let hand = element;
    const isHand = (one) => one && one !== document.body && one !== document.documentElement && getComputedStyle(one).cursor === "pointer";
    while (isHand(hand) && isHand(parentOf(hand))) hand = parentOf(hand);
    return hand;
  };

  const modifiersOf = (event) => ["Control", "Shift", "Alt", "Meta"].filter((name) => event.getModifierState(name));

  const pointOf = (event, element) => {
    const box = element.getBoundingClientRect();
    return { offsetX: Math.round(event.clientX - box.left), offsetY: Math.round(event.clientY - box.top) };
  };

  // Of a button its middle is meant; of a picture, a map or a board the very point.
  const isSurface = (element) => roleOf(element) === "generic" || ["canvas", "img", "svg", "video", "area"].includes(tagOf(element));

  const controlOf = (element) => (tagOf(element) === "label" && element.control ? element.control : element);

  const isScrollbar = (event, element) => event.clientX >= element.getBoundingClientRect().left + element.clientLeft + element.clientWidth && element.clientWidth > 0 && element.scrollHeight > element.clientHeight;

  const pressing = ({ out, at, typing, keys }) => {
    const hovers = hovering();
    let press = null; // {element, inner: what of it was hit, what, event, point, native, at}
    let clicked = null; // {entry, element, at}: the click before
    let label = null; // {control, at}: a label was clicked, its field will say so too
    let ticking = null; // a click on something that is ticked, while it is open whether that did anything
    let swallow = false; // the click that ends a drag

    const sayHovers = (element, event) => {
      for (const { host, by } of hovers.hostsFor(element)) {
        if (!out.lastOn(host, by)) out.say(by, event, describe(host), { element: host });
      }
    };

    const settleTick = () => {
      if (!ticking) return;
      const { event, element, what, control } = ticking;
      ticking = null;
      if (!out.lastOn(control, "check", "uncheck")) sayClick("click", event, element, what);
    };

    const onDown = (event) => {
      settleTick();
      out.flush();
      swallow = false;
      const inner = at(event);
      if (!inner || !event.isPrimary) return;
      const element = workedBy(inner);
      if (event.pointerType !== "touch") sayHovers(element, event);
      press = { element, inner, what: describe(element), event, point: pointOf(event, element), native: false, at: event.timeStamp };
      hovers.forgetOver(event);
      const field = fieldAt(element);
      if (field === element) typing.remember(field, press.what);
    };

    const sayClick = (name, event, element, what, metadata = {}) => {
      const modifiers = modifiersOf(event);
      const byPointer = event.detail > 0 || name === "right_click";
      const more = { ...metadata, ...(modifiers.length && { modifiers }), ...(byPointer && isSurface(element) && press && press.point) };
      return out.say(name, event, what, { element: controlOf(element), metadata: more, ...(byPointer && { x: event.clientX, y: event.clientY }) });
    };

    const held = (event) => (press && event.timeStamp - press.at > LONG ? { duration: Math.round(event.timeStamp - press.at) } : {});

    const isEcho = (event, element) => label && label.control === element && event.timeStamp - label.at < ECHO;

    // {element, what} of a click: as it was when it was pressed, since the page may have drawn it anew meanwhile.
    const subjectOf = (event) => {
      const element = workedBy(at(event));
      if (press && event.detail > 0) return { element: press.element, what: press.what };
      return { element, what: null };
    };

    const onClick = (event) => {
      if (!at(event)) return;
      if (swallow) return void (swallow = false);
      const { element, what } = subjectOf(event);
      const control = controlOf(element);
      if (isEcho(event, workedBy(at(event))) || keys.sendsForm(event, element)) return;
      if (control !== element) label = { control, at: event.timeStamp };
      if (typeOf(control) === "file" || NATIVE.has(tagOf(control))) return;
      keys.pressed();
      if (TICKED.has(typeOf(control))) {
        ticking = { event, element, what: what || describe(element), control };
        setTimeout(settleTick);
        return;
      }
      if (isTextEntry(control) && out.lastOn(control, "type", "click")) return;
      if (clicked && clicked.element === element && event.detail > 1 && event.detail % 2 === 0) return; // a double click follows
      const entry = sayClick("click", event, element, what || describe(element), held(event));
      clicked = { entry, element };
    };

    const onDoubleClick = () => {
      const last = out.lastTold();
      if (clicked && clicked.entry === last && press && press.element === clicked.element) out.amend(last, { event: "double_click" });
    };

    const onAuxClick = (event) => {
      if (event.button !== 1 || !press) return; // the right one opens a menu, the side ones travel
      sayClick("click", event, press.element, press.what, { button: BUTTONS[event.button] });
    };

    const onContextMenu = (event) => {
      const inner = at(event);
      if (!inner) return;
      const byMouse = press && press.event.button === 2;
      const element = byMouse ? press.element : workedBy(inner);
      sayClick("right_click", event, element, byMouse ? press.what : describe(element));
    };

    const isSelecting = () => {
      const selection = getSelection();
      return Boolean(selection && !selection.isCollapsed && String(selection).trim());
    };

    const onUp = (event) => {
      if (!press || press.native || event.button !== 0 || press.event.button !== 0) return;
      const far = Math.hypot(event.clientX - press.event.clientX, event.clientY - press.event.clientY) >= FAR;
      if (!far || fieldAt(press.element) || isSelecting() || isScrollbar(press.event, press.inner)) return;
      if (event.pointerType === "touch") return; // scrolls
      const under = document.elementsFromPoint(event.clientX, event.clientY).find((one) => !within(one, press.element)) || press.element;
      swallow = true;
      const onto = under === document.documentElement || (under === document.body && within(press.element, under)) ? press.element : under;
      out.say("drag", press.event, press.what, { element: press.element, metadata: press.point });
      out.say("drop", event, describe(onto), { element: onto, metadata: pointOf(event, onto) });
    };

    let dragged = null; // the entry of a native drag
    const onDragStart = (event) => {
      const [element] = event.composedPath();
      if (!press || !(element instanceof Element)) return;
      press.native = true;
      const what = element === press.element ? press.what : describe(element);
      dragged = out.say("drag", press.event, what, { element, metadata: pointOf(press.event, element) });
    };
    const onDrop = (event) => {
      const inner = at(event);
      if (!dragged || !inner) return;
      out.say("drop", event, describe(inner), { element: inner, metadata: pointOf(event, inner) });
      dragged = null;
    };
    const onDragEnd = () => {
      if (dragged) out.take(dragged); // let go where nothing took it
      dragged = null;
    };

    const listeners = {
      pointerdown: onDown, pointerup: onUp, click: onClick, dblclick: onDoubleClick, auxclick: onAuxClick, contextmenu: onContextMenu,
      dragstart: onDragStart, drop: onDrop, dragend: onDragEnd, mouseover: hovers.onOver, focusin: hovers.onFocus,
    };
    return { listeners, start: hovers.start, stop: hovers.stop, settle: settleTick, forgetOver: hovers.forgetOver };
  };

  return { pressing };
}
