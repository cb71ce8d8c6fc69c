// The steps as they appear: their names can be changed, their values kept secret, and each can be deleted and had back.
import { fill, icon, iconButton, make, of } from "./page_parts.js";

const WORDS = {
  navigate: "Open", click: "Click", double_click: "Double click", right_click: "Right click", type: "Type", select: "Choose", check: "Tick",
  uncheck: "Untick", upload: "Upload", key_press: "Press", drag: "Drag", drop: "Drop", hover: "Hover", scroll: "Scroll", go_back: "Back",
  go_forward: "Forward", reload: "Reload", new_tab: "New tab", switch_tab: "Other tab", close: "Close tab", resize: "Window", dialog: "Dialog",
};
const ICONS = {
  navigate: "globe", type: "type", select: "choose", check: "tick", uncheck: "tick", upload: "file", key_press: "key", drag: "move", drop: "move",
  scroll: "move", resize: "move", go_back: "back", go_forward: "forward", reload: "reload", new_tab: "tab", switch_tab: "tab", close: "tab", dialog: "message",
};
const NAMED = new Set(["type", "select", "check", "uncheck", "upload", "click", "double_click", "right_click", "key_press", "drag", "drop", "hover"]);
const HAS_VALUE = new Set(["type", "select"]);
const SECRET = "secret: not kept, each row gives it";
const AT_END = 40; // px

const wordsOf = (step) => WORDS[step.type] || step.type;
const inWords = (step) => `${wordsOf(step)} ${step.label || step.value || ""}`.trim();

export const followSteps = (tell) => {
  const list = of("steps");
  const rows = new Map(); // id -> {step, row, and its parts}
  const removed = []; // what can be had back, the last first
  let begun = false;

  const showRemoved = () => {
    of("removed").hidden = !removed.length;
    if (removed.length) fill(of("removed").firstElementChild, `Deleted: ${removed[0].words}`);
  };

  const remove = (entry) => {
    const next = entry.row.nextElementSibling || entry.row.previousElementSibling;
    removed.unshift({ id: entry.step.id, words: inWords(entry.step) });
    tell({ kind: "remove", step: entry.step.id });
    showRemoved();
    (next?.querySelector(".remove") || of("undo")).focus();
  };

  of("undo").addEventListener("click", () => {
    const back = removed.shift();
    tell({ kind: "restore", step: back.id });
    fill(of("said"), `${back.words} is back`);
    showRemoved();
  });

  const nameField = (entry) => {
    const field = Object.assign(make("input", "label quiet"), { title: "Rename: the name becomes the column of your table", maxLength: 200, spellcheck: false });
    field.addEventListener("change", () => tell({ kind: "rename", step: entry.step.id, label: field.value.trim() }));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") field.value = entry.step.label || "";
      if (event.key === "Escape" || event.key === "Enter") field.blur();
    });
    return field;
  };

  const newEntry = (step) => {
    const entry = { step, row: make("li", begun ? "new" : ""), number: make("span", "number"), sign: make("span", "sign"), what: make("span", "what") };
    entry.sign.append(icon(ICONS[step.type] || "click"));
    entry.kind = make("span", "kind");
    entry.label = step.editable && NAMED.has(step.type) ? nameField(entry) : make("span", "fixed");
    entry.what.append(entry.kind, entry.label);
    entry.tools = make("span", "tools");
    entry.secret = iconButton("unlock", "", () => tell({ kind: "secret", step: entry.step.id, secret: !entry.step.secret }));
    entry.remove = iconButton("close", "", () => remove(entry));
    entry.remove.classList.add("remove");
    entry.tools.append(entry.secret, entry.remove);
    [entry.more, entry.value, entry.where] = [make("span", "more"), make("span", "value"), make("span", "where")];
    entry.more.append(entry.value, entry.where);
    entry.row.append(entry.number, entry.sign, entry.what, entry.tools, entry.more);
    return entry;
  };

  const explain = (button, does) => {
    button.title = does;
    button.setAttribute("aria-label", does);
  };

  const update = (entry, step, before) => {
    const { number, label, value, secret } = step;
    // Where it was is told when that changes, and where the value does not say it.
    const where = step.where !== before?.where && !value?.includes(step.where) ? step.where : "";
    entry.step = step;
    fill(entry.number, String(number));
    fill(entry.kind, wordsOf(step));
    fill(entry.label, label || "");
    entry.label.hidden = !label && entry.label.tagName !== "INPUT";
    if (entry.label.tagName === "INPUT") entry.label.setAttribute("aria-label", `Name of step ${number}, ${wordsOf(step)}`);
    fill(entry.value, secret ? SECRET : value || "");
    entry.value.hidden = !entry.value.textContent;
    entry.value.title = secret ? "" : value || "";
    entry.value.classList.toggle("secret", Boolean(secret));
    fill(entry.where, where || "");
    entry.more.hidden = !secret && !value && !where;
    entry.secret.hidden = !HAS_VALUE.has(step.type);
    entry.secret.setAttribute("aria-pressed", String(Boolean(secret)));
    entry.secret.querySelector("use").setAttribute("href", secret ? "#i-lock" : "#i-unlock");
    explain(entry.secret, `Keep the value of step ${number} secret`);
    explain(entry.remove, `Delete step ${number}`);
  };

  // The whole list, as it is now.
  return (steps) => {
    const wasAtEnd = of("list").scrollHeight - of("list").scrollTop - of("list").clientHeight < AT_END;
    const known = new Set(rows.keys());
    for (const [place, step] of steps.entries()) {
      if (!rows.has(step.id)) rows.set(step.id, newEntry(step));
      const entry = rows.get(step.id);
      known.delete(step.id);
      update(entry, step, steps[place - 1]);
      if (list.children[place] !== entry.row) list.insertBefore(entry.row, list.children[place] || null);
    }
    for (const id of known) {
      rows.get(id).row.remove();
      rows.delete(id);
    }
    const last = steps.at(-1);
    if (begun && last && of("count").textContent !== String(steps.length)) fill(of("said"), `Step ${last.number}: ${inWords(last)}`);
    fill(of("count"), String(steps.length));
    of("hint").hidden = steps.length > 0;
    if (wasAtEnd) of("list").scrollTop = of("list").scrollHeight;
    begun = true;
  };
};
