// Turns what a person does in this document into steps, and tells a delegate.
({ telling, typing, pressing, keying, moving, targetOf }) => {
  const LEAVING = ["pagehide", "visibilitychange", "focusout"];
  const AT_REST = { capture: true, passive: true };

  // start({tell, opened, keep}) -> {stop}. `tell(told)` gets JSON: {kind: "step", id, at, step} and what else happened;
  // the same id again replaces what was told before. `opened(host)` gives a closed shadow root, where that is possible;
  // `keep(file)` a promise of what a step's value calls a file, once it is kept.
  const start = ({ tell, opened = () => null, keep = null }) => {
    const out = telling(tell);
    const at = (event) => targetOf(event, opened);
    const keys = keying({ out, at });
    const fields = typing({ out, at, keep });
    const presses = pressing({ out, at, typing: fields, keys });
    const moves = moving({ out, keys });
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
            if (event.isTrusted) heard(event);
          } catch (error) {
            out.note("fault", { during: type, message: String(error) });
          }
        };
        addEventListener(type, safely, { ...AT_REST, signal: listening.signal });
      }
    };

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
    return { stop };
  };

  return { start };
}
