// What must not leave the page: values of secret fields, and what of them stands in addresses.
({ parentOf, tagOf }) => {
  const REDACTED = "REDACTED"; // the word that the import of recordings uses as well
  const SECRET_TOKENS = /^(cc-.*|one-time-code|current-password|new-password)$/;
  const SECRET_NAMES = /pass(word|wd|code|phrase|wort)|kennwort|pwd|secret|geheim|token|api[-_]?key|\b(cvv2?|cvc2?|csc|otp|totp|pin|puk|tan|ssn|iban)\b/i;
  const SESSIONS = /^(auth|authorization|signature|sig|sessionid|jsessionid|phpsessid|jwt)$/i;
  const PAIR = /([^?&;#=/]+)=([^&#;]+)/g;
  const veiled = new WeakSet(); // password fields, also while the page shows what is in them
  const names = new Set(); // of the secret fields that something was typed into

  const isMarked = (element) => {
    for (let node = element; node; node = parentOf(node)) if (node.hasAttribute("data-secret")) return true;
    return false;
  };

  const isSecret = (element) => {
    if (element.type === "password" && tagOf(element) === "input") veiled.add(element);
    if (veiled.has(element)) return true;
    const tokens = (element.getAttribute("autocomplete") || "").toLowerCase().split(/\s+/);
    const called = [element.getAttribute("name"), element.id, element.getAttribute("aria-label")].join(" ").replace(/([a-z])([A-Z])/g, "$1 $2").replace(/_/g, " ");
    return tokens.some((one) => SECRET_TOKENS.test(one)) || SECRET_NAMES.test(called) || isMarked(element);
  };

  const noteSecret = (element) => {
    for (const name of [element.getAttribute("name"), element.id]) if (name) names.add(name);
  };

  const plain = (text) => {
    try {
      return decodeURIComponent(text.replace(/\+/g, " "));
    } catch {
      return text;
    }
  };

  // An address without secrets.
  const address = (url) => {
    const at = url.search(/[?#;]/);
    const login = (text) => text.replace(/^(https?:\/\/[^/?#@:]*):[^/?#@]*@/i, `$1:${REDACTED}@`);
    if (at < 0) return login(url);
    const clean = url.slice(at).replace(PAIR, (pair, name) => {
      const called = plain(name);
      return names.has(called) || SECRET_NAMES.test(called) || SESSIONS.test(called) ? `${name}=${REDACTED}` : pair;
    });
    return login(url.slice(0, at)) + clean;
  };

  return { isSecret, noteSecret, address };
}
