// Fields: what kind they are, what they hold, and what of filling them is done in the page. What a person would do with
// keys is done by real input from outside.
({ tagOf, typeOf, roleOf, isToggle, fold, nameOf, upOf, parentOf, focusedNow, commits, scrolling }) => {
  const SET_NATIVELY = new Set(["date", "time", "datetime-local", "month", "week", "color", "range"]);
  const MOST_OFFERED = 12;

  const kindOf = (element) => {
    if (tagOf(element) === "select") return "select";
    if (typeOf(element) === "file") return "file";
    if (isToggle(element)) return roleOf(element) === "radio" ? "radio" : "toggle";
    if (SET_NATIVELY.has(typeOf(element))) return "value";
    return element.isContentEditable ? "editable" : "text";
  };

  const isThere = (element) => Boolean(element && element.isConnected);
  const isTicked = (element) => ("checked" in element ? element.checked : element.getAttribute("aria-checked") === "true");
  // {gone: true} when it is no more.
  const isChecked = (element) => (isThere(element) ? isTicked(element) : { gone: true });

  const valueOf = (element) => (element.isContentEditable ? element.innerText.replace(/\n$/, "") : element.value ?? "");

  const squash = (text) => text.normalize("NFKC").replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();

  // The numbers that a text may mean: 1.234 is one and a bit, or more than a thousand. None: it is no number.
  const AMOUNT = /^[^\p{L}\p{N}+-]*([+-]?)\s*(\d{1,3}(?:([.,'\s])\d{3})+|\d+)(?:([.,])(\d+))?[^\p{L}\p{N}]*$/u;
  const amountsOf = (text) => {
    const [, sign, whole, thousands, point, rest = ""] = text.match(AMOUNT) || [];
    if (whole === undefined || (point && point === thousands)) return [];
    const groups = thousands ? whole.split(thousands) : [whole];
    const numbers = [`${groups.join("")}.${rest}`];
    if (!point && groups.length === 2 && /[.,]/.test(thousands)) numbers.push(groups.join("."));
    return numbers.map((number) => Number(sign + number));
  };

  const inNumbers = (text) => text.replace(/[^\d.,]/g, "");

  // Whether the field holds what was typed: equal, the same amount, or equal in its letters and digits (a mask formats the
  // rest).
  const took = (element, wanted) => {
    if (!isThere(element)) return false;
    const value = String(valueOf(element));
    if (value === wanted || value.replace(/\r\n?/g, "\n") === wanted.replace(/\r\n?/g, "\n")) return true;
    // Before its letters and digits are compared: a field for numbers leaves out a comma, and 12,5 is not 125.
    if (["number", "range"].includes(element.type)) return value !== "" && Number(value) === Number(wanted.replace(",", "."));
    const [is, was] = [amountsOf(value), amountsOf(wanted)];
    if (is.length && was.length && /[.,]/.test(value + wanted)) return is.length + was.length < 4 ? is.some((one) => was.includes(one)) : inNumbers(value) === inNumbers(wanted);
    const [now, then] = [squash(value), squash(wanted)];
    if (then && now === then) return true;
    return fold(wanted) === fold(value);
  };

  // As a page hears of a choice that was made in a list, or of a date that was picked.
  const tell = (element) => {
    element.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
    element.dispatchEvent(new Event("change", { bubbles: true }));
  };

  // The options to choose for a value: by their value, else by what they say. One that matches several is none.
  const optionFor = (select, wanted) => {
    const all = [...select.options];
    const says = (option) => [option.label, option.text].map(fold);
    const levels = [(one) => one.value === wanted, (one) => says(one).includes(fold(wanted)), (one) => fold(one.value) === fold(wanted)];
    for (const level of levels) {
      const fit = all.filter(level);
      if (fit.length === 1) return { index: fit[0].index, disabled: fit[0].matches(":disabled") };
      if (fit.length > 1) return { several: fit.length };
    }
    return { offered: all.slice(0, MOST_OFFERED).map((one) => one.text.trim()) };
  };

  // The option for a value; of a list that takes several, one a line: `indexes`. What fails first is the answer.
  const optionsFor = (select, wanted) => {
    const lines = select.multiple ? wanted.split("\n").map((line) => line.trim()).filter(Boolean) : [];
    if (lines.length < 2) return optionFor(select, wanted);
    const found = lines.map((line) => optionFor(select, line));
    const wrong = found.find((one) => one.index === undefined || one.disabled);
    return wrong || { ...found[0], indexes: found.map((one) => one.index) };
  };

  const isChosen = (select, index) => {
    const option = select.options && select.options[index];
    return Boolean(option && (select.selectedIndex === index || (select.multiple && option.selected)));
  };
  // {gone: true} when it is no more.
  const chosen = (select, index) => (isThere(select) ? isChosen(select, index) : { gone: true });

  // Chooses an option of a list; of one that takes several, only these. -> whether it is chosen now, or {gone: true}.
  const chooseOption = (select, index, indexes = [index]) => {
    if (!isThere(select)) return { gone: true };
    const option = select.options && select.options[index];
    if (!option || option.matches(":disabled")) return false;
    scrolling(select, () => select.focus());
    if (select.multiple) for (const one of select.options) one.selected = indexes.includes(one.index);
    else option.selected = true;
    tell(select);
    return chosen(select, index);
  };

  // The radio button of the same group that has this value or this label.
  const radioFor = (element, wanted) => {
    if (element.type !== "radio") return null;
    const group = [...element.getRootNode().querySelectorAll('input[type="radio"]')];
    const mine = group.filter((one) => one.name === element.name && one.form === element.form);
    const named = (one) => one.value === wanted || fold(nameOf(one)) === fold(wanted);
    const fit = mine.filter(named);
    return fit.length === 1 ? fit[0] : null;
  };

  const meansNothing = (element, value) => {
    const probe = document.createElement("input");
    for (const name of ["type", "min", "max", "step"]) if (element.hasAttribute(name)) probe.setAttribute(name, element.getAttribute(name));
    probe.value = value;
    return probe.value !== value;
  };

  // Gives a date, a colour or the like its value; false: it is none, and nothing was changed.
  const setValue = (element, wanted) => {
    const value = element.type === "color" ? wanted.trim().toLowerCase() : wanted.trim();
    if (value && meansNothing(element, value)) return false;
    scrolling(element, () => element.focus());
    // The prototype's: a page's framework may have put a setter of its own before it, to notice what it did itself.
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(element, value);
    tell(element);
    return element.type === "color" || element.type === "range" || element.value === value;
  };

  const hostOf = (element) => {
    let host = element;
    for (let up = upOf(host); up && up.isContentEditable; up = upOf(up)) host = up;
    return host;
  };

  const selectIn = (element, mode) => {
    const selection = getSelection();
    const range = document.createRange();
    range.selectNodeContents(element);
    if (mode !== "replace") range.collapse(false);
    selection.removeAllRanges();
    selection.addRange(range);
  };

  const caretToEnd = (element) => {
    if (element.editContext) return; // an editor keeps its own cursor
    try {
      element.setSelectionRange(element.value.length, element.value.length);
    } catch {
      const selection = getSelection(); // an e-mail address or a number has no range that a script may set
      if (selection.modify) selection.modify("move", "forward", "documentboundary");
    }
  };

  // Puts the cursor into a field: over all that is in it (`replace`) or behind it. -> whether the cursor is there.
  const enter = (element, mode) => {
    const editable = element.isContentEditable;
    const target = editable ? hostOf(element) : element;
    scrolling(target, () => target.focus());
    if (editable) selectIn(element, mode);
    else if (mode !== "replace") caretToEnd(element);
    else if (element.select) element.select();
    const now = focusedNow();
    return now === target || (editable && Boolean(now) && (now.contains(target) || target.contains(now)));
  };

  const isTyping = () => {
    const active = focusedNow();
    return Boolean(active && active !== document.body && !commits(active));
  };

  return { kindOf, isTicked, isChecked, took, optionsFor, chosen, chooseOption, radioFor, setValue, enter, isTyping };
}
