// A recording session as a page: the picture of its browser, what is done there, and the steps that come of it.
import { followAsked } from "./asked.js";
import { followTabs } from "./bar.js";
import { followControls } from "./control.js";
import { prepareEnd, showEnd, showRefused } from "./ending.js";
import { followHead } from "./head.js";
import { followKeys } from "./keyboard.js";
import { followMouse } from "./mouse.js";
import { fill, of } from "./page_parts.js";
import { followPane, frame } from "./picture.js";
import { connect } from "./socket.js";
import { followSteps } from "./steps.js";

const ENDED = new Set(["terminated", "error"]);
const NOTED = 12000; // ms that a note stays
const KEEP = `retold ${location.pathname}`; // the token outlives a reload in this tab, and is in no address bar

let session = null;
let ended = false;
let notedUntil = 0;
let connection = null;
const tell = (message) => connection !== null && !ended && connection.send(message);

const takeToken = () => {
  const given = location.hash.slice(1);
  if (given) {
    sessionStorage.setItem(KEEP, given);
    history.replaceState(null, "", location.pathname);
  }
  return given || sessionStorage.getItem(KEEP);
};

const token = takeToken();

const note = (text) => {
  of("notice").hidden = !text;
  fill(of("notice").firstElementChild, text);
  clearTimeout(notedUntil);
  notedUntil = setTimeout(() => (of("notice").hidden = true), NOTED);
};

const upload = async (file) => {
  const address = new URL(`files?name=${encodeURIComponent(file.name)}`, location.href);
  const answer = await fetch(address, { method: "POST", body: file, headers: { "X-Session-Token": token, "Content-Type": "application/octet-stream" } });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.detail || `${file.name} could not be sent (${answer.status})`);
  return told.file;
};

const copy = (text) => navigator.clipboard.writeText(text).catch(() => note("What was copied in the page could not be put into your clipboard."));

const input = (message) => !of("asked").open && tell(message); // while the page asks something, it takes nothing else
const enter = followKeys(input, {
  reload: () => tell({ kind: "reload" }),
  back: () => tell({ kind: "back" }),
  forward: () => tell({ kind: "forward" }),
  address: () => of("address").focus(),
  leave: () => (of("steps").querySelector("input") || of("stop")).focus(),
});
const back = () => enter(null);
const controls = followControls(tell, back);
const asked = followAsked(tell, upload, back);
const head = followHead(tell);
const showSteps = followSteps(tell);
const showTabs = followTabs(tell);
followMouse(input, (event) => {
  controls.dismiss();
  enter(event);
});
const fitAgain = followPane((size) => session && session.follow !== false && !session.on_screen && tell({ kind: "resize", ...size }));

const takes = {
  session: (told) => {
    const first = session === null;
    session = told;
    if (ENDED.has(told.status)) {
      ended = true;
      return showEnd(told);
    }
    head.told(told);
    if (!first) return;
    fitAgain();
    back();
  },
  steps: ({ steps }) => showSteps(steps),
  tabs: ({ tabs }) => showTabs(tabs),
  dialog: asked.dialog,
  dialog_gone: asked.close,
  chooser: asked.chooser,
  chooser_gone: asked.close,
  control: controls.show,
  control_gone: ({ control }) => controls.gone(control),
  cursor: ({ cursor }) => CSS.supports("cursor", cursor) && (of("picture").style.cursor = cursor),
  clipboard: ({ text }) => copy(text),
  refused: ({ url, message }) => note(message || `${url} may not be opened here.`),
  notice: ({ message }) => note(message),
  error: ({ message }) => note(message),
};

of("notice").lastElementChild.addEventListener("click", () => (of("notice").hidden = true));
document.addEventListener("keydown", (event) => {
  if (event.key !== "F6" || ended) return;
  event.preventDefault();
  back();
});
prepareEnd();

if (!token) showRefused("");
else {
  connection = connect(new URL("live", location.href.replace(/^http/, "ws")), token, {
    message: (told) => takes[told.kind]?.(told),
    frame: (buffer) => frame(buffer, (number) => (tell({ kind: "seen", frame: number }), head.pictured())),
    open: () => {
      head.connection(true);
      if (!session) return;
      fitAgain();
      if (document.activeElement === document.body) back();
    },
    lost: () => {
      note("");
      asked.close();
      controls.close();
      head.connection(false);
    },
    over: () => session && !ENDED.has(session.status) && showRefused("The recording has ended."),
    refused: showRefused,
  });
}
