// Tabs, address, back, forward and reload of the recorded browser.
import { fill, iconButton, make, of } from "./page_parts.js";

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:(?!\d)/i; // localhost:8080 has none
const BLANK = "about:blank";
const NEAR = /^(localhost|127\.|\[::1\]|0\.0\.0\.0)/i;

// What a person typed, as an address.
export const addressOf = (text) => (HAS_SCHEME.test(text) ? text : `${NEAR.test(text) ? "http" : "https"}://${text}`);

export const followTabs = (tell) => {
  const strip = of("tabs");
  const shown = new Map(); // tab -> {box, button, close}
  let front = null;

  for (const way of ["back", "forward", "reload"]) of(way).addEventListener("click", () => tell({ kind: way }));
  of("new-tab").addEventListener("click", () => tell({ kind: "new_tab" }));
  of("go").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = of("address").value.trim();
    if (text && tell({ kind: "navigate", url: addressOf(text) })) of("keys").focus({ preventScroll: true });
  });
  of("address").addEventListener("focus", () => of("address").select());
  of("address").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    of("address").value = front ? front.url : "";
    of("keys").focus({ preventScroll: true });
  });
  strip.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || event.target.getAttribute("role") !== "tab") return;
    const all = [...strip.querySelectorAll("[role=tab]")];
    const next = all[(all.indexOf(event.target) + step + all.length) % all.length];
    next.focus();
    next.click();
  });

  const newTab = (id) => {
    const box = make("div", "tab");
    box.setAttribute("role", "presentation");
    const button = Object.assign(make("button"), { type: "button" });
    button.setAttribute("role", "tab");
    button.addEventListener("click", () => tell({ kind: "tab", tab: id }));
    const close = iconButton("close", "Close this tab", () => tell({ kind: "close_tab", tab: id }));
    box.append(button, close);
    return { box, button, close };
  };

  const showTab = ({ tab, title, url, active }, alone) => {
    if (!shown.has(tab)) shown.set(tab, newTab(tab));
    const { box, button, close } = shown.get(tab);
    const name = (title !== BLANK && title) || (url !== BLANK && url) || "New tab";
    fill(button, name);
    button.title = name;
    button.setAttribute("aria-selected", String(active));
    button.tabIndex = active ? 0 : -1;
    box.classList.toggle("front", active);
    close.hidden = alone;
    close.setAttribute("aria-label", `Close the tab ${name}`);
    return box;
  };

  return (tabs) => {
    front = tabs.find((one) => one.active) || null;
    const boxes = tabs.map((one) => showTab(one, tabs.length === 1));
    if (boxes.some((box, place) => strip.children[place] !== box)) strip.append(...boxes);
    for (const [id, { box }] of shown) {
      if (tabs.some((one) => one.tab === id)) continue;
      box.remove();
      shown.delete(id);
    }
    fill(of("address"), front && front.url !== BLANK ? front.url : "");
    of("loading").hidden = !front?.loading;
  };
};
