// What a person would call an element: its label, else what stands beside it, else its name made readable.
({ tagOf, roleOf, nameOf, labelText, textOf, upOf, isVolatile, isField, fieldOf, visibleText, isSilent }) => {
  const LONGEST = 80;
  const NEAR = 60; // characters of a text beside a field that still names it
  const LEVELS = 6; // of wrappers around a field, that its name may stand before
  const ICONS = /(?:^|\s)(?:fa|bi|ti|ri|pi|mdi|lucide|glyphicon|anticon|icon)-(?!(?:solid|regular|light|brands|fw|lg|sm|xl|wrapper|button)\b)([a-z][a-z-]{2,})/;

  const UNSEEN = /[\u00ad\u200b\u200e\u200f\u2060\ufeff]/g; // what editors put where nothing is written yet
  const tidy = (text) => (text || "").replace(UNSEEN, "").replace(/[\s\u0000-\u001f\u007f]+/g, " ").replace(/[\s:*：]+$/, "").trim().slice(0, LONGEST).trim();

  const humanised = (name) => {
    if (!name || isVolatile(name)) return "";
    const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").match(/[\p{L}\p{N}]+/gu) || [];
    const readable = words.join(" ").toLowerCase();
    if (readable.replace(/\P{L}/gu, "").length < 2) return "";
    return readable[0].toUpperCase() + readable.slice(1);
  };

  const short = (text) => (text && text.length <= NEAR ? text : "");

  // What stands between it and the text of something else.
  const MOST_INSIDE = 8; // elements: more is no label, but a part of the page
  const isApart = (one) => isField(one) || one.getElementsByTagName("*").length > MOST_INSIDE || isSilent(one) || Boolean(one.querySelector("input,select,textarea,button")) || Boolean(one.control);

  const isToolbar = (one) => one.nodeType === Node.ELEMENT_NODE && (roleOf(one) === "toolbar" || /toolbar/i.test(one.getAttribute("class") || ""));

  // The text just before it in the page, as `Name: [field]` has it, or `Name` in the cell before. `across`: also that
  // before the fields in between, as of a code that is typed into one field a digit.
  const before = (element, across = false) => {
    for (let node = element, level = 0; node && node !== document.body && level < LEVELS; node = upOf(node), level++) {
      for (let one = node.previousSibling; one; one = one.previousSibling) {
        if (isToolbar(one) || (across && one.nodeType === Node.ELEMENT_NODE && isField(one))) continue;
        if (one.nodeType === Node.ELEMENT_NODE && isApart(one)) return "";
        const said = tidy(one.nodeType === Node.TEXT_NODE ? one.data : one.nodeType === Node.ELEMENT_NODE ? textOf(one, 2 * NEAR) : "");
        if (said) return short(said);
      }
    }
    return "";
  };

  // What a wordless thing belongs to: the words around it, or the one field there.
  const around = (element) => {
    for (let node = upOf(element), level = 0; node && node !== document.body && level < LEVELS; node = upOf(node), level++) {
      const said = tidy(textOf(node, 2 * NEAR));
      if (said) return short(said);
      const field = fieldOf(node);
      if (field && field !== element) return tidy(labelText(field) || nameOf(field)) || before(node);
    }
    return "";
  };

  // The head of the column that it stands in.
  const column = (element) => {
    const cell = element.closest("td");
    const table = cell && cell.closest("table");
    const head = table && table.querySelector("tr");
    const over = head ? head.cells[cell.cellIndex] : gridColumn(element);
    return over && over !== cell && roleOf(over) === "columnheader" ? short(tidy(textOf(over))) : "";
  };
  const gridColumn = (element) => {
    const cell = element.closest("[role=gridcell], [role=cell]");
    const grid = cell && cell.closest("[role=grid], [role=treegrid], [role=table]");
    const place = cell && [...cell.parentElement.children].filter((one) => roleOf(one) === roleOf(cell)).indexOf(cell);
    return grid && grid.querySelectorAll("[role=columnheader]")[place];
  };

  // What a picture without words shows, by the name that its makers gave it.
  const icon = (element) => {
    for (const one of [element, ...[...element.querySelectorAll("*")].slice(0, 5)]) {
      const [, drawn = ""] = (one.getAttribute("class") || "").match(ICONS) || [];
      const named = one.dataset.icon || (tagOf(one) === "svg" && one.dataset.testid) || drawn;
      if (named) return humanised(named.replace(/Icon$/, ""));
    }
    return "";
  };

  // Its own words, without those of what is inside: of a menu that opens, the word that one sees before. Words of which
  // a part is marked are all its own.
  const isMark = (node) => node.nodeType === Node.ELEMENT_NODE && getComputedStyle(node).display === "inline" && !node.firstElementChild;
  const isCut = (node, next) => next && node.nodeType !== next.nodeType && /\S$/.test(node.textContent) && /^[\p{L}\p{N}]/u.test(next.textContent);
  const ownText = (element) => {
    const nodes = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE || isMark(node));
    const whole = nodes.some((node) => isCut(node, node.nextSibling === nodes[nodes.indexOf(node) + 1] && node.nextSibling));
    return tidy(whole ? nodes.map((node) => node.textContent).join("") : nodes.filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join(" "));
  };

  const labelOf = (element) => {
    const named = [labelText(element), nameOf(element), element.getAttribute("placeholder"), element.getAttribute("title")];
    const said = isField(element) ? [...named, column(element), before(element)] : [...named, ownText(element), visibleText(element)];
    const made = [humanised(element.getAttribute("name")), humanised(element.id)];
    made.push(isField(element) ? before(element, true) : around(element));
    if (roleOf(element) === "generic") made.push(icon(element));
    else made.unshift(icon(element));
    const all = [...said, ...made].map(tidy).filter(Boolean);
    const told = all.find((one) => /[\p{L}\p{N}]/u.test(one)) || all[0];
    const role = roleOf(element);
    return told || humanised(role === "generic" ? tagOf(element) : role);
  };

  return { labelOf };
}
