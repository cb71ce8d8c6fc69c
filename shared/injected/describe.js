// Everything about an element that can find it again: its locator bundle, and the records that rank.js compares.
(retold) => {
  const { isVolatile, tagOf, typeOf, roleOf, textOf, visibleText, nameOf, labelText, parentOf } = retold;
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
    const steps = [];
    for (let node = element; node; node = node.parentElement) steps.unshift(`${tagOf(node)}[${nth(node)}]`);
    return "/" + steps.join("/");
  };

  // The same through all shadow trees around it, so that one path inside another means nested elements.
  const fullPathOf = (element) => {
    const root = element.getRootNode();
    return (root instanceof ShadowRoot ? fullPathOf(root.host) : "") + pathOf(element);
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
        if (value && !isVolatile(value)) named.push(`${tagOf(node)}[${key}=${JSON.stringify(value)}]`);
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

  // The words around the element, out of the nearest ancestors that say more than it does.
  const neighbours = (element) => {
    const own = visibleText(element);
    let around = parentOf(element);
    for (let level = 0; around && level < 3; level++, around = parentOf(around)) {
      if (around === document.body) break;
      const text = textOf(around, LONGEST_TEXT + LONGEST_NEIGHBOURS);
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

  // A record for rank.js: the bundle's keys and what else tells elements apart.
  const recordOf = (element) => ({
    tag: tagOf(element), type: typeOf(element), role: roleOf(element), id: element.id || "",
    name: element.getAttribute("name") || "", className: element.getAttribute("class") || "", aria: nameOf(element),
    label: labelText(element), placeholder: element.getAttribute("placeholder") || "", alt: element.getAttribute("alt") || "",
    href: element.getAttribute("href") || "", dataAttrs: dataOf(element), xpath: fullPathOf(element), bounding: boxOf(element),
    visibleText: visibleText(element).slice(0, LONGEST_TEXT), neighbourText: neighbours(element),
  });

  // The full locator bundle. Python adds `iframeChain`, which the page cannot see.
  const bundleOf = (element) => {
    const hosts = hostsOf(element);
    const root = element.getRootNode();
    return { ...recordOf(element), xpath: pathOf(element), ...twinsOf(element), shadowHosts: hosts, isClosedShadow: root instanceof ShadowRoot && root.mode === "closed" };
  };

  const everything = (root) => {
    const found = [];
    const visit = (tree) => tree.querySelectorAll("*").forEach((element) => {
      found.push(element);
      if (element.shadowRoot) visit(element.shadowRoot);
    });
    visit(root);
    return found;
  };

  // Elements that may stand in for the recorded one: seen, and of a kind that the event can be done to.
  const collect = (event, tag) => {
    const suits = FIELD_EVENTS.has(event) ? isField : (element) => isPressable(element) || (tag && tagOf(element) === tag);
    return everything(document).filter((element) => suits(element) && isVisible(element)).slice(0, MOST_CANDIDATES);
  };

  return { bundleOf, recordOf, selectorOf, pathOf, collect, everything, TEST_IDS };
}
