// Where the person went: scrolling, the size of the window, documents and the history.
({ describe, describePage, address }) => {
  const BY_HAND = 1000; // ms after a wheel, a finger, a key: what scrolls later does so by itself
  const AFTER_RESIZE = 400; // ms

  // The window as a step has it, so that a row's window is like it.
  const viewportOf = () => ({
    width: innerWidth, height: innerHeight, deviceScaleFactor: devicePixelRatio,
    isMobile: /\bMobi/.test(navigator.userAgent), hasTouch: matchMedia("(pointer: coarse)").matches,
  });
  const outside = () => `${outerWidth} ${outerHeight}`;

  const moving = ({ out, keys, resizes }) => {
    let moved = -Infinity; // when something was done that scrolls
    let resizing = null;
    let size = outside();
    const top = window === window.parent;

    const byHand = () => (moved = performance.now());
    const onDown = (event) => {
      const [element] = event.composedPath();
      moved = -Infinity; // what scrolls after a press is led there by it
      if (!(element instanceof Element)) return;
      const { clientX, clientY } = event;
      if (clientX >= document.documentElement.clientWidth || clientY >= document.documentElement.clientHeight) return byHand();
      const box = element.getBoundingClientRect();
      if (element.scrollHeight > element.clientHeight && clientX >= box.left + element.clientLeft + element.clientWidth) byHand();
    };

    const onScroll = ({ target }) => {
      if (performance.now() - Math.max(moved, keys.scrolledAt()) > BY_HAND) return;
      byHand(); // smooth scrolling goes on for a while
      const element = target instanceof Element && target !== document.scrollingElement ? target : null;
      const scroll = element ? { x: Math.round(element.scrollLeft), y: Math.round(element.scrollTop) } : { x: Math.round(scrollX), y: Math.round(scrollY) };
      const growing = out.lastOn(target, "scroll");
      if (growing) out.amend(growing, { metadata: { scroll } }, { soon: true });
      else out.say("scroll", null, element ? describe(element) : describePage(), { element: target, metadata: { scroll } });
    };

    // A panel of the browser that opens beside the page leaves the window as large as it was, and is no step.
    const onResize = () => {
      if (!resizes || !top || document.hidden) return;
      clearTimeout(resizing);
      resizing = setTimeout(() => {
        if (outside() === size) return;
        size = outside();
        const viewport = viewportOf();
        const growing = out.lastOn(window, "resize");
        if (growing) out.amend(growing, { metadata: { viewport } });
        else out.say("resize", null, describePage(), { element: window, metadata: { viewport } });
      }, AFTER_RESIZE);
    };

    const tellDocument = (type) => {
      const { iframeChain } = describePage().bundle;
      out.note("document", { began: performance.timeOrigin, url: address(location.href), type, referrer: address(document.referrer), opener: Boolean(window.opener), top, iframeChain, title: document.title, viewport: viewportOf() });
    };
    const onShow = (event) => {
      if (event.persisted) tellDocument("back_forward");
    };

    // Within one document: routes. The history knows which way it went.
    const onEntry = ({ navigationType, from }) => {
      const now = navigation.currentEntry;
      if (!top || !now || !navigationType || navigationType === "reload") return;
      out.note("history", { url: address(location.href), type: navigationType, by: from ? now.index - from.index : 0 });
    };

    const start = () => {
      const [entry] = performance.getEntriesByType("navigation");
      if (location.href !== "about:blank" || !top) tellDocument((entry && entry.type) || "navigate");
      if (window.navigation) navigation.addEventListener("currententrychange", onEntry);
    };
    const stop = () => {
      clearTimeout(resizing);
      if (window.navigation) navigation.removeEventListener("currententrychange", onEntry);
    };

    const listeners = { wheel: byHand, touchmove: byHand, pointerdown: onDown, scroll: onScroll, resize: onResize, pageshow: onShow };
    return { listeners, start, stop };
  };

  return { moving };
}
