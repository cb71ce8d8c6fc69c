// The head of the page: name, state and remaining time of the session; pause, stop and discard.
import { fill, of } from "./page_parts.js";

const SOON = 5 * 60; // seconds: then it is said louder
const SECOND = 1000; // ms
const LOST = "The connection was lost. The recording goes on; this page is trying again …";
const ON_SCREEN = "The browser is open in a window of its own. Do the task there: the steps appear here.";

const clock = (at) => new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

const inWords = (seconds) => {
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} min left`;
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min left` : `${Math.max(0, seconds)} s left`;
};

export const followHead = (tell) => {
  let session = null;
  let connected = false;
  let pictured = false;
  let keeping = false;

  of("name").addEventListener("change", () => tell({ kind: "name", name: of("name").value.trim() }));
  of("name").addEventListener("keydown", (event) => event.key === "Enter" && of("name").blur());
  of("pause").addEventListener("click", () => tell({ kind: session.paused ? "resume" : "pause" }));
  of("stop").addEventListener("click", () => {
    keeping = tell({ kind: "stop" });
    show();
  });
  of("discard").addEventListener("click", () => of("discarding").showModal());
  of("discarding").addEventListener("close", () => of("discarding").returnValue === "yes" && tell({ kind: "discard" }));

  const stateOf = () => {
    if (!connected) return ["lost", session ? "Connection lost, trying again …" : "Connecting …"];
    if (session?.paused) return ["paused", "Paused"];
    if (session?.status === "idle") return ["idle", session.idle_at ? `Idle: ends at ${clock(session.idle_at)}` : "Idle: ends soon"];
    return ["active", "Recording"];
  };

  // What stands over the picture while there is none to work with.
  const coverOf = () => {
    if (session && !connected) return LOST;
    if (keeping) return "Keeping what you did …";
    if (session?.on_screen) return ON_SCREEN;
    return pictured ? "" : "Opening the browser …";
  };

  const showTime = () => {
    if (!session) return;
    const seconds = Math.round((Date.parse(session.expires_at) - Date.now()) / SECOND);
    fill(of("left-text"), inWords(seconds));
    of("left").classList.toggle("soon", seconds < SOON);
  };

  const show = () => {
    const [state, text] = stateOf();
    const cover = coverOf();
    of("state").dataset.state = state;
    fill(of("state-text"), text);
    of("waiting").hidden = !cover;
    of("waiting").querySelector(".spinner").hidden = cover === ON_SCREEN;
    fill(of("waiting-text"), cover);
    for (const id of ["pause", "stop", "discard", "name"]) of(id).disabled = !connected || !session || keeping;
    of("work").inert = !connected || keeping;
    of("stage").classList.toggle("paused", Boolean(session?.paused));
    fill(of("pause").lastElementChild, session?.paused ? "Resume" : "Pause");
    of("pause").querySelector("use").setAttribute("href", session?.paused ? "#i-play" : "#i-pause");
    showTime();
  };

  setInterval(showTime, SECOND);
  show();
  return {
    told: (told) => {
      session = told;
      fill(of("name"), told.name || "");
      document.title = `${told.name || "Recording"} · Retold`;
      show();
    },
    connection: (there) => {
      connected = there;
      show();
    },
    pictured: () => {
      if (pictured) return;
      pictured = true;
      show();
    },
  };
};
