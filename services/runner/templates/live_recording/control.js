// A list or a date that the recorded browser cannot draw: the same as a field of ours, over the picture.
import { make, of } from "./page_parts.js";
import { boxOf } from "./picture.js";

const MOST_LINES = 12;
const EDGE = 8; // px between it and the border of the stage

const optionOf = ({ value, text, selected, disabled }) => Object.assign(make("option", "", text), { value, selected, disabled });

const listOf = ({ options, multiple }) => {
  const list = Object.assign(make("select"), { multiple: Boolean(multiple) });
  const groups = new Map();
  for (const option of options) {
    if (!option.group) {
      list.append(optionOf(option));
      continue;
    }
    if (!groups.has(option.group)) {
      groups.set(option.group, Object.assign(make("optgroup"), { label: option.group }));
      list.append(groups.get(option.group));
    }
    groups.get(option.group).append(optionOf(option));
  }
  list.size = Math.max(2, Math.min(MOST_LINES, options.length + groups.size));
  return list;
};

const fieldOf = ({ type, value, min, max }) => {
  const field = Object.assign(make("input"), { type });
  if (min) field.min = min;
  if (max) field.max = max;
  field.value = value || "";
  return field;
};

// tell(message); back(): the keyboard goes to the page again.
export const followControls = (tell, back) => {
  const form = of("control");
  let open = null; // the id of what is asked

  const close = () => {
    if (open === null) return;
    open = null;
    form.hidden = true;
    form.replaceChildren();
    back();
  };

  const answer = (value) => {
    if (open === null) return;
    tell({ kind: "choose", control: open, value });
    close();
  };

  const valueOf = (field) => (field.multiple ? [...field.selectedOptions].map((one) => one.value) : field.value);

  const place = (box) => {
    const at = boxOf(box);
    const stage = of("stage");
    form.style.minWidth = `${Math.max(160, at.width)}px`;
    const below = at.top + at.height + 2;
    const top = below + form.offsetHeight > stage.clientHeight - EDGE ? Math.max(EDGE, at.top - form.offsetHeight - 2) : below;
    const left = Math.max(EDGE, Math.min(at.left, stage.clientWidth - form.offsetWidth - EDGE));
    Object.assign(form.style, { left: `${left}px`, top: `${top}px` });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(valueOf(form.querySelector("select, input")));
  });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") answer(null);
    if (event.key !== "Enter" || event.target.tagName === "BUTTON") return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("focusout", (event) => {
    if (open !== null && event.relatedTarget && !form.contains(event.relatedTarget)) answer(null);
  });

  const show = (told) => {
    const field = told.type === "select" ? listOf(told) : fieldOf(told);
    field.setAttribute("aria-label", told.label || "Choose");
    const chosenAtOnce = told.type === "select" && !told.multiple;
    if (chosenAtOnce) {
      field.addEventListener("click", (event) => event.target.tagName === "OPTION" && !event.target.disabled && answer(event.target.value));
      if (matchMedia("(pointer: coarse)").matches) field.addEventListener("change", () => answer(field.value));
    }
    const acts = make("div", "acts");
    acts.append(Object.assign(make("button", "second", "Cancel"), { type: "button" }), make("button", "primary", "OK"));
    acts.firstElementChild.addEventListener("click", () => answer(null));
    form.replaceChildren(field, ...(chosenAtOnce ? [] : [acts]));
    [open, form.hidden] = [told.control, false];
    place(told.box);
    field.focus();
    try {
      if (told.type !== "select") field.showPicker();
    } catch {
      // A browser may want a click before it opens a calendar: the field is there for it.
    }
  };

  return { show, close, gone: (id) => id === open && close(), dismiss: () => answer(null) };
};
