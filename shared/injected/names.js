// What an element is called and what it is for: roles, accessible names, labels, texts. Never the value of a field.
({ fold }) => {
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
  let labels = null; // control -> its labels; `element.labels` walks the whole document each time

  const tagOf = (element) => element.localName.toLowerCase();
  const typeOf = (element) => (element.localName === "input" ? element.type : "");

  const roleOf = (element) => {
    const given = (element.getAttribute("role") || "").trim().split(/\s+/)[0];
    if (given) return given;
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

  // The text that a person reads in the element, without what is typed into fields.
  const textOf = (element, limit = 2000) => {
    let text = "";
    const visit = (node) => {
      if (text.length > limit) return;
      if (node.nodeType === Node.TEXT_NODE) text += node.data;
      else if (node.nodeType === Node.ELEMENT_NODE && !SILENT.has(node.nodeName) && !node.isContentEditable) {
        node.childNodes.forEach(visit);
        if (/^(BR|P|DIV|LI|TD|TH|TR|H[1-6]|OPTION)$/.test(node.nodeName)) text += " ";
      }
    };
    if (element.shadowRoot) element.shadowRoot.childNodes.forEach(visit);
    element.childNodes.forEach(visit);
    return text.replace(/\s+/g, " ").trim().slice(0, limit);
  };

  const visibleText = (element) => {
    if (typeOf(element) && BUTTONS.has(element.type)) return element.value.trim();
    return SILENT.has(element.nodeName) || element.isContentEditable ? "" : textOf(element);
  };

  const contentName = (element) => {
    let name = "";
    const visit = (node) => {
      if (node.nodeType === Node.TEXT_NODE) name += node.data;
      if (node.nodeType !== Node.ELEMENT_NODE || SILENT.has(node.nodeName) || !shown(node)) return;
      const own = node.getAttribute("aria-label") || (node.nodeName === "IMG" ? node.alt : "");
      if (own) name += ` ${own} `;
      else if (node.localName === "title" || node.nodeName !== "svg") node.childNodes.forEach(visit);
      else node.querySelectorAll("title").forEach((title) => (name += ` ${title.textContent} `));
    };
    element.childNodes.forEach(visit);
    return name.replace(/\s+/g, " ").trim();
  };

  const forget = () => (labels = null);

  const labelsOf = (element) => {
    if (!labels) {
      labels = new Map();
      const note = (root) => root.querySelectorAll("label").forEach((label) => {
        if (label.control) labels.set(label.control, [...(labels.get(label.control) || []), label]);
      });
      note(document);
      labels.seen = new Set([document]);
      labels.note = note;
    }
    const root = element.getRootNode();
    if (!labels.seen.has(root) && root.querySelectorAll) {
      labels.seen.add(root);
      labels.note(root);
    }
    return labels.get(element) || [];
  };

  const labelText = (element) => labelsOf(element).map((label) => textOf(label)).join(" ").trim();

  const referenced = (element) =>
    (element.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean)
      .map((id) => element.getRootNode().getElementById && element.getRootNode().getElementById(id)).filter(Boolean)
      .map((one) => one.getAttribute("aria-label") || contentName(one) || visibleText(one)).join(" ").trim();

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

  // The accessible name, near enough to what browsers compute to find an element by it.
  const nameOf = (element) => {
    const role = roleOf(element);
    const given = referenced(element) || (element.getAttribute("aria-label") || "").trim() || nativeName(element);
    if (given) return given.replace(/\s+/g, " ").trim();
    const content = NAMED_BY_CONTENT.has(role) ? contentName(element) : "";
    const rest = content || element.getAttribute("title") || element.getAttribute("placeholder") || "";
    return rest.replace(/\s+/g, " ").trim();
  };

  const sameText = (a, b) => fold(a) === fold(b);

  return { tagOf, typeOf, roleOf, textOf, visibleText, nameOf, labelText, labelsOf, sameText, forget, BUTTONS };
}
