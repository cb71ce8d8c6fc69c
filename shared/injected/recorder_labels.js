// What a person would call an element: its label, else what stands beside it, else its name made readable.
({ tagOf, roleOf, nameOf, labelText, textOf, upOf, isVolatile, isField, visibleText, isSilent }) => {
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
  const isApart = (one) => isField(one) || isSilent(one) || Boolean(one.querySelector("input,select,textarea,button")) || Boolean(one.control);

  const isToolbar = (one) => one.nodeType === Node.ELEMENT_NODE && (roleOf(one) === "toolbar" || /toolbar/i.test(one.getAttribute("class") || ""));

  // The text just before it in the page, as `Name: [field]` has it, or `Name` in the cell before.
  const before = (element) => {
    for (let node = element, level = 0; node && node !== document.body && level < LEVELS; node = upOf(node), level++) {
      for (let one = node.previousSibling; one; one = one.previousSibling) {
        if (isToolbar(one)) continue;
        if (one.nodeType === Node.ELEMENT_NODE && isApart(one)) return "";
        const said = tidy(one.nodeType === Node.TEXT_NODE ? one.data : one.nodeType === Node.ELEMENT_NODE ? textOf(one, 2 * NEAR) : "");
        if (said) return short(said);
      }
    }
    return "";
  };

  // The head of the column that it stands in.
  const column = (element) => {
    const cell = element.closest("td");
    const table = cell && cell.closest("table");
    const head = table && table.querySelector("tr");
    const over = head && head.cells && head.cells[cell.cellIndex];
    return over && over !== cell && tagOf(over) === "th" ? short(tidy(textOf(over))) : "";
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

  // Its own words, without those of what is inside: of a menu that opens, the word that one sees before.
  const ownText = (element) => tidy([...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join(" "));

  const labelOf = (element) => {
    const named = [labelText(element), nameOf(element), element.getAttribute("placeholder"), element.getAttribute("title")];
    const said = isField(element) ? [...named, column(element), before(element)] : [...named, ownText(element), visibleText(element)];
    const made = [humanised(element.getAttribute("name")), humanised(element.id)];
    if (!isField(element)) made.push(before(element));
    if (roleOf(element) === "generic") made.push(icon(element));
    else made.unshift(icon(element));
    const all = [...said, ...made].map(tidy).filter(Boolean);
    const told = all.find((one) => /[\p{L}\p{N}]/u.test(one)) || all[0];
    const role = roleOf(element);
    return told || humanised(role === "generic" ? tagOf(element) : role);
  };

  return { labelOf };
}
