// What had to be hovered, or entered by Tab, for an element to be there: looked for when that element is pressed.
({ parentOf, within, pressedOf, roleOf, isVisible }) => {
  const OPENS_WITHIN = 1500; // ms, after the pointer came to what opens it
  const MOST_RULES = 20_000;
  const MOST_NOTED = 200; // nodes of one burst of changes: a page that draws itself anew is no menu
  const SHOWS = ["display", "visibility", "opacity", "pointer-events", "transform", "height", "max-height", "clip", "clip-path", "left", "top", "right"];
  const HOVERED = /:hover/;
  const VAST = 0.5; // of the window: what lies behind a dialog opens nothing

  // Selectors of rules that show something while something else is hovered.
  const rulesOf = (sheets) => {
    const found = [];
    let seen = 0;
    const visit = (rules) => {
      for (const rule of rules) {
        if (++seen > MOST_RULES) return;
        if (rule.selectorText && HOVERED.test(rule.selectorText) && SHOWS.some((name) => rule.style.getPropertyValue(name))) found.push(...rule.selectorText.split(","));
        if (rule.cssRules && rule.cssRules.length) visit(rule.cssRules);
      }
    };
    for (const sheet of sheets) {
      try {
        visit(sheet.cssRules);
      } catch {
        // a sheet of another origin
      }
    }
    return found.map((one) => one.trim()).filter((one) => HOVERED.test(one.replace(/[^\s>+~]*$/, "")));
  };

  const isVast = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width * height > VAST * innerWidth * innerHeight;
  };
  const isRead = (host) => [...host.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  // Whether pointing at it may open something elsewhere: something to press or to read, a picture, no mere wrapper.
  const mayOpen = (host) => isRead(host) || pressedOf(host) !== host || roleOf(host) !== "generic" || Boolean(host.closest("a,i,svg")) || getComputedStyle(host).cursor === "pointer";

  const matches = (element, selector) => {
    try {
      return element.matches(selector);
    } catch {
      return false;
    }
  };

  // What is hovered by such a selector, for an element that it matches: `.menu:hover > ul` -> the .menu around.
  const hostIn = (element, selector) => {
    const host = selector.slice(0, selector.lastIndexOf(":hover") + ":hover".length);
    for (let node = parentOf(element); node; node = parentOf(node)) if (matches(node, host)) return node;
    return null;
  };

  const hovering = () => {
    let sheets = [];
    let rules = [];
    let over = null; // {element, at, by}: where the pointer came to last, or the cursor by a key
    let tabbed = false; // whether Tab was the last that was done
    let place = ""; // of the pointer, on the screen
    let opened = new WeakMap(); // what appeared -> {element, by}: where the pointer or the cursor was
    const observer = new MutationObserver((records) => {
      if (!over || performance.now() - over.at > OPENS_WITHIN || records.length > MOST_NOTED) return;
      for (const { target, type, addedNodes } of records) {
        if (type === "attributes" && target !== document.body) opened.set(target, over);
        else for (const node of addedNodes) opened.set(node, over);
      }
    });

    const start = () =>
      observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["class", "style", "hidden", "open", "aria-expanded", "aria-hidden"] });
    const stop = () => observer.disconnect();
    // To be told by `pointerover`, before the page hears of anything. What comes to lie under a pointer that stands still was not pointed at, nor is what something is dragged across.
    const onOver = (event) => {
      const [element] = event.composedPath();
      const moved = place !== (place = `${event.screenX} ${event.screenY}`);
      if (moved && !event.buttons && element instanceof Element) over = { element, at: performance.now(), by: "hover" };
    };
    // A field that opens something as soon as the cursor is in it; by a press it has a step anyway.
    const onFocus = (event) => {
      const [element] = event.composedPath();
      if (tabbed && element instanceof Element) over = { element, at: performance.now(), by: "focus" };
    };
    // What changes after a press or a key is due to that.
    const forgetOver = (event) => {
      over = null;
      tabbed = Boolean(event) && event.key === "Tab";
      if (event && event.type === "pointerdown") place = `${event.screenX} ${event.screenY}`;
    };

    const byStyle = (element) => {
      const now = [...document.styleSheets];
      if (now.length !== sheets.length || now.some((sheet, place) => sheet !== sheets[place])) [sheets, rules] = [now, rulesOf(now)];
      const hosts = new Set();
      for (let node = element; node; node = parentOf(node)) {
        for (const rule of rules) if (matches(node, rule)) hosts.add(hostIn(node, rule));
      }
      return [...hosts].filter(Boolean).map((host) => ({ host, by: "hover" }));
    };

    const byScript = (element) => {
      for (let node = element; node; node = parentOf(node)) {
        const { element: host, by } = opened.get(node) || {};
        if (host && host !== node && isVisible(host) && mayOpen(host) && !isVast(host) && !within(element, host) && !within(host, element)) return [{ host, by }];
      }
      return [];
    };

    // [{host, by: "hover" or "focus"}], outermost first.
    const hostsFor = (element) => {
      const found = [...byScript(element), ...byStyle(element)];
      opened = new WeakMap();
      return found.sort((a, b) => (within(b.host, a.host) ? -1 : 1));
    };

    return { start, stop, onOver, onFocus, forgetOver, hostsFor };
  };

  return { hovering };
}
