// The tree of a page with its shadow trees, the closed ones too that a driver has opened for us.
({ watchTree, remember }) => {
  const roots = new WeakMap(); // host -> its closed root; drivers fill it

  const treeOf = (element) => element.shadowRoot || roots.get(element) || null;
  // A form gives its controls as properties of their names, over its own: one that is called `parentElement` would be
  // taken for the parent. Such a form is no element for us; it is passed through on the way to what is in it.
  const MASKING = new Set([Node, Element, HTMLElement].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype)));
  const HARMLESS = new Set("id name title hidden lang dir slot style prefix translate nonce attributes dataset constructor role part popover draggable".split(" "));
  const elementsOf = Object.getOwnPropertyDescriptor(HTMLFormElement.prototype, "elements").get;
  const masks = (name) => MASKING.has(name) && !HARMLESS.has(name);
  const isMasked = (node) =>
    node instanceof HTMLFormElement &&
    remember("masked", node, () => [...elementsOf.call(node)].some((one) => masks(one.id) || masks(one.getAttribute("name"))));

  // The tree as it is, such forms included.
  const native = ({ prototype }, name) => {
    const { get } = Object.getOwnPropertyDescriptor(prototype, name);
    return (node) => get.call(node);
  };
  const raw = {
    up: native(Node, "parentElement"), first: native(Node, "firstChild"), next: native(Node, "nextSibling"),
    before: native(Element, "previousElementSibling"), tag: native(Element, "localName"),
    root: (node) => Node.prototype.getRootNode.call(node),
  };
  const childrenOf = (node) => {
    const found = [];
    for (let child = raw.first(node); child; child = raw.next(child)) if (child instanceof Element) found.push(child);
    return found;
  };

  // What a person sees in a node: a slot shows what its host was given.
  const eachIn = (node, take) => {
    const given = node instanceof HTMLSlotElement ? node.assignedNodes({ flatten: true }) : [];
    if (given.length) given.forEach(take);
    else for (let child = raw.first(node); child; child = raw.next(child)) take(child);
  };

  // The element around it.
  const upOf = (node) => {
    let up = raw.up(node);
    while (up && isMasked(up)) up = raw.up(up);
    return up;
  };

  // The same as it is shown: what a host was given stands in a slot of its tree.
  const parentOf = (node) => {
    const up = node.assignedSlot || upOf(node);
    if (up) return up;
    const root = node.getRootNode();
    return root instanceof ShadowRoot ? root.host : null;
  };
  const within = (inner, outer) => {
    for (let node = inner; node; node = parentOf(node)) if (node === outer) return true;
    return false;
  };

  // All elements below, in document order; those of a shadow tree after their host. Such trees are watched from then on.
  const everything = (root) => remember("everything", root, () => {
    const found = [];
    const visit = (tree) => {
      for (const element of tree.querySelectorAll("*")) {
        if (isMasked(element)) continue;
        found.push(element);
        const inner = treeOf(element);
        if (inner) {
          watchTree(inner);
          visit(inner);
        }
      }
    };
    visit(root);
    return found;
  });

  // The element that has the cursor, however deep.
  const focusedNow = () => {
    let active = document.activeElement;
    while (active && treeOf(active) && treeOf(active).activeElement) active = treeOf(active).activeElement;
    return active;
  };

  // A value as it stands in a CSS selector.
  const quoted = (value) => `"${value.replace(/["\\]/g, "\\$&").replace(/[\0-\x1f\x7f]/g, (one) => `\\${one.charCodeAt(0).toString(16)} `)}"`;

  return { quoted, roots, treeOf, raw, childrenOf, eachIn, isMasked, upOf, parentOf, within, everything, focusedNow };
}
