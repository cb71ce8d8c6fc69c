// The contestants' side of tests/benchmarks/replay/contestants/protocol.py, in Node.
import { createInterface } from "node:readline";

// {browser, arguments} of all contestants.
export const chosen = JSON.parse(process.argv[2]);

// Milliseconds since it was asked last.
export const clock = () => {
  let last = performance.now();
  return () => {
    const passed = performance.now() - last;
    last += passed;
    return passed;
  };
};

const tell = (answer) => process.stdout.write(JSON.stringify(answer) + "\n");

// `open()` gives a window: {perform(form, actions) -> steps, close()}.
export const serve = async ({ prepare = () => {}, open }) => {
  const row = async (form, actions) => {
    const lap = clock();
    const window = await open();
    const setup = lap();
    const steps = await window.perform(form, actions);
    const run = lap();
    await window.close();
    return { setup, run, close: lap(), steps };
  };
  const rows = async ({ form, rows, at_once }) => {
    const lap = clock();
    const waiting = rows.map((actions, place) => ({ actions, place }));
    const done = [];
    const take = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) done[next.place] = await row(form, next.actions);
    };
    await Promise.all(Array.from({ length: at_once }, take));
    return { seconds: lap() / 1000, rows: done };
  };
  const doings = { prepare: async ({ form, actions }) => (await prepare(form, actions), {}), rows };
  tell({});
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: name, ...asked } = JSON.parse(line);
    try {
      tell(await doings[name](asked));
    } catch (error) {
      tell({ error: String(error) });
    }
  }
};
