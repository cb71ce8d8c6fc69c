// Keeps what the frames tell, in turn, where it outlives this worker; makes a recording of it; sends it to the server.
importScripts("assembling.js");

const { received, assembled } = retoldAssembling;
const SCRIPT = { id: "recorder", js: ["recorder.js", "content.js"] };
const EVERYWHERE = { ...SCRIPT, matches: ["<all_urls>"], allFrames: true, matchOriginAsFallback: true, runAt: "document_start", persistAcrossSessions: false };
const TYPED = new Set(["typed", "generated", "keyword", "keyword_generated", "auto_bookmark", "start_page"]);
const PREFIX = "told/";
const FRESH = { recording: false, name: "", tabs: {} };

let state = null; // what the session's storage holds: {recording, name, tabs, list}
let chain = Promise.resolve();

// One after the other: two writes at once would lose one of them.
const inTurn = (work) => {
  const done = chain.then(work);
  chain = done.catch(() => {});
  return done;
};

const loaded = async () => {
  if (state) return state;
  const kept = await chrome.storage.session.get(null);
  const told = Object.entries(kept).filter(([key]) => key.startsWith(PREFIX)).map(([, one]) => one);
  const list = told.sort((a, b) => a.place - b.place).map((one) => one.told);
  state = { ...FRESH, ...kept.about, list };
  return state;
};

const keepAbout = () => {
  const { list, ...about } = state;
  return chrome.storage.session.set({ about });
};
const keepTold = (told) => chrome.storage.session.set({ [PREFIX + told.id]: { place: state.list.indexOf(told), told } });

const take = async (told, tabId) => {
  await loaded();
  if (!state.recording) return;
  if (!state.tabs[tabId]) {
    state.tabs[tabId] = Object.keys(state.tabs).length + 1;
    await keepAbout();
  }
  const whole = { ...told, tab: state.tabs[tabId] };
  state.list = received(state.list, whole);
  const kept = state.list.find((one) => one.id === told.id);
  await (kept ? keepTold(kept) : chrome.storage.session.remove(PREFIX + told.id));
};

const inject = (tabId) => chrome.scripting.executeScript({ target: { tabId, allFrames: true }, files: SCRIPT.js, injectImmediately: true }).catch(() => {}); // a page of the browser's own

const isPage = (tab) => /^https?:/.test(tab.url || "");

const start = async ({ name }) => {
  await loaded();
  await chrome.scripting.unregisterContentScripts({ ids: [SCRIPT.id] }).catch(() => {});
  await chrome.storage.session.clear();
  state = { ...FRESH, recording: true, name: name || "", list: [] };
  await keepAbout();
  await chrome.scripting.registerContentScripts([EVERYWHERE]);
  const tabs = (await chrome.tabs.query({})).filter(isPage);
  const [front] = tabs.sort((a, b) => Number(b.active) - Number(a.active) || (b.lastAccessed || 0) - (a.lastAccessed || 0));
  if (front) await inject(front.id);
};

const stop = async () => {
  await loaded();
  for (const tab of await chrome.tabs.query({})) await chrome.tabs.sendMessage(tab.id, { ask: "stop" }).catch(() => {});
  await chrome.scripting.unregisterContentScripts({ ids: [SCRIPT.id] }).catch(() => {});
  await inTurn(async () => {
    state.recording = false; // what was told at the very end has come in before
    await keepAbout();
  });
};

const change = async (id, changed) => {
  await loaded();
  const told = state.list.find((one) => one.id === id);
  if (told) await keepTold(Object.assign(told, changed));
};

const overview = async () => {
  await loaded();
  const { ids, recording } = assembled(state.list, { name: state.name || undefined });
  return { recording: state.recording, name: state.name, steps: recording.steps.map((step, place) => ({ ...step, id: ids[place] })) };
};

const show = async (id) => {
  await loaded();
  const told = state.list.find((one) => one.id === id);
  const [tabId] = Object.entries(state.tabs).find(([, number]) => told && number === told.tab) || [];
  if (told && told.step && tabId) await chrome.tabs.sendMessage(Number(tabId), { ask: "show", step: told.step }).catch(() => {});
};

const filesAddress = (server, name) => `${server.replace(/\/+$/, "")}/ingest/v1/files?name=${encodeURIComponent(name)}`;

const keep = async ({ name, base64 }) => {
  const { server, apiKey } = await chrome.storage.local.get(["server", "apiKey"]);
  if (!server || !apiKey) return {};
  const body = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  const answer = await fetch(filesAddress(server, name), { method: "POST", headers: { authorization: `Bearer ${apiKey}` }, body }).catch(() => null);
  return answer && answer.ok ? { file: (await answer.json()).file } : {};
};

const upload = async ({ server, apiKey, name }) => {
  await loaded();
  const { recording } = assembled(state.list, { name: name || state.name || "Recording" });
  const address = `${server.replace(/\/+$/, "")}/ingest/v1/recordings?filename=recording.json`;
  const body = JSON.stringify({ ...recording, recording_method: "extension" });
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)));
  const key = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join(""); // sent twice, it is stored once
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json", "idempotency-key": key };
  const answer = await fetch(address, { method: "POST", headers, body }).catch(() => null);
  if (!answer) return { error: `There is no answer from ${server}. Is the address right, and is Retold running there?` };
  const said = await answer.json().catch(() => ({}));
  return answer.ok ? { id: said.id, steps: said.step_count } : { error: said.detail || said.title || `The server refused the recording (${answer.status}).` };
};

const ASKED = {
  overview, start, stop, upload, keep,
  told: ({ told }, sender) => take(told, sender.tab.id),
  rename: ({ id, label }) => change(id, { label }),
  remove: ({ id }) => change(id, { dropped: true }),
  show: ({ id }) => show(id),
};
const ALONE = new Set(["stop", "upload", "show", "keep"]); // these wait for others, who wait in turn

chrome.runtime.onMessage.addListener((message, sender, answer) => {
  const asked = ASKED[message.ask];
  if (!asked) return false;
  const work = () => asked(message, sender);
  (ALONE.has(message.ask) ? work() : inTurn(work)).then((said) => answer(said || {}), (error) => answer({ error: String(error.message || error) }));
  return true;
});

chrome.webNavigation.onCommitted.addListener(({ tabId, frameId, url, transitionType, transitionQualifiers, timeStamp }) => {
  if (frameId !== 0) return;
  const typed = TYPED.has(transitionType) || transitionQualifiers.includes("from_address_bar");
  const how = transitionQualifiers.includes("forward_back") ? "travel" : typed ? "typed" : transitionType === "reload" ? "reload" : "page";
  inTurn(async () => {
    await loaded();
    if (state.tabs[tabId]) await take({ kind: "how", id: `how.${tabId}.${timeStamp}`, at: timeStamp, url, how }, tabId);
  });
});
chrome.tabs.onRemoved.addListener((tabId) => {
  inTurn(async () => {
    await loaded();
    if (state.tabs[tabId]) await take({ kind: "closed", id: `closed.${tabId}`, at: Date.now() }, tabId);
  });
});
chrome.tabs.onActivated.addListener(({ tabId }) => {
  inTurn(async () => {
    await loaded();
    if (state.recording) await inject(tabId);
  });
});
chrome.sidePanel.setPanelBehavior({ openPanelOnActionClick: true }).catch(() => {});
