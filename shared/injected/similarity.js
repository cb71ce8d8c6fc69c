// How alike two recorded values are, each answer 0..1. Pure: no DOM, no state but answers kept.
() => {
  // Strings that differ only in their digits name siblings ("Row 5", "Row 12"), not the same thing.
  const DIGITS_DIFFER = 0.45;
  // Equality must weigh far more than likeness: the best likeness of unequal strings.
  const MOST_UNEQUAL = 0.7;
  const VOLATILE = [
    /^:[a-z0-9]+:$/i, /[:«]r[a-z0-9]{1,4}[:»]/, /^(ember|react|mui|radix|headlessui|cdk|mat|yui|ext|gwt|uid|auto|tooltip|ui-id)[-_:]?\w*\d+/i,
    /\d{5,}/, /[0-9a-f]{8}-[0-9a-f]{4}-/i, /(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}/i, /^\d+$/,
    // classes that are made of a hash: css-1x2y3z, sc-bdVaJa, jss42, _abc12_3, Card_title__x7Q2b
    /^(css|jss|emotion|svelte|astro|go)-?(?=[a-z0-9]*\d)[a-z0-9]{3,}$/i, /^sc-[a-zA-Z]{5,}(-\d+)?$/, /^_[a-z0-9-]*\d[a-z0-9]*_\d+$/i, /__(?=\w*\d)(?=\w*[a-zA-Z])\w{5,8}$/,
  ];

  const COUNTS_VISITORS = /^(utm_\w+|gclid|fbclid|msclkid)=/i;
  const PLAIN = /^[\x20-\x7e]*$/; // nothing in it that NFKC changes

  // The function, answering at once what it was asked before; `forget` empties its memory.
  const remembering = (most, work) => {
    const known = new Map();
    const ask = (given) => {
      let answer = known.get(given);
      if (answer === undefined) {
        if (known.size >= most) known.clear();
        known.set(given, (answer = work(given)));
      }
      return answer;
    };
    return Object.assign(ask, { forget: () => known.clear() });
  };

  const composed = (text) => text.normalize("NFKC").replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"');
  const fold = (text) => (PLAIN.test(text || "") ? text || "" : composed(text)).replace(/\s+/g, " ").trim().toLowerCase();
  const label = (text) => fold(text).replace(/(?<![:*\u00b7|\u203a\u2026])\s*[:*\u00b7|\u203a\u2026]+$/, ""); // marks that stand between labels, or end one
  const digits = (text) => text.replace(/\D+/g, " ").trim();
  const words = (text) => {
    const folded = fold(text);
    return folded.split(PLAIN.test(folded) ? /[^a-z0-9]+/ : /[^\p{L}\p{N}]+/u).filter(Boolean);
  };
  const isVolatile = remembering(1000, (value) => VOLATILE.some((pattern) => pattern.test(value)));

  // How often each pair of neighbouring characters occurs.
  const pairs = (text) => {
    const counts = new Map();
    for (let i = 0; i < text.length - 1; i++) {
      const pair = text.charCodeAt(i) * 0x10000 + text.charCodeAt(i + 1);
      counts.set(pair, (counts.get(pair) || 0) + 1);
    }
    return counts;
  };

  // What is needed of a text that many others are compared with.
  const known = remembering(50, (text) => ({ pairs: pairs(text.slice(0, 200)), length: Math.min(text.length, 200), digits: digits(text) }));

  const dice = (a, text) => {
    const b = text.slice(0, 200);
    if (a.length < 2 || b.length < 2) return 0;
    const left = new Map();
    let shared = 0;
    for (let i = 0; i < b.length - 1; i++) {
      const pair = b.charCodeAt(i) * 0x10000 + b.charCodeAt(i + 1);
      const count = left.get(pair) ?? a.pairs.get(pair);
      if (!count) continue;
      shared++;
      left.set(pair, count - 1);
    }
    return (2 * shared) / (a.length + b.length - 2);
  };

  // The likeness of two texts; the first is the one that stays the same while many are compared.
  const alike = (a, b) => {
    if (!a || !b) return 0;
    if (a === b) return 1;
    const one = known(a);
    return MOST_UNEQUAL * (one.digits === digits(b) ? 1 : DIGITS_DIFFER) * dice(one, b);
  };
  const damping = (a, b) => (digits(a) === digits(b) ? 1 : DIGITS_DIFFER);

  // Whether one says all that the other says, numbers aside: "Email" and "Your email", "Cart (3)" and "Cart (4)".
  const contains = (a, b) => {
    const [few, many] = [a, b].map((text) => words(text).filter((word) => !/^\d+$/.test(word))).sort((x, y) => x.length - y.length);
    return few.length > 0 && few.every((word) => many.includes(word));
  };

  // Whether one says, in one piece, all that the other says.
  const quotes = (a, b) => {
    const [few, many] = [a, b].map((text) => words(text).join(" ")).sort((x, y) => x.length - y.length);
    return few.length > 0 && ` ${many} `.includes(` ${few} `);
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

  // How many steps two paths, as `/html[1]/body[1]`, have in common at their ends.
  const commonTail = (a, b) => {
    let steps = 0;
    let at = 1;
    for (; at <= a.length && at <= b.length && a[a.length - at] === b[b.length - at]; at++) if (a[a.length - at] === "/") steps++;
    return steps;
  };

  // Where a link leads: path parts, then the query, without what only counts visitors; its host if there is nothing else.
  const linkParts = (href) => {
    if (/^(#|javascript:)/i.test(href || "")) return []; // worked by a script: leads nowhere
    const [, host = "", rest] = (href || "").match(/^(?:[a-z]+:)?(?:\/\/([^/?#]*))?(.*)$/is);
    const [path, query = ""] = rest.split("#")[0].split("?");
    const parts = [...path.split("/").filter(Boolean), ...query.split("&").filter((part) => part && !COUNTS_VISITORS.test(part))];
    return parts.length || !host ? parts : [host.toLowerCase()];
  };

  const ratio = (a, b) => (Math.min(a, b) + 1) / (Math.max(a, b) + 1);

  return { remembering, fold, label, digits, words, isVolatile, alike, damping, contains, quotes, MOST_UNEQUAL, overlap, sequence, commonTail, linkParts, ratio };
}
