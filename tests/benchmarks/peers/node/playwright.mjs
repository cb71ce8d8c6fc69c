// Playwright for Node as its documentation tells to write it.
import { chromium } from "playwright-core";
import { chosen, clock, serve } from "./protocol.mjs";

// Its `expect` belongs to its test runner: the library's way is to wait for the element with that text.
const act = async (page, { do: what, at, value, frame }) => {
  const within = frame.reduce((outer, selector) => outer.frameLocator(selector), page);
  if (what === "open") await page.goto(at);
  else if (what === "fill") await within.locator(at).fill(value);
  else if (what === "select") await within.locator(at).selectOption(value);
  else if (what === "check") await within.locator(at).check();
  else if (what === "click") await within.locator(at).click();
  else await within.locator(at).filter({ hasText: value }).waitFor();
};

const browser = await chromium.launch({ executablePath: chosen.browser, args: chosen.arguments });
await serve({
  open: async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const perform = async (_, actions) => {
      const [lap, steps] = [clock(), []];
      for (const action of actions) {
        await act(page, action);
        steps.push({ ms: lap() });
      }
      return steps;
    };
    return { perform, close: () => context.close() };
  },
});
await browser.close();
