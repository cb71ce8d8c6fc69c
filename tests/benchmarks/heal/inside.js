// What is done inside the page: builds it, asks the engine for its elements, changes them, asks again.
(engine) => {
  const ADJECTIVES = "Red Green Blue Heavy Light Small Large Round Square Plain".split(" ");
  const NOUNS = "Lamp Chair Table Kettle Basket Mirror Carpet Shelf Curtain Vase".split(" ");
  const NODES_OF_A_ROW = 10;

  const called = (row) => `${ADJECTIVES[row % 10]} ${NOUNS[Math.floor(row / 10) % 10]} ${row}`;
  const row = (at) => `<li class="item">
    <h3>${called(at)}</h3><p class="note">Made of wood, sold by the piece, number ${at * 7 + 3} of our list.</p>
    <label for="q-${at}">Pieces of ${called(at)}</label>
    <input id="q-${at}" name="quantity-${at}" placeholder="Pieces, ${called(at)}" class="field narrow">
    <p><a href="/product/${at}">Details of ${called(at)}</a><em>in stock</em></p>
    <button type="button" class="buy">Buy ${called(at)}</button></li>`;

  // A page of about so many elements: rows that look alike.
  const build = (nodes) => {
    const rows = Math.round(nodes / NODES_OF_A_ROW);
    document.body.innerHTML = `<header><h1>Shop</h1></header><main><ul>${Array.from({ length: rows }, (_, at) => row(at)).join("")}</ul></main>`;
    return document.querySelectorAll("*").length;
  };

  const requestFor = (bundle, event, more) => ({
    event, selector: null, alternatives: [], bundle, known: { tag: bundle.tag }, tag: bundle.tag, offset: null, timeout: 0, grace: 0,
    quiet: 0, heal: false, threshold: 80, learn: false, strict: false, value: null, mode: "replace", ticked: null, act: false,
    highlight: false, ...more,
  });

  // Chrome's recorder writes these beside one another.
  const alternativesOf = (element, bundle) => [
    [`aria/${bundle.aria}`], [engine.selectorOf(element)], [`xpath/${bundle.xpath}`], [`pierce/${engine.selectorOf(element)}`],
    ...(bundle.visibleText ? [[`text/${bundle.visibleText}`]] : []),
  ];

  const CHANGES = {
    none: () => {},
    // The attributes that scripts and styles use are new.
    renamed: (element) => {
      for (const name of ["id", "name", "class"]) element.removeAttribute(name);
      element.className = "w-full rounded";
    },
    // What a person reads is new, and so are name and class.
    reworded: (element) => {
      if (element.localName === "input") element.placeholder = element.placeholder.replace("Pieces", "How many pieces");
      else element.textContent = element.textContent.replace(/^(\w+) /, "$1 now: ");
      element.setAttribute("name", `x-${element.getAttribute("name") || ""}`);
      element.className = "w-full rounded";
    },
    moved: (element) => {
      CHANGES.renamed(element);
      const wrap = document.createElement("div");
      wrap.className = "box";
      wrap.append(element);
      document.querySelector("main").prepend(wrap);
    },
    gone: (element) => element.remove(),
  };

  // Changes an element, asks for it, puts it back. -> what the engine said, and whether it found the right one.
  const once = async (element, how, event) => {
    const [parent, next, before] = [element.parentNode, element.nextSibling, element.cloneNode(true)];
    const bundle = engine.bundleOf(element);
    const recorded = how === "none" ? { alternatives: alternativesOf(element, bundle) } : {};
    CHANGES[how](element);
    await new Promise((resolve) => setTimeout(resolve, how === "none" ? 120 : 0)); // the page is quiet, as a rule
    document.body.getBoundingClientRect(); // its layout is the browser's work, not ours
    const report = await engine.locate(requestFor(bundle, event, { ...recorded, heal: how !== "none" }));
    const right = report.found && engine.element === element;
    document.querySelectorAll("div.box").forEach((box) => box.remove());
    parent.insertBefore(before, next && next.parentNode === parent ? next : null);
    if (element.parentNode === parent) element.remove();
    return { ms: report.ms, found: report.found, right, by: report.foundBy || "" };
  };

  // -> one line an element: [{ms, found, right, by}]. `selector` says which elements, `count` of them are taken.
  const measure = async (selector, how, event, count) => {
    const all = document.querySelectorAll(selector).length;
    const found = [];
    for (let at = 0; at < count; at++) {
      const place = Math.floor(((at + 0.5) * all) / count);
      found.push(await once(document.querySelectorAll(selector)[place], how, event));
    }
    return found;
  };

  return { build, measure };
}
