// Closed shadow trees, where the browser alone can open them: asked for as soon as the pointer or the cursor is there.
() => {
  const MOST = 300; // hosts that are asked for in one document
  const HOSTS = /-|^(article|aside|blockquote|body|div|footer|h[1-6]|header|main|nav|p|section|span)$/;

  const mayHost = (element) => !element.shadowRoot && HOSTS.test(element.localName);
  // What is neither a custom element nor looks empty and yet is drawn shows what is in it, and hides no tree.
  const looksClosed = (element) => mayHost(element) && (element.localName.includes("-") || (!element.firstElementChild && !element.textContent.trim()));

  // Whoever listens answers {kind: "host", number}: takes `host(number)`, and calls `open(number, root)`.
  const closedTrees = (tell) => {
    const hosts = []; // by number
    const asked = new WeakSet();
    const known = new WeakMap(); // host -> root

    const ask = (element) => {
      if (hosts.length >= MOST || asked.has(element) || !looksClosed(element)) return;
      asked.add(element);
      tell({ kind: "host", number: hosts.push(element) - 1 });
    };
    const onReached = (event) => {
      const [element] = event.composedPath();
      if (element instanceof Element) ask(element);
    };

    const host = (number) => hosts[number] || null;
    const open = (number, root) => {
      known.set(hosts[number], root);
      root.querySelectorAll("*").forEach(ask);
    };
    const opened = (element) => known.get(element) || null;

    return { host, open, opened, listeners: { mouseover: onReached, focusin: onReached } };
  };

  return { mayHost, closedTrees };
}
