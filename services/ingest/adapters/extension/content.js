// In every frame while something is recorded: starts the recorder of `recorder.js`, and shows where a step was done.
(() => {
  if (globalThis.retoldRecording) return; // put into this document twice
  const SHOWN_FOR = 1500; // ms
  const LARGEST = 32 * 1024 ** 2; // bytes of a file that goes through a message
  const CHUNK = 0x8000;

  const tell = (told) => {
    try {
      chrome.runtime.sendMessage({ ask: "told", told }).catch(() => {});
    } catch {
      stop(); // the extension was updated or removed meanwhile
    }
  };
  // A file goes to the server at once, where it is known by what comes back; null where no server was told of yet.
  const keep = async (file) => {
    if (file.size > LARGEST) return null;
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
    const { file: kept } = await chrome.runtime.sendMessage({ ask: "keep", name: file.name, base64: btoa(text) });
    return kept || null;
  };
  const opened = (host) => {
    try {
      return chrome.dom.openOrClosedShadowRoot(host);
    } catch {
      return null; // no element that can have one
    }
  };

  const frameAround = (element) => {
    const { top, left, width, height } = element.getBoundingClientRect();
    const holder = document.createElement("div");
    holder.style.cssText = `position:fixed;z-index:2147483647;pointer-events:none;top:${top - 4}px;left:${left - 4}px;width:${width + 8}px;height:${height + 8}px;box-sizing:border-box;border:3px solid #5b4bdb;border-radius:6px;background:#5b4bdb22`;
    holder.setAttribute("aria-hidden", "true");
    document.documentElement.append(holder);
    setTimeout(() => holder.remove(), SHOWN_FOR);
  };

  const show = ({ bundle, metadata, selector }) => {
    const here = retoldRecorder.describePage().bundle.iframeChain;
    if (JSON.stringify(here) !== JSON.stringify(bundle.iframeChain || [])) return;
    const root = retoldRecorder.rootOf(bundle.shadowHosts);
    const spelled = [...(metadata.selectors || []), ...(selector ? [[selector]] : [])];
    const found = root && spelled.map((parts) => retoldRecorder.recorded(parts).find(root)).find((elements) => elements.length === 1);
    if (!found) return;
    found[0].scrollIntoView({ block: "nearest", behavior: "instant" });
    frameAround(found[0]);
  };

  const onMessage = (message) => {
    if (message.ask === "stop") stop();
    if (message.ask === "show") show(message.step);
  };
  const stop = () => {
    recording.stop();
    globalThis.retoldRecording = null;
    chrome.runtime.onMessage.removeListener(onMessage);
  };

  const recording = retoldRecorder.start({ tell, opened, keep });
  globalThis.retoldRecording = recording;
  chrome.runtime.onMessage.addListener(onMessage);
})();
