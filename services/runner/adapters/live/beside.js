// Beside the recorder in every frame: what no picture shows (the list of a select, a date picker), the cursor, files.
(tell, start, keepBytes, streamed) => {
  const PICKED = new Set(["date", "time", "datetime-local", "month", "week", "color"]);
  const ICON = 32; // px at the end of a date field, where its picker is opened
  const LARGEST = 16 * 1024 ** 2;
  const MOST_COPIED = 100000;
  const CHUNK = 0x8000;
  const AT_ONCE = { capture: true };
  const ours = new WeakSet();
  const keeping = new Map();
  let open = null; // {id, element}
  let count = 0;
  let cursor = "";

  const here = Math.random().toString(36).slice(2, 10);
  const labelOf = (element) => (element.labels && element.labels[0] && element.labels[0].innerText) || element.getAttribute("aria-label") || element.name || "";
  const isUnique = (option, all) => all.filter((one) => one.value === option.value).length === 1;
  const keyOf = (option, all) => (isUnique(option, all) ? option.value : `#${option.index}`);
  const optionsOf = (select) => {
    const all = [...select.options];
    return all.slice(0, 1000).map((option) => ({
      value: keyOf(option, all), text: option.label.slice(0, 200), selected: option.selected,
      group: option.parentElement.localName === "optgroup" ? option.parentElement.label : null,
      disabled: option.disabled || Boolean(option.parentElement.disabled),
    }));
  };

  // What a text field suggests, of that what fits what is in it already.
  const suggestionsOf = ({ list, value }) => {
    const said = value.toLowerCase();
    const fits = [...list.options].filter((option) => option.value && `${option.value} ${option.label}`.toLowerCase().includes(said));
    return fits.slice(0, 1000).map((option) => ({ value: option.value, text: (option.label || option.value).slice(0, 200), selected: false, group: null, disabled: option.disabled }));
  };

  const close = () => {
    if (open) tell({ kind: "control_gone", control: open.id });
    open = null;
  };
  const show = (element) => {
    close();
    open = { id: `${here}.${++count}`, element };
    const { x, y, width, height } = element.getBoundingClientRect();
    const isSelect = element.localName === "select";
    const suggests = maySuggest(element);
    tell({
      kind: "control", control: open.id, type: isSelect || suggests ? "select" : element.type, multiple: isSelect && element.multiple, label: labelOf(element).trim().slice(0, 200),
      box: { x, y, width, height }, options: isSelect ? optionsOf(element) : suggests ? suggestionsOf(element) : [], value: element.value, min: element.min || null, max: element.max || null,
    });
  };

  const said = (element, type) => {
    const event = new Event(type, { bubbles: true, composed: true });
    ours.add(event);
    element.dispatchEvent(event);
  };
  // What a person chose in the place of the control, as rows set it too: by script.
  const choose = (id, value) => {
    const { element } = open && open.id === id ? open : {};
    close();
    if (!element || !element.isConnected || value === null) return;
    if (element.localName === "select") {
      const all = [...element.options];
      const wanted = new Set([value].flat());
      const before = element.selectedIndex;
      for (const option of all) if (element.multiple || wanted.has(keyOf(option, all))) option.selected = wanted.has(keyOf(option, all));
      if (!element.multiple && element.selectedIndex === before) return;
    } else if (element.value !== value) element.value = String(value);
    said(element, "input");
    said(element, "change");
  };

  const pathOf = (event) => event.composedPath().find((one) => one instanceof Element) || null;
  const closedSelect = (element) => {
    const select = element && element.closest("select");
    return select && !select.disabled && !select.multiple && select.size <= 1 ? select : null;
  };
  const picked = (element) => (element && element.localName === "input" && PICKED.has(element.type) && !element.disabled && !element.readOnly ? element : null);
  const maySuggest = (element) => Boolean(element && element.localName === "input" && element.list && !PICKED.has(element.type) && !element.disabled && !element.readOnly);
  const listing = (element) => (maySuggest(element) && suggestionsOf(element).length ? element : null);
  const instead = (event, element) => {
    event.preventDefault();
    element.focus({ preventScroll: true });
    show(element);
  };
  const onDown = (event) => {
    const select = event.isTrusted && event.button === 0 && closedSelect(pathOf(event));
    if (select) instead(event, select);
    else if (open && !open.element.contains(pathOf(event))) close();
  };
  const onClick = (event) => {
    const field = event.isTrusted && (picked(pathOf(event)) || listing(pathOf(event)));
    if (field && (field.type === "color" || event.offsetX >= field.clientWidth - ICON)) instead(event, field);
  };
  const onKey = (event) => {
    const opens = event.key === "F4" || event.key === " " || (event.altKey && /^Arrow(Up|Down)$/.test(event.key));
    const element = opens && event.isTrusted && (closedSelect(pathOf(event)) || picked(pathOf(event)));
    if (element) instead(event, element);
    const field = event.key === "ArrowDown" && event.isTrusted && listing(pathOf(event));
    if (!field) return;
    event.stopImmediatePropagation(); // it only opens what a person then chooses from
    instead(event, field);
  };
  const onMove = (event) => {
    const element = pathOf(event);
    const now = element ? getComputedStyle(element).cursor.slice(-100) : "auto";
    if (now !== cursor) tell({ kind: "cursor", cursor: (cursor = now) });
  };
  const onCopy = (event) => {
    const field = pathOf(event);
    const inField = field && typeof field.value === "string" && field.type !== "password" && typeof field.selectionStart === "number";
    const text = inField ? field.value.slice(field.selectionStart, field.selectionEnd) : String(getSelection());
    if (event.isTrusted && text) tell({ kind: "copied", text: text.slice(0, MOST_COPIED) });
  };

  // A file that was chosen: what a step's value calls it, once it is kept.
  const keep = async (file) => {
    if (!streamed && file.size > LARGEST) return null;
    const ticket = ++count;
    const kept = new Promise((resolve) => keeping.set(ticket, resolve));
    if (streamed) tell({ kind: "keep", ticket, name: file.name, size: file.size });
    else {
      const bytes = new Uint8Array(await file.arrayBuffer());
      let text = "";
      for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
      keepBytes(JSON.stringify({ ticket, name: file.name, base64: btoa(text) }));
    }
    return kept;
  };
  const kept = (ticket, value) => {
    const resolve = keeping.get(ticket);
    keeping.delete(ticket);
    if (resolve) resolve(value);
  };

  if (streamed) {
    addEventListener("mousedown", onDown, AT_ONCE);
    addEventListener("click", onClick, AT_ONCE);
    addEventListener("keydown", onKey, AT_ONCE);
    addEventListener("mousemove", onMove, { capture: true, passive: true });
    addEventListener("copy", onCopy, AT_ONCE);
    addEventListener("cut", onCopy, AT_ONCE);
    addEventListener("pagehide", close, AT_ONCE);
  }
  const recording = start({ tell, keep, asks: true, ours: (event) => ours.has(event), resizes: !streamed });
  return { recording, choose, kept };
}
