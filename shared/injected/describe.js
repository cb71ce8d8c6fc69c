// Everything about an element that can find it again: its locator bundle, and the records that rank.js compares.
(retold) => {
  const { quoted, everything, parentOf, isVolatile, tagOf, typeOf, roleOf, textOf, visibleText, nameOf, labelText, gather, remembering } = retold;
  const { isVisible, isField, isPressable, FIELD_EVENTS } = retold;
  const LONGEST_TEXT = 200;
  const LONGEST_NEIGHBOURS = 160;
  const MOST_ATTRIBUTES = 20;
  const MOST_CANDIDATES = 3000;
  const TEST_IDS = ["data-testid", "data-test-id", "data-test", "data-cy", "data-qa", "data-qa-id", "data-automation-id"];

  const nth = (element) => {
    let place = 1;
    for (let one = element.previousElementSibling; one; one = one.previousElementSibling) {
      if (one.localName === element.localName) place++;
    }
    return place;
  };

  // Absolute path inside the element's own tree: the document or its shadow root.
  const pathOf = (element) => {
    const { parentElement } = element;
    return `${parentElement ? pathOf(parentElement) : ""}/${tagOf(element)}[${nth(element)}]`;
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
      const root = element.parentNode;
      const before = element.parentElement ? of(element.parentElement) : root instanceof ShadowRoot ? of(root.host) : "";
      const places = new Map();
      for (const child of root ? root.children : [element]) {
        const tag = tagOf(child);
        places.set(tag, (places.get(tag) || 0) + 1);
        known.set(child, `${before}/${tag}[${places.get(tag)}]`);
      }
      return known.get(element);
    };
    return of;
  };

  const only = (root, selector, element) => {
    const found = root.querySelectorAll(selector);
    return found.length === 1 && found[0] === element;
  };

  const alone = (element) =>
    [...(element.parentElement || element.getRootNode()).children].every((one) => one === element || one.localName !== element.localName);

  // A short CSS selector that matches only this element in its tree.
  const selectorOf = (element) => {
    const root = element.getRootNode();
    const steps = [];
    for (let node = element; node; node = node.parentElement) {
      const named = node.id && !isVolatile(node.id) ? [`#${CSS.escape(node.id)}`] : [];
      for (const key of [...TEST_IDS, "name"]) {
        const value = node.getAttribute(key);
        if (value && !isVolatile(value)) named.push(`${tagOf(node)}[${key}=${quoted(value)}]`);
      }
      const anchor = named.find((selector) => only(root, selector, node));
      const chosen = anchor || (alone(node) ? CSS.escape(tagOf(node)) : `${CSS.escape(tagOf(node))}:nth-of-type(${nth(node)})`);
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

  // How many others on the page are called the same, and how many of those stand among the same words:
  // then the name, or the words around it, cannot find the element again.
  const twinsOf = (element) => {
    const said = (one) => one.getAttribute("aria-label") || visibleText(one);
    const own = said(element);
    if (!own) return { twins: 0, alikeTwins: 0 };
    const others = [...element.getRootNode().querySelectorAll(`a,button,summary,input,[role],${CSS.escape(tagOf(element))}`)];
    const apart = others.filter((one) => one !== element && !one.contains(element) && !element.contains(one));
    const twins = apart.filter((one) => said(one) === own && isVisible(one));
    const around = twins.length ? neighbours(element) : "";
    return { twins: twins.length, alikeTwins: twins.filter((one) => neighbours(one) === around).length };
  };

  const boxOf = (element) => {
    const box = element.getBoundingClientRect();
    const round = (size) => Math.round(size * 10) / 10;
    return { left: round(box.left + scrollX), top: round(box.top + scrollY), width: round(box.width), height: round(box.height) };
  };

  // What an element is and is called.
  const identityOf = (element, own) => {
    const written = (name) => element.getAttribute(name) || "";
    return {
      tag: tagOf(element), type: typeOf(element), role: roleOf(element), id: element.id || "", name: written("name"),
      className: written("class"), aria: nameOf(element), label: labelText(element), placeholder: written("placeholder"),
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

  // The full locator bundle. Python adds `iframeChain`, which the page cannot see.
  const bundleOf = (element) => {
    const hosts = hostsOf(element);
    const root = element.getRootNode();
    return { ...recordOf(element), xpath: pathOf(element), ...twinsOf(element), shadowHosts: hosts, isClosedShadow: root instanceof ShadowRoot && root.mode === "closed" };
  };

  // Elements that may stand in for the recorded one: seen, and of a kind that the event can be done to.
  const collect = (event, tag) => {
    const suits = FIELD_EVENTS.has(event) ? isField : (element) => isPressable(element) || (tag && tagOf(element) === tag);
    return everything(document).filter((element) => suits(element) && isVisible(element)).slice(0, MOST_CANDIDATES);
  };

  return { bundleOf, recordOf, recordsOf, selectorOf, pathOf, collect, TEST_IDS };
}
