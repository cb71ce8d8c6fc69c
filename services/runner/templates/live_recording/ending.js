// The last screen: what became of the recording, and what comes next.
import { fill, iconButton, of } from "./page_parts.js";

const SAID = 1500; // ms that "copied" is shown

const TITLES = { discarded: "Discarded", time_limit: "The time is up", idle_limit: "Ended, because nothing was done", not_started: "The browser could not be opened" };
const KEPT = "Your recording is kept";

const copyButton = (text) => {
  const button = iconButton("copy", "Copy", async () => {
    await navigator.clipboard.writeText(text());
    button.querySelector("use").setAttribute("href", "#i-done");
    fill(of("said"), "Copied");
    setTimeout(() => button.querySelector("use").setAttribute("href", "#i-copy"), SAID);
  });
  return button;
};

export const prepareEnd = () => {
  for (const box of document.querySelectorAll("#end .copyable")) {
    const code = box.querySelector("code");
    box.append(copyButton(() => code.textContent));
    box.lastElementChild.setAttribute("aria-label", `Copy ${{ "recording-id": "the recording's id" }[code.id] || "the command"}`);
  }
};

const leave = () => {
  for (const one of document.querySelectorAll("dialog[open]")) one.close();
  of("work").hidden = true;
  document.querySelector("header").hidden = true;
  if (!of("end").hidden) return;
  of("end").hidden = false;
  of("end").focus();
};

const sign = (well) => {
  of("end").classList.toggle("wrong", !well);
  of("end-sign").querySelector("use").setAttribute("href", well ? "#i-done" : "#i-alert");
};

// The session has ended, as its last message says.
export const showEnd = (session) => {
  const { reason, message, recording_id: id, has_recording: kept, recording_ready: ready } = session;
  const title = TITLES[reason] || (kept ? (reason === "stopped" ? KEPT : "The recording ended early") : "Nothing was recorded");
  leave();
  sign(kept && reason === "stopped");
  fill(of("end-title"), title);
  fill(of("end-text"), [message, kept && !ready ? "It is being kept …" : ""].filter(Boolean).join(" "));
  document.title = `${title} · Retold`;
  of("next").hidden = !kept;
  fill(of("recording-id"), id);
  fill(of("template-command"), `retold template ${id} --output table.csv`);
  fill(of("run-command"), `retold run ${id} --csv table.csv --wait`);
};

// There is no such session for this page.
export const showRefused = (reason) => {
  leave();
  sign(false);
  fill(of("end-title"), "This recording cannot be opened");
  fill(of("end-text"), reason || "Its address is incomplete or has expired. Start another one with: retold record URL");
};
