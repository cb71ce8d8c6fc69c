// Turns what a person does in this document into steps, and tells a delegate.
({ telling, typing, pressing, keying, moving, closedTrees, targetOf, busyNow }) => {
  const LEAVING = ["pagehide", "visibilitychange", "focusout"];
  const AT_REST = { capture: true, passive: true };

  // start({tell, opened, keep, asks}) -> {stop, closed}. `tell(told)` gets JSON: {kind: "step", id, at, step} and what else happened;
  // the same id again replaces what was told before. `opened(host)` gives a closed shadow root, where that is possible;
  // `asks`: somebody answers who can open them later, as `closed` wants it. `keep(file)` gives a promise of what a step's
  // value calls a file, once it is kept. `ours(event)`: whether an event made by script stands for what a person did.
  // `resizes`: whether another size of the window is a step.
  const start = ({ tell, opened = () => null, keep = null, asks = false, ours = () => false, resizes = true }) => {
    const out = telling(tell);
    const closed = closedTrees(tell);
    const at = (event) => targetOf(event, asks ? closed.opened : opened);
    const keys = keying({ out, at });
    const fields = typing({ out, at, keep });
    const presses = pressing({ out, at, typing: fields, keys });
    const moves = moving({ out, keys, resizes });
    const listening = new AbortController();

    const settle = () => {
      presses.settle();
      keys.settle();
      out.flush();
    };
    // Only what a person did counts, and no fault of ours may show in the page.
    const listen = (listeners) => {
      for (const [type, heard] of Object.entries(listeners)) {
        const safely = (event) => {
          try {
            if (!event.isTrusted && !ours(event)) return;
            busyNow();
            heard(event);
          } catch (error) {
            out.note("fault", { during: type, message: String(error) });
          }
        };
        addEventListener(type, safely, { ...AT_REST, signal: listening.signal });
      }
    };

    if (asks) listen(closed.listeners);
    listen(keys.listeners);
    listen({ keydown: presses.forgetOver, wheel: presses.forgetOver, scroll: presses.forgetOver });
    listen(presses.listeners);
    listen(fields.listeners);
    listen(moves.listeners);
    listen(Object.fromEntries(LEAVING.map((type) => [type, settle])));
    addEventListener("click", (event) => !event.isTrusted && fields.onScriptedClick(event), { ...AT_REST, signal: listening.signal });
    presses.start();
    moves.start();

    const stop = () => {
      settle();
      listening.abort();
      presses.stop();
      moves.stop();
    };
    return { stop, closed };
  };

  return { start };
}
