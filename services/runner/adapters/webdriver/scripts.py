"""What is run in pages: the engine is brought in, questions are put to it, and each answer says where its page stands.

WebDriver brings nothing into a document before its own scripts run, so the engine comes with the first question or
look, as a property of the window that is not listed and whose name changes with every row.
"""

from functools import cache

from shared.injected import engine

# Marks a dialog with its kind and default, which WebDriver does not tell: KIND mark DEFAULT mark MESSAGE.
MARK = "\u2063"

# Gives nothing. A document that had it before keeps it.
_INSTALL = """const [key] = arguments;
if (window[key]?.document === document) return;
const kept = { document, id: crypto.getRandomValues(new Uint32Array(2)).join("-"), asked: {}, left: -Infinity };
kept.engine = ENGINE;
kept.at = () => {
  const [entry] = performance.getEntriesByType("navigation");
  const resources = performance.getEntriesByType("resource").length;
  return {
    id: kept.id, href: location.href, state: document.readyState, resources,
    leaving: performance.now() - kept.left < LEAVING,
    status: entry?.responseStatus || null, ready: entry?.domContentLoadedEventEnd || null,
  };
};
addEventListener("beforeunload", () => { kept.left = performance.now(); });
addEventListener("pageshow", () => { kept.left = -Infinity; });
for (const kind of ["alert", "confirm", "prompt"]) {
  const real = window[kind];
  const marked = { [kind]: (message = "", proposed = "") => {
    const shown = `${kind}MARK${kind === "prompt" ? proposed : ""}MARK${message}`;
    return kind === "prompt" ? real.call(window, shown, proposed) : real.call(window, shown);
  } }[kind];
  window[kind] = marked;
}
Object.defineProperty(window, key, { value: kept, configurable: true });"""

# Gives [where the document stands as JSON, its frames' elements]; none where the engine is not there.
LOOK = """const [key] = arguments, kept = window[key];
if (kept?.document !== document) return null;
const frames = [];
const search = (root) => {
  for (const element of root.querySelectorAll("*")) {
    if (element.localName === "iframe" || element.localName === "frame") frames.push(element);
    if (element.shadowRoot) search(element.shadowRoot);
  }
};
if (window.length > 0) search(document);
return [JSON.stringify(kept.at()), frames];"""

# Gives JSON; "" where the engine is not there. A question that a dialog broke off is not put again under its number:
# its answer is awaited.
_ASK = """const [key, number, argument, done] = arguments, kept = window[key];
if (kept?.document !== document) return done("");
if (!(number in kept.asked)) {
  kept.asked = { [number]: Promise.resolve().then(() => (QUESTION)(kept.engine, JSON.parse(argument))) };
}
const complaint = (error) => String(error instanceof Error ? `${error.name}: ${error.message}` : error);
kept.asked[number].then(
  (value) => done(JSON.stringify({ value, at: kept.at() })),
  (error) => done(JSON.stringify({ error: complaint(error), at: kept.at() })),
);"""

# Gives the element that was located.
ELEMENT = "const [key] = arguments; return window[key]?.engine.element ?? null;"

# Gives the frame element that has the cursor, if it is one; else null.
FOCUSED_FRAME = """let active = document.activeElement;
while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
return active && ["iframe", "frame"].includes(active.localName) ? active : null;"""

# Gives the first element that a selector matches, if it is a frame's.
FRAME_IN = """const [selector] = arguments, found = document.querySelector(selector);
return found && ["iframe", "frame"].includes(found.localName) ? found : null;"""

# Gives where the viewport of a frame begins in that of its document, with the point `near` of the frame, or else all
# of it, scrolled into view; null where it cannot be seen. Of a frame that is drawn smaller: so that `near` is met.
PLACE = """const [frame, near] = arguments, own = getComputedStyle(frame), side = (name) => parseFloat(own[name]) || 0;
const place = () => {
  const box = frame.getBoundingClientRect();
  const [x, y] = near || [0, 0];
  const across = box.width / (frame.offsetWidth || box.width), down = box.height / (frame.offsetHeight || box.height);
  const left = box.left + (frame.clientLeft + side("paddingLeft") + x) * across - x;
  return [left, box.top + (frame.clientTop + side("paddingTop") + y) * down - y, box];
};
const seen = ([left, top, box]) => near
  ? left + near[0] >= 0 && top + near[1] >= 0 && left + near[0] < innerWidth && top + near[1] < innerHeight
  : box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
if (!seen(place())) frame.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
if (!seen(place()) && near) {
  const [left, top] = place();
  scrollBy({ left: left + near[0] - innerWidth / 2, top: top + near[1] - innerHeight / 2, behavior: "instant" });
}
const [left, top, box] = place();
return box.width && box.height ? [left, top] : null;"""

INSERT = "(engine, text) => document.execCommand('insertText', false, text)"
LEAVING_MS = 5_000  # a navigation that has brought no document by then was a download, or called off


@cache
def install() -> str:
    """The script that brings the engine into a document; its argument is the name under which it is kept."""
    text = _INSTALL.replace("LEAVING", str(LEAVING_MS)).replace("MARK", "\\u2063")
    return text.replace("ENGINE", engine())


def asking(question: str) -> str:
    """The script that puts a question, a function of (engine, argument); its arguments are name, number, JSON."""
    return _ASK.replace("QUESTION", question)


def evaluating(expression: str) -> str:
    """The question whose answer is what an expression, or a function without arguments, gives."""
    written = expression.strip().removesuffix(";")
    return f"() => {{ const given = ({written}\n); return typeof given === 'function' ? given() : given; }}"
