// The mouse, the wheel and fingers over the picture, as they are told to the recorded browser.
import { pointOf } from "./picture.js";
import { of } from "./page_parts.js";

const BUTTONS = ["left", "middle", "right", "back", "forward"];
const HELD = [[1, "left"], [2, "right"], [4, "middle"], [8, "back"], [16, "forward"]];
const A_FRAME = 16; // ms: more moves than frames tell nobody anything
const LINE = 40; // CSS pixels that a line of a wheel counts

export const modifiersOf = (event) => (event.altKey ? 1 : 0) | (event.ctrlKey ? 2 : 0) | (event.metaKey ? 4 : 0) | (event.shiftKey ? 8 : 0);

// tell(message); enter(event): the keyboard goes into the page at that point.
export const followMouse = (tell, enter) => {
  const canvas = of("picture");
  let move = null;
  let movedAt = 0;
  let wheel = null;
  let finger = null;

  const say = (type, event, button) =>
    tell({ kind: "mouse", type, ...pointOf(event), button, buttons: event.buttons, clicks: type === "moved" ? 0 : Math.min(3, event.detail || 1), modifiers: modifiersOf(event) });

  const sendMove = () => {
    if (!move) return;
    const held = HELD.find(([bit]) => move.buttons & bit);
    say("moved", move, held ? held[1] : "none");
    move = null;
    movedAt = performance.now();
  };

  canvas.addEventListener("mousemove", (event) => {
    const waiting = move !== null;
    move = event;
    if (performance.now() - movedAt >= A_FRAME) sendMove();
    else if (!waiting) setTimeout(sendMove, A_FRAME);
  });
  canvas.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the keyboard stays where `enter` puts it
    sendMove();
    enter(event);
    say("pressed", event, BUTTONS[event.button] || "left");
  });
  canvas.addEventListener("mouseup", (event) => {
    event.preventDefault();
    sendMove();
    say("released", event, BUTTONS[event.button] || "left");
  });
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("auxclick", (event) => event.preventDefault());

  const sendWheel = () => {
    tell({ kind: "wheel", ...wheel });
    wheel = null;
  };
  const turn = (event, dx, dy) => {
    if (!wheel) setTimeout(sendWheel, A_FRAME);
    wheel = { ...pointOf(event), dx: (wheel ? wheel.dx : 0) + dx, dy: (wheel ? wheel.dy : 0) + dy, modifiers: modifiersOf(event) };
  };
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey) return; // the person's own zoom
      event.preventDefault();
      const unit = [1, LINE, canvas.clientHeight][event.deltaMode];
      turn(event, event.deltaX * unit, event.deltaY * unit);
    },
    { passive: false },
  );

  // A finger scrolls; a tap comes as a click of the mouse. What is dragged stays with us outside of the picture too.
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    finger = event.pointerType === "touch" ? event : null;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!finger || event.pointerId !== finger.pointerId) return;
    turn(event, finger.clientX - event.clientX, finger.clientY - event.clientY);
    finger = event;
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (finger = null));
};
