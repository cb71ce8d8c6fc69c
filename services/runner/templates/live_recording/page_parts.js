// What the other files use of the page: its elements by their ids, and a way to make new ones.
export const of = (id) => document.getElementById(id);

export const make = (tag, className = "", text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

// An icon of those that stand in the page (the symbols `i-…`).
export const icon = (name) => {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  picture.setAttribute("aria-hidden", "true");
  picture.append(use);
  return picture;
};

// A button that is an icon only; what it does is said to those who cannot see it, and shown to those who point at it.
export const iconButton = (name, does, act) => {
  const button = Object.assign(make("button", "icon"), { type: "button", title: does });
  button.setAttribute("aria-label", does);
  button.append(icon(name));
  button.addEventListener("click", act);
  return button;
};

// Put into the page only what has changed: a field that somebody writes in keeps what is written.
export const fill = (element, text) => {
  if ("value" in element && element.tagName !== "BUTTON") {
    if (document.activeElement !== element && element.value !== text) element.value = text;
  } else if (element.textContent !== text) element.textContent = text;
};
