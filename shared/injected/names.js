// What an element is called and what it is for: roles, accessible names, labels, texts. Never the value of a field.
({ quoted, treeOf, eachIn, isMasked, remember }) => {
  const BUTTONS = new Set(["button", "submit", "reset", "image"]);
  const INPUT_ROLES = { checkbox: "checkbox", radio: "radio", range: "slider", number: "spinbutton", search: "searchbox" };
  const TAG_ROLES = {
    button: "button", summary: "button", textarea: "textbox", option: "option", img: "img", nav: "navigation", main: "main",
    header: "banner", footer: "contentinfo", aside: "complementary", form: "form", dialog: "dialog", table: "table",
    tr: "row", td: "cell", th: "columnheader", ul: "list", ol: "list", li: "listitem", fieldset: "group",
    progress: "progressbar", meter: "meter", article: "article", p: "paragraph", output: "status",
  };
  const NAMED_BY_CONTENT = new Set([
    "button", "link", "heading", "option", "tab", "menuitem", "menuitemcheckbox", "menuitemradio", "checkbox", "radio",
    "switch", "treeitem", "cell", "columnheader", "rowheader", "gridcell", "row", "tooltip",
  ]);
  const SILENT = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "TEXTAREA", "SELECT", "INPUT", "DATALIST"]);
  const ENDS_A_LINE = new Set("BR P DIV LI TD TH TR H1 H2 H3 H4 H5 H6 OPTION".split(" "));
  const LABELLED = new Set(["input", "textarea", "select", "button", "meter", "output", "progress"]);
  let many = null; // while many are asked for: {labels: root -> control -> its labels, names: element -> its name}

  const tagOf = (element) => element.localName.toLowerCase();
  const typeOf = (element) => (element.localName === "input" ? element.type : "");

  const roleOf = (element) => {
    const given = element.getAttribute("role");
    if (given && given.trim()) return given.trim().split(/\s+/)[0];
    const tag = tagOf(element);
    if (tag === "a" || tag === "area") return element.hasAttribute("href") ? "link" : "generic";
    if (tag === "input") {
      if (BUTTONS.has(element.type)) return "button";
      return INPUT_ROLES[element.type] || (element.hasAttribute("list") ? "combobox" : "textbox");
    }
    if (tag === "select") return element.multiple || element.size > 1 ? "listbox" : "combobox";
    if (/^h[1-6]$/.test(tag)) return "heading";
    if (element.isContentEditable && !(element.parentElement && element.parentElement.isContentEditable)) return "textbox";
    return TAG_ROLES[tag] || "generic";
  };

  const shown = (element) =>
    !element.hidden && element.getAttribute("aria-hidden") !== "true" &&
    (!element.checkVisibility || element.checkVisibility({ visibilityProperty: true }));

  const collapsed = (text) => text.replace(/\s+/g, " ").trim();

  // What a person types is no text of the page, nor is a script.
  const isSilent = (node) => SILENT.has(node.nodeName) || (node.hasAttribute("contenteditable") && node.isContentEditable);

  const isBare = (parent) => !parent.firstElementChild && !(parent instanceof HTMLSlotElement);

  // The text that a person reads in the element, without what is typed into fields. `spoken`: what a screen reader says.
  const textOf = (element, limit = 2000, spoken = false) => {
    let text = "";
    const take = (node) => {
      if (text.length > limit) return;
      if (isMasked(node)) visit(node);
      else if (node.nodeType === Node.TEXT_NODE) text += node.data;
      else if (node.nodeType === Node.ELEMENT_NODE && !isSilent(node) && !(spoken && node.getAttribute("aria-hidden") === "true")) {
        visit(node);
        if (ENDS_A_LINE.has(node.nodeName)) text += " ";
      }
    };
    const visit = (parent) => {
      if (isBare(parent)) text += parent.textContent; // the text nodes themselves cost more
      else eachIn(parent, take);
    };
    visit(treeOf(element) || element);
    return collapsed(text).slice(0, limit);
  };

  const visibleText = (element) => {
    if (typeOf(element) && BUTTONS.has(element.type)) return element.value.trim();
    return SILENT.has(element.nodeName) || element.isContentEditable ? "" : textOf(element);
  };

  const contentName = (element) => {
    let name = "";
    const take = (node) => {
      if (isMasked(node)) return visit(node);
      if (node.nodeType === Node.TEXT_NODE) name += node.data;
      if (node.nodeType !== Node.ELEMENT_NODE || SILENT.has(node.nodeName) || !(node instanceof HTMLSlotElement || shown(node))) return;
      const own = node.getAttribute("aria-label") || (node.nodeName === "IMG" ? node.alt : "");
      if (own) name += ` ${own} `;
      else if (node.localName === "title" || node.nodeName !== "svg") visit(node);
      else node.querySelectorAll("title").forEach((title) => (name += ` ${title.textContent} `));
    };
    const visit = (parent) => {
      if (isBare(parent)) name += parent.textContent;
      else eachIn(parent, take);
    };
    visit(element);
    return collapsed(name);
  };

  // From here on labels are looked up all at once, and names kept; `oneByOne` when the page may have changed.
  const gather = () => (many = remember("names", document, () => ({ labels: new Map(), names: new Map() })));
  const oneByOne = () => (many = null);

  const gathered = (root) => {
    if (!many.labels.has(root)) {
      const found = new Map();
      many.labels.set(root, found);
      for (const label of root.querySelectorAll("label")) {
        if (label.control) found.set(label.control, [...(found.get(label.control) || []), label]);
      }
    }
    return many.labels.get(root);
  };

  const labelsOf = (element) => {
    if (!LABELLED.has(element.localName) && !element.localName.includes("-")) return [];
    const root = element.getRootNode();
    if (!root.querySelectorAll) return [];
    // `element.labels` walks the whole document.
    if (many) return gathered(root).get(element) || [];
    const named = element.id ? [...root.querySelectorAll(`label[for=${quoted(element.id)}]`)] : [];
    const around = element.closest("label");
    const all = around && !named.includes(around) ? [...named, around] : named;
    return all.filter((label) => label.control === element);
  };

  const labelText = (element) => labelsOf(element).map((label) => textOf(label, 2000, true)).join(" ").trim();

  const referenced = (element) => {
    const ids = element.getAttribute("aria-labelledby");
    const root = ids && element.getRootNode();
    if (!root || !root.getElementById) return "";
    const named = ids.split(/\s+/).filter(Boolean).map((id) => root.getElementById(id)).filter(Boolean);
    return named.map((one) => one.getAttribute("aria-label") || contentName(one) || visibleText(one)).join(" ").trim();
  };

  const nativeName = (element) => {
    const tag = tagOf(element);
    if (tag === "input" && BUTTONS.has(element.type)) {
      const standard = { submit: "Submit", reset: "Reset" }[element.type] || "";
      return element.type === "image" ? element.alt || element.value : element.value || element.title || standard;
    }
    if (tag === "img" || tag === "area") return element.alt;
    const title = { fieldset: "legend", table: "caption", figure: "figcaption" }[tag];
    const child = title && element.querySelector(`:scope > ${title}`);
    return child ? textOf(child) : labelText(element);
  };

  const computedName = (element, role) => {
    const given = referenced(element) || (element.getAttribute("aria-label") || "").trim() || nativeName(element);
    if (given) return collapsed(given);
    const content = NAMED_BY_CONTENT.has(role) ? contentName(element) : "";
    return collapsed(content || element.getAttribute("title") || element.getAttribute("placeholder") || "");
  };

  // The accessible name, near enough to what browsers compute to find an element by it.
  const nameOf = (element, role = roleOf(element)) => {
    if (!many) return computedName(element, role);
    if (!many.names.has(element)) many.names.set(element, computedName(element, role));
    return many.names.get(element);
  };

  return { tagOf, typeOf, roleOf, textOf, visibleText, nameOf, labelText, labelsOf, gather, oneByOne, BUTTONS, isSilent, ENDS_A_LINE };
}
