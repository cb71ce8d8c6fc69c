// Reading and preparing fields; whatever a person would see as typing is done by real input from outside.
({ tagOf, typeOf, roleOf, isToggle, fold, nameOf, everything, commits }) => {
  const kindOf = (element) => {
    if (tagOf(element) === "select") return "select";
    if (typeOf(element) === "file") return "file";
    if (isToggle(element)) return roleOf(element) === "radio" ? "radio" : "toggle";
    return element.isContentEditable ? "editable" : "text";
  };

  const isChecked = (element) => ("checked" in element ? element.checked : element.getAttribute("aria-checked") === "true");

  const valueOf = (element) => (element.isContentEditable ? element.innerText.replace(/\n$/, "") : element.value ?? "");

  const squash = (text) => text.normalize("NFKC").replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();

  // Whether the field holds what was typed: equal, or equal in its letters and digits (a mask formats the rest).
  const took = (element, wanted) => {
    const value = valueOf(element);
    if (value === wanted || value.replace(/\r\n?/g, "\n") === wanted.replace(/\r\n?/g, "\n")) return true;
    const [now, then] = [squash(value), squash(wanted)];
    if (then && now === then) return true;
    if (["number", "range"].includes(element.type)) return value !== "" && Number(value) === Number(wanted.replace(",", "."));
    return fold(wanted) === fold(value);
  };

  // The options to choose for a value: by their value, else by what they say. One that matches several is none.
  const optionsFor = (select, wanted) => {
    const all = [...select.options];
    const says = (option) => [option.label, option.text].map(fold);
    const levels = [(one) => one.value === wanted, (one) => says(one).includes(fold(wanted)), (one) => fold(one.value) === fold(wanted)];
    for (const level of levels) {
      const fit = all.filter(level);
      if (fit.length === 1) return { index: fit[0].index, disabled: fit[0].disabled };
      if (fit.length > 1) return { several: fit.length };
    }
    return { offered: all.slice(0, 12).map((one) => one.text.trim()) };
  };

  const chosen = (select, index) => select.selectedIndex === index || Boolean(select.multiple && select.options[index].selected);

  // The radio button of the same group that has this value or this label.
  const radioFor = (element, wanted) => {
    if (element.type !== "radio") return null;
    const group = [...element.getRootNode().querySelectorAll('input[type="radio"]')];
    const mine = group.filter((one) => one.name === element.name && one.form === element.form);
    const named = (one) => one.value === wanted || fold(nameOf(one)) === fold(wanted);
    const fit = mine.filter(named);
    return fit.length === 1 ? fit[0] : null;
  };

  // Blanks whatever shows one of the secrets, until `unblank`.
  const blanked = new Map();
  const blank = (secrets) => {
    const secretive = (text) => secrets.some((secret) => (secret.length > 2 ? text.includes(secret) : text === secret));
    for (const element of everything(document)) {
      const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("");
      if (!secretive("value" in element ? String(element.value) : own)) continue;
      blanked.set(element, element.style.visibility);
      element.style.setProperty("visibility", "hidden", "important");
    }
  };
  const unblank = () => {
    for (const [element, before] of blanked) element.style.visibility = before;
    blanked.clear();
  };

  const isTyping = () => {
    let active = document.activeElement;
    while (active && active.shadowRoot && active.shadowRoot.activeElement) active = active.shadowRoot.activeElement;
    return Boolean(active && active !== document.body && !commits(active));
  };

  return { kindOf, isChecked, took, optionsFor, chosen, radioFor, blank, unblank, isTyping };
}
