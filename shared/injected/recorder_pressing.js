// The mouse, a finger, a pen: clicks of every kind, drags, and what had to be hovered before.
({ describe, fieldAt, pressedOf, parentOf, within, typeOf, tagOf, isTextEntry, isPressable, roleOf, textOf, hovering }) => {
  const FAR = 10; // CSS px: a press that moves so far is a drag
  const LONG = 600; // ms: a press held so long is held on purpose
  const ECHO = 30; // ms, within which a label's click comes again from its field
  const BUTTONS = ["left", "middle", "right", "back", "forward"];
  const TICKED = new Set(["checkbox", "radio"]);
  const NATIVE = new Set(["select", "option"]);
  const LISTS = new Set(["ul", "ol", "dl", "table", "tbody", "thead"]);
  const NEAR = 4; // levels around a wordless piece
  const POINTS = new Set(["generic", "slider", "treeitem"]); // where the point of a press says what is meant

  // The outermost around it that shows the hand, or the element itself; of a list one part.
  const handAt = (element) => {
    let hand = element;
    const isHand = (one) => one && one !== document.body && one !== document.documentElement && getComputedStyle(one).cursor === "pointer";
    while (isHand(hand) && isHand(parentOf(hand)) && !LISTS.has(tagOf(parentOf(hand)))) hand = parentOf(hand);
    return hand;
  };
  // The label of a text field holds more than words: what opens its calendar, clears it, shows its password.
  const isInLabel = (hand, label) =>
    tagOf(label) === "label" && Boolean(label.control) && isTextEntry(label.control) && hand !== label && within(hand, label) && getComputedStyle(hand).cursor === "pointer";

  // What a press there works: a button, a link, a field, or the outermost of what shows the hand.
  const workedBy = (element) => {
    const pressed = pressedOf(element);
    const field = fieldAt(pressed);
    if (isInLabel(handAt(element), pressed)) return handAt(element);
    if (pressed !== element || field || isPressable(element) || tagOf(element) === "label") return field && field.isContentEditable ? field : pressed;
    return handAt(element);
  };

  const modifiersOf = (event) => ["Control", "Shift", "Alt", "Meta"].filter((name) => event.getModifierState(name));

  const pointOf = (event, element) => {
    const box = element.getBoundingClientRect();
    return { offsetX: Math.round(event.clientX - box.left), offsetY: Math.round(event.clientY - box.top) };
  };

  // Of a button its middle is meant; of a picture, a map or a board the very point, and of a wordless part (the cross
  // that closes a tab, the arrow that unfolds a branch) that part.
  const isSurface = (element) => POINTS.has(roleOf(element)) || ["canvas", "img", "svg", "video", "area"].includes(tagOf(element));
  const isWordlessPart = (inner, element) => inner !== element && !textOf(inner) && Boolean(textOf(element));
  const isAboutThePoint = ({ inner, element }) => isSurface(element) || isWordlessPart(inner, element);

  // An element and all that it is in, with the place in the tree that each has.
  const standing = (element) => {
    const found = [];
    for (let node = element; node && node !== document.body; node = parentOf(node)) found.push({ node, parent: node.parentNode, before: node.previousElementSibling });
    return found;
  };
  const isMute = (element) => roleOf(element) === "generic" && !element.id && !element.hasAttribute("aria-label") && !textOf(element);

  const isAt = (element, { clientX, clientY }) => {
    const box = element.getBoundingClientRect();
    return clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
  };

  // Where something was dropped: neither on itself, which the page has moved along already, nor on a wordless piece that
  // changes with it (the filled part of a slider, a frame around the days that are chosen), but on what that is in.
  const ontoOf = (under, event, { inner, stood }) => {
    const moved = stood.find(({ node, parent, before }) => node.parentNode !== parent || node.previousElementSibling !== before);
    if (moved && within(under, moved.node)) return parentOf(moved.node) || under;
    if (within(under, inner)) return under;
    const holds = (one) => isAt(one, event) && (!isMute(one) || within(inner, one));
    let onto = under;
    for (let level = 0; onto && level < NEAR && !holds(onto); level++) onto = parentOf(onto);
    return onto && onto !== document.body && holds(onto) ? onto : under;
  };

  // The same where nothing else can be hit: what was pressed, as a canvas is drawn on, or what it was moved within.
  const standsAt = (event, { element, event: down, point, stood }) => {
    const now = pointOf(down, element);
    if (now.offsetX === point.offsetX && now.offsetY === point.offsetY) return element;
    const around = stood.find(({ node }) => node !== element && within(element, node) && isAt(node, event));
    return around ? around.node : element;
  };

  const controlOf = (element) => (tagOf(element) === "label" && element.control ? element.control : element);

  const isScrollbar = (event, element) => event.clientX >= element.getBoundingClientRect().left + element.clientLeft + element.clientWidth && element.clientWidth > 0 && element.scrollHeight > element.clientHeight;

  const pressing = ({ out, at, typing, keys }) => {
    const hovers = hovering();
    let press = null; // {element, inner: what of it was hit, stood: see standing, what, event, point, native, at}
    let due = null; // a press that was let go, as long as its click has not come
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

    // Pages that act before the click may take away what was pressed: then none comes, and a person clicked all the same.
    const settlePress = () => {
      if (!due) return;
      const { event, element, what } = due;
      due = null;
      if (!fieldAt(controlOf(element)) && !element.closest(":disabled")) sayClick("click", event, element, what);
    };

    const onDown = (event) => {
      settlePress();
      settleTick();
      out.flush();
      swallow = false;
      const inner = at(event);
      if (!inner || !event.isPrimary) return;
      const element = workedBy(inner);
      if (event.pointerType !== "touch") sayHovers(element, event);
      const stood = standing(inner);
      press = { element, inner, stood, what: describe(element), event, point: pointOf(event, element), native: false, at: event.timeStamp };
      hovers.forgetOver(event);
      const field = fieldAt(element);
      if (field === element) typing.remember(field, press.what);
    };

    const sayClick = (name, event, element, what, metadata = {}) => {
      const modifiers = modifiersOf(event);
      const byPointer = event.detail > 0 || event.type === "pointerdown" || name === "right_click";
      const more = { ...metadata, ...(modifiers.length && { modifiers }), ...(byPointer && press && isAboutThePoint({ ...press, element }) && press.point) };
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
      due = null;
      if (!at(event)) return;
      if (swallow) return void (swallow = false);
      const { element, what } = subjectOf(event);
      const control = controlOf(element);
      if (isEcho(event, workedBy(at(event))) || keys.sendsForm(event, element)) return;
      const around = element.closest("label");
      if (around && around.control && around.control !== element) label = { control: around.control, at: event.timeStamp };
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
      if (!far && event.pointerType === "mouse") {
        due = press;
        setTimeout(settlePress);
      }
      if (!far || fieldAt(press.element) || isSelecting() || isScrollbar(press.event, press.inner)) return;
      if (event.pointerType === "touch") return; // scrolls
      const under = document.elementsFromPoint(event.clientX, event.clientY).find((one) => !within(one, press.element)) || press.element;
      swallow = true;
      const page = under === document.documentElement || (under === document.body && within(press.element, under));
      const onto = page ? standsAt(event, press) : ontoOf(under, event, press);
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
      const onto = press ? ontoOf(inner, event, press) : inner;
      out.say("drop", event, describe(onto), { element: onto, metadata: pointOf(event, onto) });
      dragged = null;
    };
    const onDragEnd = () => {
      if (dragged) out.take(dragged); // let go where nothing took it
      dragged = null;
    };

    const listeners = {
      pointerdown: onDown, pointerup: onUp, click: onClick, dblclick: onDoubleClick, auxclick: onAuxClick, contextmenu: onContextMenu,
      dragstart: onDragStart, drop: onDrop, dragend: onDragEnd, pointerover: hovers.onOver, focusin: hovers.onFocus,
    };
    return { listeners, start: hovers.start, stop: hovers.stop, settle: settleTick, forgetOver: hovers.forgetOver };
  };

  return { pressing };
}
