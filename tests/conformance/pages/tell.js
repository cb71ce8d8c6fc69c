// What pages use to tell the server what happened to them.

// Kept in the order of the calls, whichever request arrives first.
let lastTold = 0;
function tell(what, value = null) {
  lastTold = Math.max(lastTold + 0.01, performance.timeOrigin + performance.now());
  const body = JSON.stringify({ what, value, at: lastTold });
  return fetch("told", { method: "POST", body, keepalive: true });
}

// Tells every such event on an element, by its id, and whether the browser itself made it.
function trace(element, ...types) {
  for (const type of types) {
    element.addEventListener(type, (event) => tell(type, { on: element.id, trusted: event.isTrusted }));
  }
}

// Tells once, with all values, when the button is pressed.
function tellWhenPressed(button, values) {
  button.addEventListener("click", (event) => tell("pressed", { trusted: event.isTrusted, ...values() }));
}
