// How each locator strategy searches a page, and how it is checked on one element without searching.
(retold) => {
  const { fold, label, treeOf, raw, isMasked, upOf, everything, watchTree, quoted, tagOf, roleOf, visibleText, textOf, nameOf, smallestWith, gather, BUTTONS } = retold;
  const LONGEST_TEXT = 200;
  const MOST_INSIDE = 100; // elements in one that is checked; a larger one is found by searching
  const ROLE_SUFFIX = /\[\s*role\s*=\s*["']?([\w-]+)["']?\s*\]\s*$/;
  const QUOTED = /^(["'])(.*)\1$/s;
  // `/html[1]/body[1]/…` and `//*[@id="x"]/…`
  const BY_HAND = /^(?:\/\/([\w-]+|\*)\[@([\w-]+)=(["'])([^"']*)\3\])?((?:\/[\w-]+(?:\[\d+\])?)*)$/;
  const SPELLED = /^(aria|xpath|pierce|text|css)\/(.*)$/s;
  const SELECTABLE = "a,button,input,select,textarea,label,summary,option,[role],[contenteditable]";

  const attempt = (query) => {
    try {
      return query();
    } catch {
      return null; // a selector that this browser cannot read matches nothing
    }
  };

  const css = (root, selector) => attempt(() => [...root.querySelectorAll(selector)]) || [];
  const matches = (element, selector) => !selector.includes(":scope") && Boolean(attempt(() => element.matches(selector)));
  const fitsCss = (element, selector, root) => element.getRootNode() === root && matches(element, selector);
  const deepCss = (root, selector) => {
    const inner = everything(root).map(treeOf).filter(Boolean);
    return [root, ...inner].flatMap((one) => css(one, selector));
  };
  // `root` with all the shadow trees in it.
  const isIn = (element, root) => {
    for (let tree = element.getRootNode(); ; tree = tree.host.getRootNode()) {
      if (tree === root) return true;
      if (!(tree instanceof ShadowRoot)) return false;
    }
  };
  const fitsDeepCss = (element, selector, root) => isIn(element, root) && matches(element, selector);

  // The place-th child of that tag, or all of them.
  const childrenOf = (node, tag, place) => {
    const found = [];
    for (let child = raw.first(node); child; child = raw.next(child)) {
      if (!(child instanceof Element) || raw.tag(child).toLowerCase() !== tag) continue;
      found.push(child);
      if (found.length === place) return [child];
    }
    return place ? [] : found;
  };

  // By hand: works in shadow trees, and for elements of any namespace.
  const byPath = (level, path) => {
    for (const step of path.split("/").filter(Boolean)) {
      const [, tag, place] = step.match(/^([\w-]+)(?:\[(\d+)\])?$/);
      level = level.flatMap((node) => childrenOf(node, tag.toLowerCase(), Number(place)));
    }
    return level.filter((one) => !isMasked(one));
  };

  const isByHand = (expression) => expression !== "" && BY_HAND.test(expression);

  const xpath = (root, expression) => {
    if (isByHand(expression)) {
      const [, tag, attribute, , value, path] = expression.match(BY_HAND);
      if (!attribute) return byPath([root], path);
      const anchors = css(root, `[${attribute}=${quoted(value)}]`);
      return byPath(anchors.filter((one) => one.getAttribute(attribute) === value && (tag === "*" || tagOf(one) === tag)), path);
    }
    return attempt(() => {
      const found = document.evaluate(expression, root, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
      const nodes = Array.from({ length: found.snapshotLength }, (_, index) => found.snapshotItem(index));
      return nodes.filter((node) => node.nodeType === Node.ELEMENT_NODE && root.contains(node));
    }) || [];
  };

  // `Save[role="button"]` -> what it asks for, and whether an element is that.
  const askedFor = (spelling) => {
    const role = (spelling.match(ROLE_SUFFIX) || [])[1];
    const name = spelling.replace(ROLE_SUFFIX, "").trim().replace(QUOTED, "$2");
    const wanted = label(name);
    const is = (element) => {
      const own = roleOf(element);
      if (role ? own !== role : own === "generic" && !element.hasAttribute("aria-label")) return false;
      return !wanted || label(nameOf(element, own)) === wanted;
    };
    return { role, name, wanted, is };
  };

  // Elements of that accessible name; where no control or heading has it, the smallest with that text.
  const aria = (root, spelling) => {
    const { role, name, wanted, is } = askedFor(spelling);
    gather();
    const found = everything(root).filter(is);
    return found.length || role || !wanted ? innermost(found) : text(root, name, true);
  };

  const fitsAria = (element, spelling, root) => {
    const { is } = askedFor(spelling);
    if (!isIn(element, root) || !is(element)) return false;
    const inside = element.querySelectorAll("*");
    return inside.length <= MOST_INSIDE && ![...inside].some(is);
  };

  // A table cell is called like the one button in it: the button is meant.
  const innermost = (found) => {
    const outer = new Set();
    const all = new Set(found);
    for (const one of found) for (let up = upOf(one); up; up = upOf(up)) if (all.has(up)) outer.add(up);
    return found.filter((one) => !outer.has(one));
  };

  // The smallest elements that contain the text; only those that say nothing else, if there are such.
  const text = (root, wanted, exact = false) => {
    const folded = label(wanted.replace(QUOTED, "$2"));
    if (!folded) return [];
    const smallest = smallestWith(root, folded);
    const equal = smallest.filter((one) => label(one.says) === folded);
    return (equal.length || exact ? equal : smallest).map((one) => one.element);
  };

  const says = (element) => (tagOf(element) === "input" ? (BUTTONS.has(element.type) ? element.value : "") : textOf(element, 1e5));

  const fitsText = (element, wanted, root) => {
    const folded = label(wanted.replace(QUOTED, "$2"));
    return Boolean(folded) && isIn(element, root) && !element.querySelector(SELECTABLE) && label(says(element)) === folded;
  };

  const byText = (wanted) => {
    const folded = fold(wanted);
    return (element) => {
      const said = fold(visibleText(element));
      return wanted.length >= LONGEST_TEXT ? said.startsWith(folded) : said === folded;
    };
  };

  const SEARCHES = { aria, xpath, pierce: deepCss, text, css };
  const CHECKS = { aria: fitsAria, pierce: fitsDeepCss, text: fitsText, css: fitsCss };

  const spelled = (part) => {
    const [, kind, rest] = part.match(SPELLED) || [null, "css", part];
    return { kind, rest };
  };

  // An alternative of the recorder: each part is looked up inside the elements of the part before.
  const chain = (root, parts) => {
    let level = [root];
    parts.forEach((part, index) => {
      const { kind, rest } = spelled(part);
      const within = index ? level.map((element) => treeOf(element) || element) : level;
      level = [...new Set(within.flatMap((one) => SEARCHES[kind](one, rest)))];
    });
    return level;
  };

  // What a recorded alternative asks: {find, fits, costly}. Without `fits` it must be searched.
  const recorded = (parts) => {
    const { kind, rest } = spelled(parts[0]);
    const costly = parts.some((part) => ["aria", "text", "pierce"].includes(spelled(part).kind)) || (kind === "xpath" && !isByHand(rest));
    const fits = parts.length === 1 && CHECKS[kind] && ((element, root) => CHECKS[kind](element, rest, root));
    return { find: (root) => chain(root, parts), fits, costly };
  };

  // Where the recorded hosts lead; null while one of them is not there, or keeps its shadow root to itself: then it is
  // `retold.host`, and a driver may open it. `pierced`: one that has none at all is searched like any element.
  const rootOf = (hosts, pierced) => {
    let root = document;
    retold.host = null;
    for (const host of hosts || []) {
      const [found] = css(root, host);
      if (!found) return null;
      root = treeOf(found) || (pierced ? found : null);
      if (!root) retold.host = found;
      if (!root) return null;
      if (root !== found) watchTree(root);
    }
    return root;
  };

  return { css, fitsCss, xpath, aria, fitsAria, text, fitsText, byText, recorded, isIn, rootOf, ROLE_SUFFIX, QUOTED };
}
