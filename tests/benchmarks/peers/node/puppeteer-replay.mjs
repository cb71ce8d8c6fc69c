// @puppeteer/replay: a recording as Chrome's Recorder exports it, run by the package's own runner.
import { createRunner, PuppeteerRunnerExtension } from "@puppeteer/replay";
import puppeteer from "puppeteer-core";
import { chosen, clock, serve } from "./protocol.mjs";

const TIMEOUT = 5000;

const stepOf = ({ do: what, at, value, leads, frame }) => {
  if (what === "open") return { type: "navigate", url: at };
  const target = { target: "main", selectors: [[at]], ...(frame.length ? { frame: frame.map(() => 0) } : {}) };
  const asserted = leads ? { assertedEvents: [{ type: "navigation" }] } : {};
  if (what === "fill" || what === "select") return { type: "change", value, ...target };
  if (what === "expect") return { type: "waitForElement", properties: { textContent: value }, ...target };
  return { type: "click", offsetX: 5, offsetY: 5, ...target, ...asserted };
};

class Timed extends PuppeteerRunnerExtension {
  steps = [];
  lap = clock();

  async afterEachStep(step, flow) {
    await super.afterEachStep?.(step, flow);
    this.steps.push({ ms: this.lap() });
  }
}

const browser = await puppeteer.launch({
  executablePath: chosen.browser,
  args: [...chosen.arguments],
  headless: "shell",
  defaultViewport: { width: 1280, height: 720 },
});
await serve({
  open: async () => {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    const perform = async (title, actions) => {
      const timed = new Timed(browser, page, { timeout: TIMEOUT });
      const runner = await createRunner({ title, steps: actions.map(stepOf) }, timed);
      await runner.run();
      return timed.steps;
    };
    return { perform, close: () => context.close() };
  },
});
await browser.close();
