// Conditions that a recording waits for: how many elements there are, and what is true of them.
(retold) => {
  const { ofStep, rootOf, isVisible, watch, change, oneByOne } = retold;
  const COMPARED = { ">=": (a, b) => a >= b, "==": (a, b) => a === b, "<=": (a, b) => a <= b };

  const holds = (wanted, now) => {
    if (wanted === null || typeof wanted !== "object") return wanted === now;
    if (now === null || typeof now !== "object") return false;
    return Object.entries(wanted).every(([key, value]) => holds(value, now[key]));
  };

  const fits = (element, { visible, attributes, properties }) =>
    (visible === undefined || visible === null || isVisible(element) === visible) &&
    Object.entries(attributes || {}).every(([name, value]) => element.getAttribute(name) === value) &&
    Object.entries(properties || {}).every(([name, value]) => holds(value, element[name]));

  // Counts with the first locator that finds anything at all.
  const count = (request) => {
    oneByOne();
    const root = rootOf(request.bundle.shadowHosts, request.pierced);
    for (const query of ofStep(request)) {
      const searched = query.whole ? document : root;
      const found = searched ? query.find(searched) : [];
      if (found.length) return found.filter((element) => fits(element, request.condition)).length;
    }
    return 0;
  };

  // awaitCount(request) -> {held, count}; waits up to `timeout` ms.
  const awaitCount = async (request) => {
    const { operator = ">=", count: wanted = 1 } = request.condition;
    watch();
    const deadline = performance.now() + request.timeout;
    for (;;) {
      const now = count(request);
      if (COMPARED[operator](now, wanted)) return { held: true, count: now };
      if (performance.now() >= deadline) return { held: false, count: now };
      await change(deadline - performance.now());
    }
  };

  // Resolves when the page has time to spare: its scripts have most likely attached their listeners.
  const idle = (limit) => new Promise((resolve) => {
    watch();
    const done = () => setTimeout(resolve, 0);
    if (window.requestIdleCallback) requestIdleCallback(done, { timeout: limit });
    else done();
  });

  return { awaitCount, idle };
}
