// The keyboard: every key goes to the recorded page while its field has the focus; F6 leaves it.
import { of } from "./page_parts.js";
import { modifiersOf } from "./mouse.js";

const LEAVE = "F6";
const ALT = 1;
const CONTROL = 2;
const META = 4;
const ON_A_MAC = /Mac|iPhone|iPad/.test(navigator.platform);
// Keys that are part of something larger: what becomes of them comes as text.
const UNFINISHED = new Set(["Process", "Dead", "Unidentified", "Compose"]);
const SHORTCUTS = { F5: "reload", "2 r": "reload", "1 ArrowLeft": "back", "1 ArrowRight": "forward", "2 l": "address", "2 v": "paste", "10 V": "paste" };

// The recorded browser does as on Linux and Windows: there, Command is Control.
const toldKey = (event) => {
  let modifiers = modifiersOf(event);
  let { key, code } = event;
  if (ON_A_MAC && modifiers & META) modifiers = (modifiers & ~META) | CONTROL;
  if (ON_A_MAC && key === "Meta") [key, code] = ["Control", code.replace("Meta", "Control")];
  if (event.getModifierState("AltGraph")) modifiers &= ~(ALT | CONTROL); // that is how a character is typed
  return { key, code, location: event.location, modifiers };
};

// tell(message); acts: {reload, back, forward, address, leave}. Gives enter(point): the keyboard goes into the page.
export const followKeys = (tell, acts) => {
  const field = of("keys");
  const held = new Map(); // code -> the key that is down

  const say = (type, told, repeat = false) => tell({ kind: "key", type, ...told, repeat });
  const letGo = () => {
    for (const told of held.values()) say("up", { ...told, modifiers: 0 });
    held.clear();
  };

  const down = (event) => {
    if (event.isComposing || UNFINISHED.has(event.key)) return;
    const told = toldKey(event);
    if (event.key === LEAVE) {
      event.preventDefault();
      event.stopPropagation();
      return acts.leave();
    }
    const act = SHORTCUTS[told.modifiers ? `${told.modifiers} ${event.key}` : event.key];
    if (act === "paste") return; // the text comes with the event of that name
    event.preventDefault();
    if (act) return acts[act]();
    held.set(event.code, told);
    say("down", told, event.repeat);
  };

  const up = (event) => {
    if (!held.delete(event.code)) return;
    event.preventDefault();
    say("up", toldKey(event));
  };

  const sendText = (text) => {
    field.value = "";
    if (text) tell({ kind: "text", text });
  };

  field.addEventListener("keydown", down);
  field.addEventListener("keyup", up);
  field.addEventListener("blur", letGo);
  field.addEventListener("compositionend", (event) => sendText(event.data));
  field.addEventListener("input", (event) => {
    if (event.isComposing) return;
    if (event.inputType.startsWith("delete")) {
      const told = { key: "Backspace", code: "Backspace", location: 0, modifiers: 0 };
      say("down", told);
      say("up", told);
    }
    sendText(field.value);
  });
  field.addEventListener("paste", (event) => {
    event.preventDefault();
    sendText(event.clipboardData.getData("text/plain"));
  });

  return (event) => {
    const box = of("stage").getBoundingClientRect();
    // Where an input method shows its suggestions, and a phone scrolls to.
    if (event) Object.assign(field.style, { left: `${event.clientX - box.left}px`, top: `${event.clientY - box.top}px` });
    field.focus({ preventScroll: true });
  };
};
