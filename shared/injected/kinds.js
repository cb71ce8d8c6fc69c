// What can be done with an element: is it seen, pressed, filled, is it text that one types?
({ tagOf, typeOf, roleOf, labelsOf, treeOf, parentOf, focusedNow, BUTTONS }) => {
  const PRESSED = new Set([
    "button", "link", "tab", "menuitem", "menuitemcheckbox", "menuitemradio", "option", "checkbox", "radio", "switch",
    "treeitem", "combobox",
  ]);
  const TOGGLES = new Set(["checkbox", "radio", "switch", "menuitemcheckbox", "menuitemradio"]);
  const FIELD_EVENTS = new Set(["type", "select", "check", "uncheck"]);
  const NO_FIELD = new Set([...BUTTONS, "hidden"]);

  const hasBox = (element) => {
    const box = element.getBoundingClientRect();
    if (box.width > 0 && box.height > 0) return true;
    return [...element.children].some((child) => hasBox(child)); // a link of zero height around a floating picture
  };
  // The picture of which an area is a part.
  const pictureOf = (area) => {
    const map = area.closest("map");
    return map ? [...document.images].find((one) => one.useMap === `#${map.name}`) || null : null;
  };
  const isVisible = (element) => {
    if (element.isConnected && element.checkVisibility({ visibilityProperty: true })) return hasBox(element);
    if (element.localName === "area") return Boolean(pictureOf(element)) && isVisible(pictureOf(element));
    // What has no box at all may have contents that have one.
    return element.isConnected && getComputedStyle(element).display === "contents" && [...element.children].some(isVisible);
  };

  const isToggle = (element) => TOGGLES.has(roleOf(element));
  const isField = (element) => {
    const tag = tagOf(element);
    if (tag === "input") return !NO_FIELD.has(typeOf(element));
    return tag === "textarea" || tag === "select" || element.isContentEditable || isToggle(element) ||
      ["textbox", "searchbox", "combobox", "listbox", "slider", "spinbutton"].includes(roleOf(element));
  };
  const isTextEntry = (element) => {
    if (tagOf(element) === "input") return !NO_FIELD.has(element.type) && !["checkbox", "radio", "file"].includes(element.type);
    return ["textarea", "select", "option", "optgroup"].includes(tagOf(element)) || element.isContentEditable;
  };

  // The thing that a press on this element works: itself, or the button, link or the like around it.
  const pressedOf = (element) => {
    for (let node = element; node; node = parentOf(node)) {
      if (PRESSED.has(roleOf(node)) || node.localName === "label" || isField(node)) return node;
    }
    return element;
  };
  const isPressable = (element) => PRESSED.has(roleOf(element)) || isField(element);

  // Whether pressing here may commit something; focusing a text field or opening a list does not.
  const commits = (element) => {
    const pressed = pressedOf(element);
    const control = pressed.localName === "label" ? pressed.control : pressed;
    return !(control && isTextEntry(control));
  };

  // The field that is meant when a label or a wrapper around one field was named.
  const fieldOf = (element) => {
    if (isField(element)) return element;
    if (element.localName === "label" && element.control) return element.control;
    const inside = [...(treeOf(element) || element).querySelectorAll("input,textarea,select,[contenteditable]")].filter(isField);
    return inside.length === 1 ? inside[0] : null;
  };

  // Editors that draw their text themselves have the cursor in something that nobody sees.
  const KEYS = new Set(["type", "key_press", "key_down", "key_up"]);
  const takesKeys = (event, element) => KEYS.has(event) && element.isConnected && focusedNow() === element;

  const isFor = (event, element) => {
    if (typeOf(element) === "file") return true; // file fields are hidden behind buttons as a rule
    if (isVisible(element) || takesKeys(event, element)) return true;
    return (event === "click" || FIELD_EVENTS.has(event)) && isToggle(element) && labelsOf(element).some(isVisible);
  };

  const isEnabled = (element) => !element.matches(":disabled") && !element.closest('[aria-disabled="true"]');
  const isEditable = (element) => !element.readOnly && element.getAttribute("aria-readonly") !== "true";

  return {
    FIELD_EVENTS, isVisible, isToggle, isField, isTextEntry, pressedOf, isPressable, commits, fieldOf,
    isFor, takesKeys, isEnabled, isEditable, pictureOf,
  };
}
