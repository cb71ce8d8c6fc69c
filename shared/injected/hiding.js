// Keeps what is secret out of pictures, without the page noticing: nothing moves, and everything can still be pressed.
({ everything }) => {
  const SHORT = 2; // characters: a secret as short as this stands in any text by chance
  const HOLDS_A_VALUE = new Set(["input", "textarea"]);
  let hidden = [];
  const touched = new WeakSet(); // whose style we have set

  const textsOf = (element) => {
    const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("");
    if (HOLDS_A_VALUE.has(element.localName)) return [element.value, element.placeholder, own];
    if (element.localName === "select") return [element.value, ...[...element.options].map((one) => one.label)];
    return [own];
  };

  const CLEAR = { color: "transparent", webkitTextStrokeColor: "transparent", textShadow: "none", fill: "transparent", stroke: "transparent" };

  // An animation beats styles without touching any attribute, and starts no transition; `!important` beats an animation.
  const clear = (element) => {
    const painted = getComputedStyle(element);
    const look = { ...CLEAR };
    if (!(element instanceof SVGElement)) delete look.fill, delete look.stroke;
    if ((painted.webkitBackgroundClip || painted.backgroundClip || "").includes("text")) look.backgroundImage = "none";
    const animation = element.animate([look, look], { duration: 1e9, fill: "forwards" });
    hidden.push(() => animation.cancel());
    if (/^rgba\(.*, 0\)$|^transparent$/.test(getComputedStyle(element).webkitTextFillColor)) return;
    const before = element.getAttribute("style");
    touched.add(element);
    element.style.setProperty("transition", "none", "important");
    element.style.setProperty("-webkit-text-fill-color", "transparent", "important");
    hidden.push(() => (before === null ? element.removeAttribute("style") : element.setAttribute("style", before)));
  };

  // Blanks whatever shows one of the secrets, and password fields altogether, until `unblank`.
  const blank = (secrets) => {
    const secretive = (text) => Boolean(text) && secrets.some((secret) => (secret.length > SHORT ? text.includes(secret) : text === secret));
    const isSecret = (element) => element.localName === "input" && element.type === "password";
    for (const element of everything(document)) if (isSecret(element) || textsOf(element).some(secretive)) clear(element);
  };

  const unblank = () => {
    for (const undo of hidden) undo();
    hidden = [];
  };

  const isOurs = (element) => touched.has(element);

  return { blank, unblank, isOurs };
}
