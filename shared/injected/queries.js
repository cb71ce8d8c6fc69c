// What was recorded about an element, as queries: each finds the elements that it matches, or is checked on one.
(retold) => {
  const { fold, isVolatile, tagOf, quoted, askedOf, TEST_IDS, css, fitsCss, xpath, aria, fitsAria, text, fitsText, byText, recorded } = retold;
  const { ROLE_SUFFIX, QUOTED } = retold;
  const SPELLED = /^(aria|xpath|pierce|text|css)\/(.*)$/s;

  // Two spellings of one fact are one piece of evidence: `#id`, `//*[@id="id"]` and the bundle's id.
  const evidenceOf = (parts) => {
    const last = parts[parts.length - 1];
    const [, kind, rest] = last.match(SPELLED) || [null, "css", last];
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

  const byCss = (selector) => ({ find: (root) => css(root, selector), fits: (element, root) => fitsCss(element, selector, root) });
  const byAttribute = (key, value) => byCss(`[${key}=${quoted(value)}]`);

  // `#id` is looked up in an index; where a page is in quirks mode it does not mind the case, which we do.
  const byId = (id) => ({
    find: (root) => css(root, `#${CSS.escape(id)}`).filter((element) => element.id === id),
    fits: (element, root) => element.id === id && element.getRootNode() === root,
  });

  const byData = (pairs) => byCss(pairs.map(([key, value]) => `[${CSS.escape(key)}=${quoted(value)}]`).join(""));

  const byVisibleText = (wanted, tag) => {
    if (!tag) return { find: (root) => text(root, wanted, true), fits: (element, root) => fitsText(element, wanted, root), costly: true };
    const same = byText(wanted);
    return { find: (root) => css(root, tag).filter(same), fits: (element, root) => element.getRootNode() === root && tagOf(element) === tag && same(element), costly: true };
  };

  // The queries of a bundle: [{name, evidence, said, find(root), fits?(element), costly?}]. Values that change with every
  // page load ask nothing.
  const ofBundle = (bundle) => {
    const queries = [];
    const said = { aria: bundle.aria, text: bundle.visibleText };
    const add = (name, asked) => queries.push({ name, evidence: name === "xpath" ? "path" : name, said: said[name], ...asked });
    const data = askedOf(bundle.dataAttrs);
    const classes = (bundle.className || "").split(/\s+/).filter((name) => name && !isVolatile(name));
    if (bundle.id && !isVolatile(bundle.id)) add("id", byId(bundle.id));
    if (data.length) add("data_attributes", byData(data));
    if (bundle.name) add("name", byAttribute("name", bundle.name));
    if (bundle.aria) add("aria", { find: (root) => aria(root, bundle.aria), fits: (element, root) => fitsAria(element, bundle.aria, root), costly: true });
    if (bundle.placeholder) add("placeholder", byAttribute("placeholder", bundle.placeholder));
    if (bundle.visibleText) add("text", byVisibleText(bundle.visibleText, bundle.tag));
    if (bundle.xpath) add("xpath", { find: (root) => xpath(root, bundle.xpath) });
    if (classes.length) add("class", byCss((bundle.tag || "") + classes.map((name) => `.${CSS.escape(name)}`).join("")));
    return queries;
  };

  // All queries of a step, the recorded primary locator first.
  const ofStep = ({ selector, alternatives, bundle }) => {
    const lists = (alternatives || []).map((parts) => (Array.isArray(parts) ? parts : [parts])).filter((parts) => parts.length);
    const first = lists.filter((parts) => parts.length === 1 && parts[0] === selector);
    const primary = selector && !first.length ? [[selector]] : first;
    const rest = lists.filter((parts) => !first.includes(parts));
    const queries = [...primary, ...rest].map((parts) => ({
      name: spellingOf(parts), evidence: evidenceOf(parts), said: saidIn(parts), whole: parts.length > 1, ...recorded(parts),
    }));
    const all = [...queries, ...ofBundle(bundle)];
    if (all.length) all[0].primary = true;
    return all;
  };

  return { ofStep, ofBundle, saidIn };
}
