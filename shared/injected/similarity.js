// How alike two recorded values are, each answer 0..1. Pure: no DOM, no state.
() => {
  // Strings that differ only in their digits name siblings ("Row 5", "Row 12"), not the same thing.
  const DIGITS_DIFFER = 0.45;
  // Equality must weigh far more than likeness: the best likeness of unequal strings.
  const MOST_UNEQUAL = 0.7;
  const VOLATILE = [
    /^:[a-z0-9]+:$/i, /^(ember|react|mui|radix|headlessui|cdk|mat|yui|ext|gwt|uid|auto|tooltip|ui-id)[-_:]?\w*\d+/i,
    /\d{5,}/, /[0-9a-f]{8}-[0-9a-f]{4}-/i, /(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}/i, /^\d+$/,
  ];

  const fold = (text) => (text || "").normalize("NFKC").replace(/\s+/g, " ").trim().toLowerCase();
  const label = (text) => fold(text).replace(/\s*[:*]+$/, "");
  const digits = (text) => text.replace(/\D+/g, " ").trim();
  const words = (text) => fold(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const isVolatile = (value) => VOLATILE.some((pattern) => pattern.test(value));

  const bigrams = (text) => {
    const counts = new Map();
    for (let i = 0; i < text.length - 1; i++) {
      const pair = text.slice(i, i + 2);
      counts.set(pair, (counts.get(pair) || 0) + 1);
    }
    return counts;
  };

  const dice = (a, b) => {
    if (a.length < 2 || b.length < 2) return 0;
    const left = bigrams(a);
    let shared = 0;
    for (const [pair, count] of bigrams(b)) shared += Math.min(count, left.get(pair) || 0);
    return (2 * shared) / (a.length + b.length - 2);
  };

  const alike = (a, b) => {
    if (!a || !b) return 0;
    if (a === b) return 1;
    const damping = digits(a) === digits(b) ? 1 : DIGITS_DIFFER;
    return MOST_UNEQUAL * damping * dice(a.slice(0, 200), b.slice(0, 200));
  };

  // Whether one says all that the other says, numbers aside: "Email" and "Your email", "Cart (3)" and "Cart (4)".
  const contains = (a, b) => {
    const [few, many] = [a, b].map((text) => words(text).filter((word) => !/^\d+$/.test(word))).sort((x, y) => x.length - y.length);
    return few.length > 0 && few.every((word) => many.includes(word));
  };

  // Overlap of two word sets, each word weighted by its rarity on the page.
  const overlap = (a, b, rarity) => {
    if (!a.size || !b.size) return 0;
    let shared = 0;
    let all = 0;
    for (const word of a) {
      const weight = rarity(word);
      all += weight;
      if (b.has(word)) shared += weight;
    }
    for (const word of b) if (!a.has(word)) all += rarity(word);
    return all ? shared / all : 0;
  };

  // Longest common subsequence of two tag sequences, as a share of both lengths.
  const sequence = (a, b) => {
    if (!a.length || !b.length) return 0;
    let previous = new Array(b.length + 1).fill(0);
    for (const step of a) {
      const row = [0];
      for (let j = 0; j < b.length; j++) row.push(step === b[j] ? previous[j] + 1 : Math.max(row[j], previous[j + 1]));
      previous = row;
    }
    return (2 * previous[b.length]) / (a.length + b.length);
  };

  const commonTail = (a, b) => {
    let length = 0;
    while (length < a.length && length < b.length && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
    return length;
  };

  // Where a link leads, without its host: path parts, then the query.
  const linkParts = (href) => {
    if (/^(#|javascript:)/i.test(href || "")) return []; // worked by a script: leads nowhere
    const [path, query = ""] = (href || "").replace(/^[a-z]+:\/\/[^/]*/i, "").split("#")[0].split("?");
    return [...path.split("/").filter(Boolean), ...query.split("&").filter(Boolean)];
  };

  const ratio = (a, b) => (Math.min(a, b) + 1) / (Math.max(a, b) + 1);

  return { fold, label, digits, words, isVolatile, alike, contains, MOST_UNEQUAL, overlap, sequence, commonTail, linkParts, ratio };
}
