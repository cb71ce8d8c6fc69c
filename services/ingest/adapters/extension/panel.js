// The side panel: start and stop, the steps as they happen, their names, and where the recording goes.
const WORDS = {
  navigate: "Open", click: "Click", double_click: "Double click", right_click: "Right click", type: "Type", select: "Choose", check: "Tick",
  uncheck: "Untick", upload: "Upload", key_press: "Press", drag: "Drag", drop: "Drop", hover: "Hover", scroll: "Scroll", go_back: "Back",
  go_forward: "Forward", reload: "Reload", new_tab: "New tab", switch_tab: "Other tab", close: "Close tab", resize: "Window", dialog: "Dialog",
};
const NAMED = new Set(["type", "select", "check", "uncheck", "upload", "click", "double_click", "right_click", "key_press", "drag", "drop", "hover"]);
const SOON = 80; // ms: steps come in bursts

const of = (id) => document.getElementById(id);
const ask = (what, more = {}) => chrome.runtime.sendMessage({ ask: what, ...more });
let recording = false;

const make = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

const detailOf = ({ event, value, metadata }) => {
  if (metadata.secret) return "secret: not recorded, each row gives it";
  if (event === "key_press") return metadata.key;
  if (event === "resize") return `${metadata.viewport.width} × ${metadata.viewport.height}`;
  if (event === "upload") return (metadata.files || []).map((file) => file.name).join(", ");
  return value || "";
};

const nameField = (step) => {
  const field = Object.assign(make("input", "label"), { value: step.label || "", title: "Rename" });
  field.setAttribute("aria-label", `Name of step ${step.stepNumber}`);
  field.addEventListener("change", () => ask("rename", { id: step.id, label: field.value.trim() }).then(draw));
  return field;
};

const item = (step) => {
  const row = make("li", step.event);
  const remove = make("button", "remove", "×");
  remove.setAttribute("aria-label", `Delete step ${step.stepNumber}`);
  remove.addEventListener("click", () => ask("remove", { id: step.id }).then(draw));
  const said = make("div", "");
  said.append(make("span", "event", WORDS[step.event] || step.event), ...(step.id && NAMED.has(step.event) ? [nameField(step)] : []));
  row.append(make("span", "number", String(step.stepNumber)), said, step.id ? remove : make("span", ""));
  const detail = detailOf(step);
  if (detail) row.append(Object.assign(make("span", "value", detail), { title: detail }));
  row.addEventListener("mouseenter", () => step.id && ask("show", { id: step.id }));
  return row;
};

const draw = async () => {
  const { recording: running, steps } = await ask("overview");
  recording = running;
  of("record").textContent = running ? "Stop" : steps.length ? "Record anew" : "Record";
  of("record").setAttribute("aria-pressed", String(running));
  of("hint").hidden = steps.length > 0;
  of("upload").disabled = running || !steps.length;
  if (document.activeElement && document.activeElement.className === "label") return; // somebody is writing there
  const atEnd = of("steps").parentElement.scrollHeight - of("steps").parentElement.scrollTop - of("steps").parentElement.clientHeight < 40;
  of("steps").replaceChildren(...steps.map(item));
  if (running && atEnd) of("steps").lastElementChild?.scrollIntoView({ block: "end" });
};

let drawing = null;
chrome.storage.session.onChanged.addListener(() => {
  clearTimeout(drawing);
  drawing = setTimeout(draw, SOON);
});

const say = (text, wrong = false) => {
  of("said").textContent = text;
  of("said").className = wrong ? "wrong" : "";
};

of("record").addEventListener("click", async () => {
  say("");
  const { error } = await ask(recording ? "stop" : "start", { name: of("name").value.trim() });
  if (error) say(error, true);
  await draw();
});

of("sending").addEventListener("submit", async (event) => {
  event.preventDefault();
  const where = { server: of("server").value.trim(), apiKey: of("key").value.trim() };
  await chrome.storage.local.set(where);
  say("Saving …");
  const { error, id, steps } = await ask("upload", { ...where, name: of("name").value.trim() });
  say(error || `Saved with ${steps} steps as ${id}.`, Boolean(error));
});
// Files that steps upload go there while they are recorded.
for (const [id, key] of [["server", "server"], ["key", "apiKey"]]) of(id).addEventListener("change", () => chrome.storage.local.set({ [key]: of(id).value.trim() }));
// A field that is folded away cannot say that it is missing.
of("sending").addEventListener("invalid", () => (of("where").open = true), true);

const begin = async () => {
  const { server = "", apiKey = "" } = await chrome.storage.local.get(["server", "apiKey"]);
  Object.assign(of("server"), { value: server });
  Object.assign(of("key"), { value: apiKey });
  of("where").open = !server || !apiKey;
  await draw();
};
begin();
