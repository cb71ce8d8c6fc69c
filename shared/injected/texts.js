// All that a page says, written down once, so that a text is looked up in it without asking every element.
({ treeOf, raw, isMasked, watchTree, remember, tagOf, isSilent, BUTTONS, ENDS_A_LINE }) => {
  const PLAIN = /^[\x20-\x7e]*$/;

  const folded = (words) => (PLAIN.test(words) ? words : words.normalize("NFKC")).toLowerCase().replace(/\s+/g, " ");

  const tops = (root) => {
    if (root instanceof Document) return [root.body || root.documentElement].filter(Boolean);
    return root instanceof ShadowRoot ? [...root.childNodes] : [root];
  };

  // The folded text below `root`, and of each element, in document order: where in it its own begins and ends, the
  // place of its parent, and the place of the last element inside it.
  const write = (root) => {
    const parts = [];
    const elements = [];
    let length = 0;
    let spaced = false; // whether it ends with a space
    const push = (words) => {
      parts.push(words);
      length += words.length;
      spaced = words.endsWith(" ");
    };
    const add = (words) => {
      const more = folded(words);
      const own = spaced && more.startsWith(" ") ? more.slice(1) : more;
      if (own) push(own);
    };
    const inside = (node, at) => {
      for (let child = raw.first(node); child; child = raw.next(child)) visit(child, at);
    };
    const visit = (node, parent) => {
      if (isMasked(node)) return inside(node, parent);
      if (node.nodeType === Node.TEXT_NODE) add(node.data);
      if (node.nodeType !== Node.ELEMENT_NODE) return;
      const button = tagOf(node) === "input" && BUTTONS.has(node.type);
      if (!button && isSilent(node)) return;
      const own = { element: node, parent, start: length, end: 0, last: 0 };
      const at = elements.push(own) - 1;
      if (button) add(node.value);
      const inner = treeOf(node);
      if (inner) {
        watchTree(inner);
        inside(inner, at);
      }
      if (!node.firstElementChild) add(node.textContent);
      else inside(node, at);
      own.end = length;
      own.last = elements.length - 1;
      if (!spaced && ENDS_A_LINE.has(node.nodeName)) push(" ");
    };
    for (const top of tops(root)) visit(top, -1);
    return { all: parts.join(""), elements };
  };

  // The last element that begins at or before a place of the text.
  const lastBefore = (elements, place) => {
    let [low, high] = [0, elements.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (elements[middle].start <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  // The smallest elements below `root`, itself included, that contain the folded text: [{element, says}].
  const smallestWith = (root, text) => {
    const { all, elements } = remember("texts", root, () => write(root));
    const holders = new Set();
    for (let from = all.indexOf(text); from >= 0 && elements.length; from = all.indexOf(text, from + 1)) {
      let at = lastBefore(elements, from);
      while (at >= 0 && elements[at].end < from + text.length) at = elements[at].parent;
      if (at >= 0) holders.add(at);
    }
    const places = [...holders].sort((a, b) => a - b);
    const innermost = places.filter((at, index) => !(places[index + 1] <= elements[at].last));
    return innermost.map((at) => ({ element: elements[at].element, says: all.slice(elements[at].start, elements[at].end) }));
  };

  return { smallestWith };
}
