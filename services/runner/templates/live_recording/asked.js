// What the recorded page asks its person: alert, confirm, prompt, whether to leave, and files.
import { make, of } from "./page_parts.js";

const TITLES = { alert: "The page says", confirm: "The page asks", prompt: "The page asks", beforeunload: "The page asks before it is left" };
const YES = { beforeunload: "Leave" };
const NO = { beforeunload: "Stay" };

const button = (text, className, act) => {
  const made = Object.assign(make("button", className, text), { type: className === "primary" ? "submit" : "button" });
  if (act) made.addEventListener("click", act);
  return made;
};

// tell(message); upload(file) -> the name that the platform keeps it by; back(): the keyboard goes to the page again.
export const followAsked = (tell, upload, back) => {
  const box = of("asked");
  let cancel = () => {};

  const close = () => {
    if (!box.open) return;
    box.close();
    back();
  };

  const open = (title, parts, { yes, no, submit, refuse }) => {
    const form = make("form");
    const text = Object.assign(make("p", "from", title), { id: "asked-text" });
    const acts = make("div", "acts");
    if (refuse) acts.append(button(no, "second", refuse));
    acts.append(button(yes, "primary"));
    form.append(text, ...parts, acts);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    cancel = refuse || submit;
    box.replaceChildren(form);
    if (!box.open) box.show();
    (form.querySelector("input") || form.querySelector(".primary")).focus();
  };

  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") cancel();
  });

  const dialog = ({ type, message, default: given }) => {
    const answer = (accept, text) => {
      tell({ kind: "dialog", accept, ...(text !== undefined && { text }) });
      close();
    };
    const field = type === "prompt" ? Object.assign(make("input"), { value: given || "" }) : null;
    if (field) field.setAttribute("aria-labelledby", "asked-text asked-message");
    const said = Object.assign(make("p", "", message || "Changes that you made may not be saved."), { id: "asked-message" });
    open(TITLES[type] || TITLES.confirm, field ? [said, field] : [said], {
      yes: YES[type] || "OK",
      no: NO[type] || "Cancel",
      submit: () => answer(true, field ? field.value : undefined),
      refuse: type === "alert" ? null : () => answer(false),
    });
  };

  const chooser = ({ chooser: id, multiple, accept }) => {
    const field = Object.assign(make("input"), { type: "file", multiple: Boolean(multiple), accept: accept || "" });
    field.setAttribute("aria-labelledby", "asked-text");
    const said = make("p");
    said.setAttribute("role", "status");
    const give = async () => {
      if (!field.files.length) return field.click();
      const progress = make("progress");
      field.replaceWith(progress);
      box.querySelectorAll("button").forEach((one) => (one.disabled = true));
      try {
        const files = await Promise.all([...field.files].map(upload));
        tell({ kind: "files", chooser: id, files });
        close();
      } catch (failure) {
        progress.replaceWith(field);
        box.querySelectorAll("button").forEach((one) => (one.disabled = false));
        said.textContent = failure.message;
      }
    };
    open(multiple ? "The page asks for files" : "The page asks for a file", [field, said], {
      yes: multiple ? "Give these files" : "Give this file",
      no: "Cancel",
      submit: give,
      refuse: () => {
        tell({ kind: "files", chooser: id, files: [] });
        close();
      },
    });
  };

  return { dialog, chooser, close };
};
