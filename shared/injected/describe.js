// Everything about an element that can find it again: its locator bundle, and the records that rank.js compares.
(retold) => {
  const { quoted, everything, raw, childrenOf, isMasked, parentOf, isVolatile, label, alike, tagOf, typeOf, roleOf, textOf, visibleText, nameOf, labelText, gather, oneByOne, remembering } = retold;
  const { isVisible, isField, isFor, isToggle, isTextEntry, isPressable, FIELD_EVENTS, BUTTONS } = retold;
  const LONGEST_TEXT = 200;
  const LONGEST_NEIGHBOURS = 160;
  const MOST_ATTRIBUTES = 20;
  const LONGEST_VALUE = 2000; // what is longer names nothing
  const MOST_CANDIDATES = 3000;
  const TICKED = new Set(["checkbox", "radio", "switch"]);
  const TEST_IDS = ["data-testid", "data-test-id", "data-test", "data-cy", "data-qa", "data-qa-id", "data-automation-id"];

  const MOST_OTHERS = 8;
  const LONGEST_OTHER = 80;
  const NEARLY = 0.15; // least likeness of two names that may be taken for one another

  // The data attributes that a locator asks for: those made for tests where there are any.
  const askedOf = (data) => {
    const lasting = Object.entries(data || {}).filter(([, value]) => value && !isVolatile(value));
    const tested = lasting.filter(([key]) => TEST_IDS.includes(key));
    return tested.length ? tested : lasting;
  };

  const nth = (element) => {
    let place = 1;
    for (let one = raw.before(element); one; one = raw.before(one)) if (raw.tag(one) === raw.tag(element)) place++;
    return place;
  };

  // Absolute path inside the element's own tree: the document or its shadow root.
  const pathOf = (element) => {
    const up = raw.up(element);
    return `${up ? pathOf(up) : ""}/${raw.tag(element).toLowerCase()}[${nth(element)}]`;
  };

  // The same through all shadow trees around it, so that one path inside another means nested elements.
  const fullPathOf = (element) => {
    const root = element.getRootNode();
    return (root instanceof ShadowRoot ? fullPathOf(root.host) : "") + pathOf(element);
  };

  // Full paths of many: those of the children of one parent are worked out together.
  const paths = () => {
    const known = new Map();
    const of = (element) => {
      if (known.has(element)) return known.get(element);
      const up = raw.up(element);
      const root = up || raw.root(element);
      const before = up ? of(up) : root instanceof ShadowRoot ? of(root.host) : "";
      const places = new Map();
      for (const child of childrenOf(root)) {
        const tag = raw.tag(child).toLowerCase();
        places.set(tag, (places.get(tag) || 0) + 1);
        known.set(child, `${before}/${tag}[${places.get(tag)}]`);
      }
      if (!known.has(element)) known.set(element, `${before}/${raw.tag(element).toLowerCase()}[1]`);
      return known.get(element);
    };
    return of;
  };

  // The first alone costs little, and mostly says no.
  const only = (root, selector, element) => root.querySelector(selector) === element && root.querySelectorAll(selector).length === 1;

  const alone = (element) => childrenOf(raw.up(element) || raw.root(element)).every((one) => one === element || raw.tag(one) !== raw.tag(element));

  const anchorsOf = (node) => {
    const named = node.id && !isVolatile(node.id) ? [`#${CSS.escape(node.id)}`] : [];
    for (const key of [...TEST_IDS, "name"]) {
      const value = node.getAttribute(key);
      if (value && !isVolatile(value)) named.push(`${tagOf(node)}[${key}=${quoted(value)}]`);
    }
    return named;
  };

  // A short CSS selector that matches only this element in its tree.
  const selectorOf = (element) => {
    const root = element.getRootNode();
    const steps = [];
    for (let node = element; node; node = raw.up(node)) {
      const tag = CSS.escape(raw.tag(node).toLowerCase());
      const anchor = isMasked(node) ? null : anchorsOf(node).find((selector) => only(root, selector, node));
      const chosen = anchor || (alone(node) ? tag : `${tag}:nth-of-type(${nth(node)})`);
      steps.unshift(chosen);
      if (only(root, steps.join(" > "), element)) break;
    }
    return steps.join(" > ");
  };

  const hostsOf = (element) => {
    const hosts = [];
    for (let root = element.getRootNode(); root instanceof ShadowRoot; root = root.host.getRootNode()) hosts.unshift(selectorOf(root.host));
    return hosts;
  };

  const dataOf = (element) => {
    const kept = [...element.attributes].filter(({ name, value }) => name.startsWith("data-") && !name.includes("value") && value);
    return Object.fromEntries(kept.slice(0, MOST_ATTRIBUTES).map(({ name, value }) => [name, value.slice(0, LONGEST_TEXT)]));
  };

  const saidBy = (element) => textOf(element, LONGEST_TEXT + LONGEST_NEIGHBOURS);

  // The words around the element, out of the nearest ancestors that say more than it does.
  const neighbours = (element, own = visibleText(element), said = saidBy) => {
    let around = parentOf(element);
    for (let level = 0; around && level < 3; level++, around = parentOf(around)) {
      if (around === document.body) break;
      const text = said(around);
      if (text.length > own.length + 2) return text.replace(own, " ").replace(/\s+/g, " ").trim().slice(0, LONGEST_NEIGHBOURS);
    }
    return "";
  };

  // How many others on the page are called the same, and how many of those stand among the same words: then the name, or
  // the words around it, cannot find the element again. What else of it others share, and how others are called that are
  // nearly called so: those are not it.
  const twinsOf = (element) => {
    gather();
    const { nearby, isTwin, isAlike, isNamesake, othersOf } = lookForTwins(element);
    const twins = nearby.filter(isTwin);
    const others = othersOf(nearby.filter(isNamesake));
    oneByOne();
    return { twins: twins.length, alikeTwins: twins.filter(isAlike).length, shared: sharedOf(element, twins.length), others };
  };

  // The kinds of evidence of a bundle that more than this element had on its page.
  const sharedOf = (element, twins) => {
    const root = element.getRootNode();
    const attributes = (pairs) => pairs.map(([key, value]) => `[${CSS.escape(key)}=${quoted(value)}]`).join("");
    const given = (key) => (element.getAttribute(key) ? attributes([[key, element.getAttribute(key)]]) : "");
    const classes = [...element.classList].filter((one) => !isVolatile(one)).map((one) => `.${CSS.escape(one)}`).join("");
    const asked = {
      id: given("id"), data_attributes: attributes(askedOf(dataOf(element))), name: given("name"), placeholder: given("placeholder"),
      class: classes && CSS.escape(tagOf(element)) + classes,
    };
    const several = Object.keys(asked).filter((kind) => asked[kind] && root.querySelectorAll(asked[kind]).length > 1);
    return twins ? [...several, "aria", "text"] : several;
  };

  // Where the twins are among, and how to tell them: for whoever cannot look at all of them at once.
  const lookForTwins = (element) => {
    const called = (one) => [nameOf(one), visibleText(one)].filter(Boolean);
    const mine = called(element);
    const own = label(mine[0] || "");
    const isApart = (one) => one !== element && !one.contains(element) && !element.contains(one);
    const isTwin = (one) => isApart(one) && called(one).some((name) => mine.includes(name)) && isVisible(one);
    let around = null;
    const isAlike = (one) => neighbours(one) === (around === null ? (around = neighbours(element)) : around);
    const calls = (one) => label(called(one)[0] || "");
    const isNamesake = (one) => {
      if (!isApart(one) || !(isField(one) || isPressable(one))) return false;
      const other = calls(one);
      return other !== own && other.length <= LONGEST_OTHER && alike(own, other) >= NEARLY && isVisible(one);
    };
    const othersOf = (namesakes) => {
      const names = [...new Set(namesakes.map(calls))];
      return names.sort((a, b) => alike(own, b) - alike(own, a)).slice(0, MOST_OTHERS);
    };
    const selector = `a,button,summary,input,textarea,select,[role],${CSS.escape(tagOf(element))}`;
    return { nearby: own ? [...element.getRootNode().querySelectorAll(selector)] : [], isTwin, isAlike, isNamesake, othersOf };
  };

  const boxOf = (element) => {
    const box = element.getBoundingClientRect();
    const round = (size) => Math.round(size * 10) / 10;
    return { left: round(box.left + scrollX), top: round(box.top + scrollY), width: round(box.width), height: round(box.height) };
  };

  // What an element is and is called.
  const identityOf = (element, own) => {
    const short = (value) => (value.length <= LONGEST_VALUE ? value : "");
    const written = (name) => short(element.getAttribute(name) || "");
    return {
      tag: tagOf(element), type: typeOf(element), role: short(roleOf(element)), id: written("id"), name: written("name"),
      className: written("class"), aria: short(nameOf(element)), label: short(labelText(element)), placeholder: written("placeholder"),
      alt: written("alt"), href: written("href"), dataAttrs: dataOf(element), visibleText: own.slice(0, LONGEST_TEXT),
    };
  };

  // A record for rank.js: the bundle's keys and what else tells elements apart.
  const recordOf = (element) => {
    const own = visibleText(element);
    return { ...identityOf(element, own), xpath: fullPathOf(element), bounding: boxOf(element), neighbourText: neighbours(element, own) };
  };

  // The records of many, what they share worked out once; where they stand is written down by `place(index)`.
  const recordsOf = (elements) => {
    gather();
    const path = paths();
    const said = remembering(elements.length + 1, saidBy);
    const records = elements.map((element) => identityOf(element, visibleText(element)));
    const place = (index) => {
      const element = elements[index];
      const neighbourText = neighbours(element, visibleText(element), said);
      Object.assign(records[index], { xpath: path(element), bounding: boxOf(element), neighbourText });
    };
    return { records, place };
  };

  // What of the bundle is known without a look at the rest of the page.
  const ownBundleOf = (element) => {
    const root = element.getRootNode();
    return { ...recordOf(element), xpath: pathOf(element), shadowHosts: hostsOf(element), isClosedShadow: root instanceof ShadowRoot && root.mode === "closed" };
  };

  // The full locator bundle. Python adds `iframeChain`, which the page cannot see.
  const bundleOf = (element) => ({ ...ownBundleOf(element), ...twinsOf(element) });

  // Elements that may stand in for the recorded one: seen, and of a kind that the event can be done to. One more than
  // MOST_CANDIDATES says that there are too many.
  const collect = (event, target) => {
    const suits = suiting(event, target);
    const found = [];
    for (const element of everything(document)) {
      if (suits(element)) found.push(element);
      if (found.length > MOST_CANDIDATES) break;
    }
    return found;
  };

  // Whether text is entered there, by tag and type as recorded; null where they do not tell.
  const takesText = (tag, type) => {
    if (tag === "input") return type ? !BUTTONS.has(type) && !TICKED.has(type) && type !== "file" : null;
    return tag === "textarea" || tag === "select" ? true : ["a", "button", "summary"].includes(tag) ? false : null;
  };

  const kindFor = (event, { tag, type, role }) => {
    if (event === "upload") return (element) => typeOf(element) === "file";
    if (FIELD_EVENTS.has(event)) {
      const ticked = event === "check" || event === "uncheck" || TICKED.has(type) || TICKED.has(role);
      return (element) => isField(element) && isToggle(element) === ticked;
    }
    const text = takesText(tag, type);
    return (element) => (isPressable(element) || Boolean(tag && tagOf(element) === tag)) && (text === null || isTextEntry(element) === text);
  };

  // Whether an element can stand in for what was recorded, {tag, type, role}, at all.
  const suiting = (event, target) => {
    const isOfKind = kindFor(event, target);
    const isThere = (element) => (typeOf(element) === "file" && event !== "upload" ? isVisible(element) : isFor(event, element));
    return (element) => isOfKind(element) && isThere(element);
  };

  return { askedOf, sharedOf, neighbours, bundleOf, ownBundleOf, twinsOf, lookForTwins, recordOf, recordsOf, selectorOf, pathOf, boxOf, collect, suiting, MOST_CANDIDATES, TEST_IDS };
}
