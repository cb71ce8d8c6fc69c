// What the recorders of all documents told, made into one recording. Pure: no page, no clock.
() => {
  const CAUSED = 5000; // ms: a document that comes so soon after a step was brought by it
  const CAUSED_TRAVEL = 1000; // ms: the same for a reload or a way back, which people mostly do by the browser's buttons
  const REDACTED = "REDACTED";
  const ENTERS = new Set(["type", "select", "check", "uncheck", "upload"]);
  const NO_CAUSE = new Set(["navigate", "new_tab", "switch_tab", "scroll", "resize", "hover"]);
  const WAYS = { back: "go_back", forward: "go_forward", reload: "reload" };

  const secretNames = (list) => {
    const bundles = list.filter((one) => one.kind === "step" && one.step.metadata.secret).map((one) => one.step.bundle);
    return new Set(bundles.flatMap(({ name, id }) => [name, id]).filter(Boolean));
  };

  const plain = (text) => {
    try {
      return decodeURIComponent(text.replace(/\+/g, " "));
    } catch {
      return text;
    }
  };

  const redacted = (url, names) =>
    url && names.size ? url.replace(/([^?&#=/]+)=([^&#]+)/g, (pair, name) => (names.has(plain(name)) ? `${name}=${REDACTED}` : pair)) : url;

  // A told thing without secrets in its addresses.
  const cleaned = (told, names) => {
    const clean = { ...told };
    for (const key of ["url", "referrer"]) if (clean[key]) clean[key] = redacted(clean[key], names);
    if (clean.step && clean.step.page) clean.step = { ...clean.step, page: redacted(clean.step.page, names) };
    return clean;
  };

  // What a person has said about it, which telling it again does not change.
  const kept = ({ label, dropped }) => ({ ...(label && { label }), ...(dropped && { dropped }) });

  // received(list, told) -> the list with it: an id that is known is replaced, in its place.
  const received = (list, told) => {
    if (told.kind === "gone") return list.filter((one) => one.id !== told.id);
    const clean = cleaned(told, secretNames([...list, told]));
    const place = list.findIndex((one) => one.id === told.id && told.id);
    return place < 0 ? [...list, clean] : list.map((one, index) => (index === place ? { ...clean, ...kept(one) } : one));
  };

  const inOrder = (list) => list.map((one, place) => ({ one, place })).sort((a, b) => a.one.at - b.one.at || a.place - b.place).map(({ one }) => one);

  const pageStep = (event, told, more = {}) => ({
    id: told.id, dropped: told.dropped, event, navigation: { type: "same_page" }, bundle: {}, timestamp: Math.round(told.at), page: told.url, metadata: { recordedBy: "retold" }, ...more,
  });

  const windowed = (viewport) => ({ viewport, recordedBy: "retold" });

  const bare = (url) => url.split(/[?#]/)[0];
  const sameFrame = (a, b) => JSON.stringify(a || []) === JSON.stringify(b || []);

  // A recording under way: what each tab has shown, and the steps so far.
  const assembly = (list) => {
    const steps = [];
    const tabs = new Map(); // tab -> {number, history, position, at: of the last document, cause}
    const hows = list.filter((one) => one.kind === "how");
    let front = null;

    const fresh = () => ({ number: tabs.size + 1, history: [], position: -1, opening: null, last: null, lastAt: -Infinity });

    const put = (step, told, tab) => {
      const { opening } = tab;
      tab.opening = null;
      if (opening) put(pageStep("new_tab", opening, { value: opening.url, navigation: { type: "navigation", url: opening.url } }), opening, tab);
      if (front !== null && tab.number !== front && step.event !== "new_tab") {
        steps.push({ ...pageStep("switch_tab", { at: told.at, url: step.page }), tabId: tab.number });
      }
      front = tab.number;
      const entry = { ...step, tabId: tab.number };
      steps.push(entry);
      Object.assign(tab, { last: entry, lastAt: told.at });
    };

    const causeOf = (tab, told, within) => {
      const { last, lastAt } = tab;
      return last && !NO_CAUSE.has(last.event) && (told.began || told.at) - lastAt <= within ? last : null;
    };

    const goes = (tab, url, replaces) => {
      if (!replaces || tab.position < 0) tab.position++;
      tab.history.splice(tab.position, tab.history.length, url);
    };

    const travels = (tab, url, by) => {
      const way = by || (tab.history[tab.position + 1] === url && tab.history[tab.position - 1] !== url ? 1 : -1);
      tab.position = Math.max(0, Math.min(tab.history.length - 1, tab.position + way));
      return way > 0 ? "forward" : "back";
    };

    // How a document came: as the browser says, else as the document itself can tell.
    const howOf = (told) => {
      const near = hows.filter((one) => one.tab === told.tab && bare(one.url) === bare(told.url) && Math.abs(one.at - told.at) < CAUSED);
      const [nearest] = near.sort((a, b) => Math.abs(a.at - told.at) - Math.abs(b.at - told.at));
      return nearest ? nearest.how : null;
    };

    const leads = (step, url) => (step.navigation = { type: "navigation", url });

    const opens = (told) => {
      const tab = { ...fresh(), history: [told.url], position: 0 };
      tabs.set(told.tab, tab);
      const opener = [...tabs.values()].find((one) => one.number === front && one !== tab);
      const cause = opener && (told.opener || told.referrer) && causeOf(opener, told, CAUSED);
      if (cause) return void leads(cause, told.url);
      if (tab.number > 1) return void (tab.opening = told); // told once something is done there
      if (told.viewport && told.viewport.width) put({ ...pageStep("resize", { at: told.at, url: told.url }), metadata: windowed(told.viewport) }, told, tab);
      put(pageStep("navigate", told, { value: told.url, navigation: { type: "navigation", url: told.url } }), told, tab);
    };

    const shows = (told) => {
      const tab = tabs.get(told.tab);
      if (!told.top) {
        const cause = tab && causeOf(tab, told, CAUSED);
        if (cause && sameFrame(cause.bundle.iframeChain, told.iframeChain)) leads(cause, told.url);
        return;
      }
      if (!tab) return opens(told);
      const how = howOf(told) || { reload: "reload", back_forward: "travel" }[told.type] || (told.referrer ? "page" : null);
      const travelled = ["travel", "back", "forward"].includes(how);
      const way = travelled ? travels(tab, told.url, { back: -1, forward: 1 }[how]) : how;
      if (!travelled && way !== "reload") goes(tab, told.url);
      if (way !== "typed") {
        const cause = causeOf(tab, told, WAYS[way] ? CAUSED_TRAVEL : CAUSED);
        if (cause) return void leads(cause, told.url);
      }
      const navigation = { type: "navigation", url: told.url };
      if (WAYS[way]) return put(pageStep(WAYS[way], told, { navigation }), told, tab);
      if (how !== "page") put(pageStep("navigate", told, { value: told.url, navigation }), told, tab);
    };

    const routes = (told) => {
      const tab = tabs.get(told.tab);
      if (!tab) return;
      if (told.type !== "traverse") return goes(tab, told.url, told.type === "replace");
      const way = travels(tab, told.url, told.by);
      if (!causeOf(tab, told, CAUSED_TRAVEL)) for (let n = 0; n < Math.max(1, Math.abs(told.by)); n++) put(pageStep(WAYS[way], told), told, tab);
    };

    // Whoever makes the window fit before anything is done there says how large it is to be, no more.
    const fits = ({ step, tab }) => {
      const [first] = steps;
      const begins = first && first.event === "resize" && steps.every((one) => one.event === "resize" || one.event === "navigate");
      if (step.event !== "resize" || !begins || tabs.get(tab)?.number !== first.tabId) return false;
      first.metadata = windowed(step.metadata.viewport);
      return true;
    };

    const does = (told) => {
      if (fits(told)) return;
      if (!tabs.has(told.tab)) tabs.set(told.tab, fresh());
      put({ ...told.step, id: told.id, ...kept(told) }, told, tabs.get(told.tab));
    };

    const closes = (told) => {
      const tab = tabs.get(told.tab);
      if (!tab || tabs.size < 2) return;
      if (!causeOf(tab, told, CAUSED_TRAVEL)) put(pageStep("close", told), told, tab);
      tab.closed = true;
    };

    const answers = (told) => {
      const tab = tabs.get(told.tab);
      if (tab) steps.push({ ...pageStep("dialog", told), tabId: tab.number, metadata: { dialog: told.dialog, recordedBy: "retold" } });
    };

    return { steps, kinds: { step: does, document: shows, history: routes, closed: closes, dialog: answers } };
  };

  const unique = (label, taken) => {
    let [candidate, number] = [label, 1];
    while (taken.has(candidate.toLowerCase())) candidate = `${label} (${++number})`;
    taken.add(candidate.toLowerCase());
    return candidate;
  };

  // assembled(list) -> a canonical recording: {name, starting_url, steps, variables}. It begins with the size of the
  // window that it was recorded in. A step keeps the id that it was
  // told under as `id` in `ids`, by its place.
  const assembled = (list, { name = "Recording" } = {}) => {
    const { steps: all, kinds } = assembly(list);
    for (const told of inOrder(list)) if (kinds[told.kind]) kinds[told.kind](told);
    const steps = all.filter((step) => !step.dropped);
    const taken = new Set();
    const ids = steps.map((step) => step.id || null);
    const numbered = steps.map(({ id: _, dropped: __, ...step }, place) => {
      const label = ENTERS.has(step.event) ? unique(step.label || `Step ${place + 1}`, taken) : step.label;
      return { stepNumber: place + 1, ...step, ...(label && { label }) };
    });
    // What is secret has no value: it must be given, and an upload's files where nobody kept them.
    const asked = numbered.filter((step) => step.metadata.secret || (step.event === "upload" && !step.value));
    const variables = Object.fromEntries(asked.map((step) => [step.label, { type: step.event === "upload" ? "file" : "input", required: true, stepNumber: step.stepNumber }]));
    const first = numbered.find((step) => step.page);
    return { ids, recording: { name, starting_url: first ? first.page : "", steps: numbered, variables } };
  };

  return { received, assembled };
}
