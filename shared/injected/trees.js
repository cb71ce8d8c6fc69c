// The tree of a page with its shadow trees, the closed ones too that a driver has opened for us.
({ watchTree, remember }) => {
  const roots = new WeakMap(); // host -> its closed root; drivers fill it

  const treeOf = (element) => element.shadowRoot || roots.get(element) || null;
  const parentOf = (node) => {
    if (node.parentElement) return node.parentElement;
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

  return { quoted, roots, treeOf, parentOf, within, everything, focusedNow };
}
