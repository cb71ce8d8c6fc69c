// What is entered into fields: one step a field, as long as nothing else happens in between.
({ describe, isSecret, noteSecret, isTextEntry, tagOf, typeOf }) => {
  const TICKED = new Set(["checkbox", "radio"]);

  const UNSEEN = /[\u200b\ufeff]/g; // what editors put where nothing is written yet

  const hostOf = (element) => {
    let host = element;
    while (host.parentElement && host.parentElement.isContentEditable) host = host.parentElement;
    return host;
  };

  // The field that an element is, or is a part of; null: nothing is entered there.
  const fieldAt = (element) => {
    if (!element) return null;
    if (element.isContentEditable) return hostOf(element);
    const select = element.closest("select");
    if (select) return select;
    return isTextEntry(element) || TICKED.has(typeOf(element)) || typeOf(element) === "file" ? element : null;
  };

  const isBlock = (node) => !/^(inline|contents)/.test(getComputedStyle(node).display);

  // What somebody would type to write an editable text: a new line for each block, however far apart they are drawn.
  const writtenIn = (editable) => {
    const lines = [""];
    let due = false; // whether what comes begins a line
    const line = () => due && lines.push("");
    const visit = (parent) => {
      for (const node of parent.childNodes) {
        if (node.nodeType === Node.TEXT_NODE && (node.data.trim() || !/\n/.test(node.data))) {
          line();
          due = false;
          lines[lines.length - 1] += node.data.replace(/\u00a0/g, " ").replace(UNSEEN, "");
        }
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        const block = isBlock(node);
        if (node.localName === "br") line();
        if (block && lines.join("")) due = true;
        visit(node);
        if (block || node.localName === "br") due = true;
      }
    };
    visit(editable);
    return lines.join("\n");
  };

  const valueOf = (field) => (field.isContentEditable ? writtenIn(field) : field.value);

  // By its value, as long as that is no other option's as well.
  const optionValue = (option, all) => (all.some((one) => one !== option && one.value === option.value) ? option.label : option.value);
  const chosenIn = (select) => [...select.selectedOptions].map((option) => optionValue(option, [...select.options])).join("\n");

  const typing = ({ out, at, keep }) => {
    let before = null; // {field, what}: described before the page reacted to what is typed
    let chooser = null; // the click that opened a file chooser
    let scripted = null; // the field that a script has just pressed
    let wanted = null; // {field, checked}: what a click made of a box, before the page could set it back for a while

    const whatOf = (field) => (before && before.field === field ? before.what : describe(field));
    const remember = (field, what) => (before = { field, what });

    const onBeforeInput = (event) => {
      const field = fieldAt(at(event));
      if (field && !out.lastOn(field, "type") && (!before || before.field !== field)) remember(field, describe(field));
    };

    const pressedFor = (field) => out.lastOn(field, "click");

    const typed = (field, event) => {
      const secret = isSecret(field);
      if (secret) noteSecret(field);
      const value = secret ? {} : { value: valueOf(field) };
      const growing = out.lastOn(field, "type");
      if (growing) return void out.amend(growing, value, { soon: true });
      const metadata = secret ? { secret: true } : {};
      out.say("type", event, whatOf(field), { element: field, instead: pressedFor(field), metadata, ...value });
      before = null;
    };

    const selected = (field, event) => {
      const value = chosenIn(field);
      const growing = out.lastOn(field, "select");
      if (growing) out.amend(growing, { value });
      else out.say("select", event, whatOf(field), { element: field, instead: pressedFor(field), value });
    };

    const ticked = (field, event) => {
      const { checked } = wanted && wanted.field === field ? wanted : field;
      const name = checked ? "check" : "uncheck";
      const growing = out.lastOn(field, "check", "uncheck");
      if (growing) out.amend(growing, { event: name });
      else out.say(name, event, whatOf(field), { element: field, instead: pressedFor(field) });
    };

    const uploaded = async (field, event) => {
      const files = [...field.files];
      const metadata = { files: files.map(({ name, size }) => ({ name, size })) };
      const entry = out.say("upload", event, describe(field), { element: field, instead: chooser, metadata });
      chooser = null;
      if (!keep) return;
      const kept = await Promise.all(files.map((file) => keep(file).catch(() => null))); // then a row must give it
      if (kept.every(Boolean)) out.amend(entry, { value: kept.join("\n") });
    };

    const onInput = (event) => {
      const field = fieldAt(at(event));
      if (!field || field === scripted) return void (scripted = null);
      if (tagOf(field) === "select") selected(field, event);
      else if (typeOf(field) === "file") uploaded(field, event);
      else if (TICKED.has(typeOf(field))) ticked(field, event);
      else typed(field, event);
    };

    // A script that presses a file field opens a chooser; the press that led to it needs no step of its own. What a
    // script ticks, a person did not, though the browser tells of it as if.
    const onScriptedClick = (event) => {
      const [pressed] = event.composedPath();
      const last = out.lastTold();
      if (!(pressed instanceof HTMLInputElement)) return;
      if (pressed.type === "file" && last && last.step.event === "click") chooser = last;
      scripted = TICKED.has(pressed.type) ? pressed : null;
    };
    const onClick = (event) => {
      scripted = null;
      const [pressed] = event.composedPath();
      wanted = TICKED.has(pressed.type) ? { field: pressed, checked: pressed.checked } : null;
    };

    return { remember, listeners: { beforeinput: onBeforeInput, input: onInput, click: onClick }, onScriptedClick };
  };

  return { typing, fieldAt, valueOf };
}
