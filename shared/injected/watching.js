// When the page last changed, and what of it may still be on the move; waits for the next change.
() => {
  const LOOK_AGAIN = 80; // ms, where no mutation wakes us
  const BURST = 4; // ms, for a burst of changes to end
  const RECENT = 100; // ms: who changed before that has begun to move by now, or never will
  const KEPT = 400; // ms, that what was worked out holds: what styles show or hide, no mutation tells
  const MOST_RECORDS = 500;
  const ALL = { subtree: true, childList: true, attributes: true, characterData: true };
  const now = () => performance.now();

  const page = { version: 0, changed: -Infinity };
  let observer = null;
  let wake = () => {};
  let recent = []; // [when, mutation record]
  let flooded = -Infinity; // when there were more records than we keep
  let scrolled = -Infinity;
  const left = new WeakMap(); // what scrolls -> where we left it: the page tells of it a frame later
  const watched = new WeakSet();

  const noted = (records) => {
    page.version++;
    page.changed = now();
    recent = recent.filter(([when]) => page.changed - when < RECENT);
    if (recent.length + records.length > MOST_RECORDS) {
      flooded = page.changed;
      recent = []; // nobody should keep what the page has thrown away
    } else for (const record of records) recent.push([page.changed, record]);
    wake();
  };

  // Called by every question; the first one begins.
  const watch = () => {
    if (observer) return;
    observer = new MutationObserver(noted);
    observer.observe(document, ALL);
    const moved = ({ target }) => left.get(target) !== stand(target) && (scrolled = now());
    document.addEventListener("scroll", moved, { capture: true, passive: true });
    if (document.readyState !== "complete") flooded = page.changed = now();
  };

  // A mutation observer does not see into shadow trees: each is observed once it is known.
  const watchTree = (root) => {
    if (!observer || watched.has(root)) return;
    watched.add(root);
    observer.observe(root, ALL);
  };

  // Resolves at the next change or after a little while, at the latest after `limit` ms.
  const change = (limit) => new Promise((resolve) => {
    const timer = setTimeout(resolve, Math.max(0, Math.min(LOOK_AGAIN, limit)));
    wake = () => {
      clearTimeout(timer);
      wake = () => {};
      setTimeout(resolve, BURST);
    };
  });

  // What was worked out about the page, kept while it does not change; `forget` when it is of no more use.
  let kept = { version: -1, at: 0, answers: {} };
  const forget = () => (kept = { version: -1, at: 0, answers: {} });
  const remember = (kind, about, work) => {
    watch();
    const untold = observer.takeRecords(); // what was changed by the very script that asks
    if (untold.length) noted(untold);
    if (kept.version !== page.version || now() - kept.at > KEPT) kept = { version: page.version, at: now(), answers: {} };
    const answers = (kept.answers[kind] = kept.answers[kind] || new Map());
    if (!answers.has(about)) answers.set(about, work());
    return answers.get(about);
  };

  const stand = (target) => (target === document ? `${scrollX},${scrollY}` : `${target.scrollLeft},${target.scrollTop}`);

  // Where we left what scrolls.
  const leave = (target) => left.set(target, stand(target));

  // What happened within the last moments: mutations with their times, and when there were too many or a scrolling.
  const lately = () => {
    const since = now() - RECENT;
    return { since, stirred: Math.max(flooded, scrolled), records: recent.filter(([when]) => when >= since) };
  };

  return { page, watch, watchTree, change, remember, forget, stand, leave, lately };
}
