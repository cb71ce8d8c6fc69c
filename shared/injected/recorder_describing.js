// What a step needs to know of its element: the bundle, every locator that finds only this element, a label.
(retold) => {
  const { forget, oneByOne, gather, everything, ownBundleOf, twinsOf, lookForTwins, sharedOf, selectorOf, treeOf, recorded, rootOf, tagOf, typeOf, roleOf, labelOf, address, quoted, isVolatile, mayHost, TEST_IDS } = retold;
  const LARGE = 2500; // elements of a page on which a look at all of them is put off until it is idle
  const IDLE_WITHIN = 200; // ms
  const QUIET = 300; // ms without input, before that begins
  const PATIENCE = 1500; // ms that it is put off for input at most: the page may be left soon
  const SLICE = 5; // ms of it at a time, which nobody notices who moves or types meanwhile
  const LONGEST_NAME = 100; // of a name or text that stands in a locator

  // Which frame this is: CSS selectors where the page around may be looked into, else places among its frames.
  const chainOf = (view) => {
    if (view === view.parent) return [];
    return [...chainOf(view.parent), linkTo(view)];
  };
  const linkTo = (view) => {
    try {
      const holder = view.frameElement;
      if (holder && holder.getRootNode() === view.parent.document) return selectorOf(holder);
    } catch {
      // another origin
    }
    return placeOf(view);
  };
  const placeOf = (view) => {
    for (let place = 0; place < view.parent.length; place++) if (view.parent[place] === view) return place;
    return 0;
  };
  const placesOf = (view) => (view === view.parent ? [] : [...placesOf(view.parent), placeOf(view)]);

  const anchored = (element, tag) => {
    for (const key of ["id", ...TEST_IDS, "name"]) {
      const value = element.getAttribute(key);
      if (value && !isVolatile(value) && !/["']/.test(value)) return `xpath///${tag}[@${key}=${quoted(value)}]`;
    }
    return null;
  };

  // In order of how well they last: what people read, what is made to be found, where it stands.
  const spellingsOf = (element, bundle) => {
    const tag = tagOf(element);
    const css = selectorOf(element);
    const name = bundle.aria && bundle.aria.length <= LONGEST_NAME ? bundle.aria : "";
    const role = roleOf(element);
    const said = bundle.visibleText && bundle.visibleText.length <= LONGEST_NAME && !bundle.twins ? bundle.visibleText : "";
    const alternatives = [
      name && (role === "generic" ? `aria/${name}` : `aria/${name}[role="${role}"]`), css, anchored(element, tag),
      `xpath/${bundle.xpath}`, `pierce/${css}`, said && `text/${said}`,
    ];
    return alternatives.filter(Boolean);
  };

  const finds = (root, spelling, element) => {
    const found = recorded([spelling]).find(root);
    return found.length === 1 && found[0] === element;
  };

  const rootFor = (element, { shadowHosts }) => rootOf(shadowHosts) || element.getRootNode();

  // What only a look at the whole page tells: how many are called the same, and which spellings find only this one.
  const restOf = (element, what) => {
    const bundle = { ...what.bundle, ...twinsOf(element) };
    const root = rootFor(element, bundle);
    const spelled = spellingsOf(element, bundle).filter((one) => finds(root, one, element));
    return { bundle, metadata: { selectors: spelled.map((one) => [one]) } };
  };

  const anew = () => {
    forget();
    oneByOne();
  };

  // Work on a large page, whenever nothing else is to be done there.
  const whenIdle = () => new Promise((resolve) => {
    requestIdleCallback(resolve, { timeout: IDLE_WITHIN });
    setTimeout(resolve, IDLE_WITHIN); // some pages are never idle
  });
  const idly = async (work) => {
    await whenIdle();
    anew();
    const done = work();
    forget();
    return done;
  };

  let busyAt = -Infinity;
  const busyNow = () => (busyAt = performance.now());
  const pause = async () => {
    const latest = performance.now() + PATIENCE;
    for (let left = QUIET; left > 0 && performance.now() < latest; left = busyAt + QUIET - performance.now()) {
      await new Promise((resolve) => setTimeout(resolve, left));
    }
  };

  // Which of many are so, in slices; `enough`: no more are looked for.
  const fitting = async (many, isSo, enough = Infinity) => {
    const found = [];
    let at = 0;
    const goOn = () => at < many.length && found.length < enough;
    const slice = () => {
      gather();
      for (const end = performance.now() + SLICE; goOn() && performance.now() < end; at++) if (isSo(many[at])) found.push(many[at]);
    };
    anew();
    while (goOn()) {
      await whenIdle();
      slice(); // which label is whose is not worked out anew for each
    }
    anew();
    return found;
  };

  const twinsIdly = async (element) => {
    const { nearby, isTwin, isAlike, isNamesake, othersOf } = lookForTwins(element);
    const twins = await fitting(nearby, isTwin);
    const alikeTwins = (await fitting(twins, isAlike)).length;
    const namesakes = await fitting(nearby, isNamesake);
    return { twins: twins.length, alikeTwins, shared: sharedOf(element, twins.length), others: othersOf(namesakes) };
  };

  const findsIdly = async (root, spelling, element) => {
    if (!/^(aria|text)\//.test(spelling)) return idly(() => finds(root, spelling, element));
    const { fits } = recorded([spelling]);
    if (!(await idly(() => fits(element, root)))) return false;
    return !(await fitting(everything(root), (one) => one !== element && fits(one, root), 1)).length;
  };

  // The same, bit by bit.
  const restIdly = async (element, what) => {
    await pause();
    const bundle = { ...what.bundle, ...(await twinsIdly(element)) };
    const selectors = [];
    for (const one of spellingsOf(element, bundle)) {
      if (element.isConnected && (await findsIdly(rootFor(element, bundle), one, element))) selectors.push([one]);
    }
    return selectors.length ? { bundle, metadata: { selectors } } : { bundle };
  };

  const rests = new WeakMap(); // what was described -> a promise of the rest, where that was put off

  // {bundle, selector, label, page, metadata}: the part of a step that says where.
  const describe = (element) => {
    forget();
    oneByOne();
    const bundle = { ...ownBundleOf(element), iframeChain: chainOf(window) };
    if (bundle.href) bundle.href = address(bundle.href);
    const selector = selectorOf(element);
    const metadata = { elementTag: tagOf(element), role: roleOf(element), selectors: [[selector], [`xpath/${bundle.xpath}`]] };
    if (typeOf(element)) metadata.elementType = typeOf(element);
    if (window !== window.parent) metadata.frame = placesOf(window);
    const what = { bundle, selector, label: labelOf(element), page: address(location.href), metadata };
    if (document.getElementsByTagName("*").length > LARGE) {
      rests.set(what, restIdly(element, what));
      return what;
    }
    const rest = restOf(element, what);
    forget();
    return { ...what, ...rest, metadata: { ...metadata, ...rest.metadata } };
  };
  const restLater = (what) => rests.get(what) || null;

  // The part of a step that is about the whole page.
  const describePage = () => ({ bundle: { iframeChain: chainOf(window) }, page: address(location.href), metadata: {} });

  // The element that an event happened on, however deep: closed shadow trees too where they can be opened.
  const targetOf = (event, opened) => {
    let [inner] = event.composedPath();
    if (!(inner instanceof Element)) return null;
    for (let level = 0; level < 10; level++) {
      const root = inner.shadowRoot || (mayHost(inner) ? opened(inner) : null);
      if (!root) break;
      retold.roots.set(inner, root);
      const deeper = "clientX" in event && (event.clientX || event.clientY) ? root.elementFromPoint(event.clientX, event.clientY) : root.activeElement;
      if (!deeper || deeper === inner || treeOf(inner) !== root) break;
      inner = deeper;
    }
    return inner;
  };

  return { describe, restLater, describePage, targetOf, busyNow };
}
