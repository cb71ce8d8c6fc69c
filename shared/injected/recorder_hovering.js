// What had to be hovered for an element to be there: looked for when that element is pressed.
({ parentOf, within }) => {
  const OPENS_WITHIN = 1500; // ms, after the pointer came to what opens it
  const MOST_RULES = 20_000;
  const MOST_NOTED = 200; // nodes of one burst of changes: a page that draws itself anew is no menu
  const SHOWS = ["display", "visibility", "opacity", "pointer-events", "transform", "height", "max-height", "clip", "clip-path", "left", "top", "right"];
  const HOVERED = /:hover/;

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
    let over = null; // {element, at}: where the pointer came to last
    let opened = new WeakMap(); // what appeared -> where the pointer was
    const observer = new MutationObserver((records) => {
      if (!over || performance.now() - over.at > OPENS_WITHIN || records.length > MOST_NOTED) return;
      for (const { target, type, addedNodes } of records) {
        if (type === "attributes") opened.set(target, over.element);
        else for (const node of addedNodes) opened.set(node, over.element);
      }
    });

    const start = () =>
      observer.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["class", "style", "hidden", "open", "aria-expanded", "aria-hidden"] });
    const stop = () => observer.disconnect();
    const onOver = (event) => {
      const [element] = event.composedPath();
      if (element instanceof Element) over = { element, at: performance.now() };
    };
    // What changes after a press or a key is due to that.
    const forgetOver = () => (over = null);

    const byStyle = (element) => {
      const now = [...document.styleSheets];
      if (now.length !== sheets.length || now.some((sheet, place) => sheet !== sheets[place])) [sheets, rules] = [now, rulesOf(now)];
      const hosts = new Set();
      for (let node = element; node; node = parentOf(node)) {
        for (const rule of rules) if (matches(node, rule)) hosts.add(hostIn(node, rule));
      }
      return [...hosts].filter(Boolean);
    };

    const byScript = (element) => {
      for (let node = element; node; node = parentOf(node)) {
        const host = opened.get(node);
        if (host && host.isConnected && host !== node && !within(element, host) && !within(host, element)) return [host];
      }
      return [];
    };

    // Outermost first.
    const hostsFor = (element) => {
      const found = [...byScript(element), ...byStyle(element)];
      opened = new WeakMap();
      return found.sort((a, b) => (within(b, a) ? -1 : 1));
    };

    return { start, stop, onOver, forgetOver, hostsFor };
  };

  return { hovering };
}
