// Steps on their way out: each has an id; told again under the same id it replaces what was told before.
({ restLater }) => {
  const AT_MOST_EVERY = 150; // ms, that a step which still grows is told

  const telling = (tell) => {
    const here = Math.random().toString(36).slice(2, 10);
    let count = 0;
    let last = null; // the entry told last: {id, at, step, element}
    let waiting = null;
    const timeOf = (event) => performance.timeOrigin + (event && event.timeStamp ? event.timeStamp : performance.now());

    const deliver = (entry) => tell({ kind: "step", id: entry.id, at: entry.at, step: { ...entry.step, timestamp: Math.round(entry.at) } });

    const flush = () => {
      if (!waiting) return;
      clearTimeout(waiting.timer);
      deliver(waiting.entry);
      waiting = null;
    };

    // A new step, or another one for the entry `instead`. `what`: where, as `describe` says; `more`: {value, x, y, metadata}.
    const say = (name, event, what, { element = null, instead = null, metadata = {}, ...more } = {}) => {
      flush();
      const step = { event: name, navigation: { type: "same_page" }, ...what, ...more, metadata: { ...what.metadata, ...metadata, recordedBy: "retold" } };
      if (instead) instead.gone = true;
      const { id, at } = instead || { id: `${here}.${++count}`, at: timeOf(event) };
      last = { id, at, step, element };
      deliver(last);
      const entry = last;
      const rest = restLater(what);
      if (rest) rest.then((more) => entry.gone || amend(entry, more)).catch((error) => note("fault", { during: "describing", message: String(error) }));
      return last;
    };

    // The entry says more now, or something else.
    const amend = (entry, change, { soon = false } = {}) => {
      const { metadata = {}, ...rest } = change;
      entry.step = { ...entry.step, ...rest, metadata: { ...entry.step.metadata, ...metadata } };
      if (!soon) {
        if (waiting && waiting.entry !== entry) flush();
        if (waiting) clearTimeout(waiting.timer);
        waiting = null;
        return deliver(entry);
      }
      if (waiting && waiting.entry === entry) return;
      flush();
      waiting = { entry, timer: setTimeout(flush, AT_MOST_EVERY) };
    };

    const take = (entry) => {
      flush();
      entry.gone = true;
      tell({ kind: "gone", id: entry.id });
      if (last === entry) last = null;
    };

    // What is no step, but says how steps came about.
    const note = (kind, more, event) => {
      flush();
      tell({ kind, id: `${here}.${++count}`, at: timeOf(event), ...more });
    };

    const lastOn = (element, ...names) => (last && last.element === element && names.includes(last.step.event) ? last : null);

    return { say, amend, take, note, flush, lastOn, lastTold: () => last, timeOf };
  };

  return { telling };
}
