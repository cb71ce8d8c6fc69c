// The locator strategies: what was recorded about an element, as queries that each give the elements they match.
(retold) => {
  const { fold, label, isVolatile, tagOf, roleOf, visibleText, textOf, nameOf, everything, TEST_IDS, BUTTONS } = retold;
  const LONGEST_TEXT = 200;
  const ROLE_SUFFIX = /\[\s*role\s*=\s*["']?([\w-]+)["']?\s*\]\s*$/;
  const QUOTED = /^(["'])(.*)\1$/s;

  const attempt = (query) => {
    try {
      return [...query()];
    } catch {
      return []; // a selector that this browser cannot read matches nothing
    }
  };

  const css = (root, selector) => attempt(() => root.querySelectorAll(selector));
  const deepCss = (root, selector) => {
    const roots = [root, ...everything(root).map((element) => element.shadowRoot).filter(Boolean)];
    return roots.flatMap((one) => css(one, selector));
  };

  // `/html[1]/body[1]/…` by hand: works in shadow trees, and for elements of any namespace.
  const byPath = (root, path) => {
    let level = [root];
    for (const step of path.split("/").filter(Boolean)) {
      const [, tag, place] = step.match(/^([\w-]+)(?:\[(\d+)\])?$/);
      const children = level.flatMap((node) => {
        const same = [...node.children].filter((child) => tagOf(child) === tag.toLowerCase());
        return place ? same.slice(place - 1, place) : same;
      });
      level = children;
    }
    return level;
  };

  const xpath = (root, expression) => attempt(() => {
    if (/^(\/[\w-]+(\[\d+\])?)+$/.test(expression)) return byPath(root, expression);
    const found = document.evaluate(expression, root, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
    const nodes = Array.from({ length: found.snapshotLength }, (_, index) => found.snapshotItem(index));
    return nodes.filter((node) => node.nodeType === Node.ELEMENT_NODE && root.contains(node));
  });

  // Elements of that accessible name; where no control or heading has it, the smallest with that text.
  const aria = (root, spelling) => {
    const role = (spelling.match(ROLE_SUFFIX) || [])[1];
    const name = spelling.replace(ROLE_SUFFIX, "").trim().replace(QUOTED, "$2");
    const wanted = label(name);
    const found = everything(root).filter((element) => {
      const own = roleOf(element);
      if (role ? own !== role : own === "generic" && !element.hasAttribute("aria-label")) return false;
      return !wanted || label(nameOf(element)) === wanted;
    });
    return found.length || role || !wanted ? innermost(found) : text(root, name, true);
  };

  // A table cell is called like the one button in it: the button is meant.
  const innermost = (found) => {
    const outer = new Set();
    const all = new Set(found);
    for (const one of found) for (let up = one.parentElement; up; up = up.parentElement) if (all.has(up)) outer.add(up);
    return found.filter((one) => !outer.has(one));
  };

  const says = (element) =>
    tagOf(element) === "input" ? (BUTTONS.has(element.type) ? element.value : "") : textOf(element, 1e5);

  // The smallest elements that contain the text; only those that say nothing else, if there are such.
  const text = (root, wanted, exact = false) => {
    const folded = label(wanted.replace(QUOTED, "$2"));
    if (!folded) return [];
    const smallest = [];
    const visit = (node) => {
      const children = [...(node.shadowRoot ? node.shadowRoot.children : []), ...node.children];
      const inside = children.filter((child) => fold(says(child)).includes(folded) || child.shadowRoot);
      const before = smallest.length;
      inside.forEach(visit);
      if (smallest.length === before && node.nodeType === Node.ELEMENT_NODE && fold(says(node)).includes(folded)) smallest.push(node);
    };
    visit(root instanceof Document ? root.body || root : root);
    const equal = smallest.filter((element) => label(says(element)) === folded);
    return equal.length || exact ? equal : smallest;
  };

  const spelled = (root, part) => {
    const [, kind, rest] = part.match(/^(aria|xpath|pierce|text|css)\/(.*)$/s) || [null, "css", part];
    return { aria, xpath, pierce: deepCss, text, css }[kind](root, rest);
  };

  // An alternative of the recorder: each part is looked up inside the elements of the part before.
  const chain = (root, parts) => {
    let level = [root];
    parts.forEach((part, index) => {
      const roots = index ? level.map((element) => element.shadowRoot || element) : level;
      level = [...new Set(roots.flatMap((one) => spelled(one, part)))];
    });
    return level;
  };

  // Two spellings of one fact are one piece of evidence: `#id`, `//*[@id="id"]` and the bundle's id.
  const evidenceOf = (parts) => {
    const last = parts[parts.length - 1];
    const [, kind, rest] = last.match(/^(aria|xpath|pierce|text|css)\/(.*)$/s) || [null, "css", last];
    if (kind === "aria" || kind === "text") return rest.replace(ROLE_SUFFIX, "") ? kind : "path";
    const bare = rest.replace(/\\./g, "x").trim();
    if (/^[\w-]*#[\w-]+$/.test(bare) || /^\/\/[\w*-]+\[@id=(["'])[^"']*\1\]$/.test(bare)) return "id";
    if (/^[\w-]*\[\s*name\s*=[^\]]*\]$/.test(bare)) return "name";
    if (TEST_IDS.some((key) => new RegExp(`^[\\w-]*\\[\\s*${key}\\s*=[^\\]]*\\]$`).test(bare))) return "data_attributes";
    if (/[>/\s]|:nth|^[\w-]+$/.test(bare)) return "path";
    return /^[\w-]*(\.[\w-]+)+$/.test(bare) ? "class" : "selector";
  };

  // The name or text that a spelling asks for.
  const saidIn = (parts) => {
    const [, said] = parts[0].match(/^(?:aria|text)\/(.*)$/s) || [];
    return said ? said.replace(ROLE_SUFFIX, "").trim().replace(QUOTED, "$2") : "";
  };

  const spellingOf = (parts) => (parts[parts.length - 1].match(/^(aria|xpath|pierce|text)\//) || [null, "selector"])[1];

  // Where the recorded hosts lead; null while one of them is not there.
  const rootOf = (hosts) => {
    let root = document;
    for (const host of hosts || []) {
      const found = css(root, host)[0];
      if (!found || !found.shadowRoot) return null;
      root = found.shadowRoot;
    }
    return root;
  };

  const attribute = (key, value) => `[${key}=${JSON.stringify(value)}]`;

  const byData = (root, pairs) => {
    const tested = pairs.filter(([key]) => TEST_IDS.includes(key));
    return css(root, (tested.length ? tested : pairs).map(([key, value]) => attribute(key, value)).join(""));
  };

  const byText = (root, wanted, tag) => {
    const folded = fold(wanted);
    const same = (element) => {
      const said = fold(visibleText(element));
      return wanted.length >= LONGEST_TEXT ? said.startsWith(folded) : said === folded;
    };
    return tag ? css(root, tag).filter(same) : text(root, wanted, true);
  };

  // The queries of a bundle: [{name, evidence, find(root)}]. Values that change with every page load ask nothing.
  const ofBundle = (bundle) => {
    const queries = [];
    const said = { aria: bundle.aria, text: bundle.visibleText };
    const evidence = (name) => (name === "xpath" ? "path" : name);
    const add = (name, value, find) => value && queries.push({ name, evidence: evidence(name), said: said[name], find });
    const lasting = Object.entries(bundle.dataAttrs || {}).filter(([, value]) => value && !isVolatile(value));
    const classes = (bundle.className || "").split(/\s+/).filter((name) => name && !isVolatile(name));
    add("id", bundle.id && !isVolatile(bundle.id), (root) => css(root, attribute("id", bundle.id)));
    add("data_attributes", lasting.length, (root) => byData(root, lasting));
    add("name", bundle.name, (root) => css(root, attribute("name", bundle.name)));
    add("aria", bundle.aria, (root) => aria(root, bundle.aria));
    add("placeholder", bundle.placeholder, (root) => css(root, attribute("placeholder", bundle.placeholder)));
    add("text", bundle.visibleText, (root) => byText(root, bundle.visibleText, bundle.tag));
    add("xpath", bundle.xpath, (root) => xpath(root, bundle.xpath));
    add("class", classes.length, (root) => css(root, (bundle.tag || "") + classes.map((name) => `.${CSS.escape(name)}`).join("")));
    return queries;
  };

  // All queries of a step, the recorded primary locator first.
  const ofStep = ({ selector, alternatives, bundle }) => {
    const recorded = (parts) => ({ name: spellingOf(parts), evidence: evidenceOf(parts), said: saidIn(parts), find: (root) => chain(root, parts) });
    const lists = (alternatives || []).map((parts) => (Array.isArray(parts) ? parts : [parts])).filter((parts) => parts.length);
    const primary = selector && !lists.some((parts) => parts.length === 1 && parts[0] === selector) ? [[selector]] : [];
    const first = lists.filter((parts) => parts.length === 1 && parts[0] === selector);
    const rest = lists.filter((parts) => !first.includes(parts));
    const queries = [...primary, ...first, ...rest].map((parts) => ({ ...recorded(parts), whole: parts.length > 1 }));
    const all = [...queries, ...ofBundle(bundle)];
    if (all.length) all[0].primary = true;
    return all;
  };

  return { ofStep, ofBundle, rootOf, saidIn };
}
