// The rung bounding_box: an element of the recorded kind stands where, and is about as large as, the recorded one was, on
// a page that looks as it did there; and nothing else about it says that it is another. Pure: records and boxes in, an
// answer out. Elements change places all the time, so it seldom speaks.
({ label, words, alike, quotes, isVolatile, linkParts, isOneOfOthers }) => {
  const FAR = 1; // of the box's own size: how far the centre may have moved
  const NEAREST = 6; // px, that it may have moved in any case
  const ALIKE_IN_SIZE = 0.6;
  const AROUND_AGREES = 0.6; // share of the recorded neighbours' words that are still there
  const LANDMARK = /^(header|nav|main|footer|form|aside|dialog)$/;
  const SAYS_THE_SAME = 0.55; // likeness of two names: "Add user" and "Add users", not "Align left" and "Align right"
  // On real pages one to five years apart: 28 answers for 279 elements, all of them right; none for the same elements
  // taken out. So few allow no more: by the rule of three, one in ten may be wrong where none of 28 was.
  const CERTAINTY = 85;
  const NAMES = ["aria", "visibleText", "placeholder", "label", "alt"];

  const centre = (box) => [box.left + box.width / 2, box.top + box.height / 2];
  const ratio = (a, b) => Math.min(a, b) / Math.max(a, b, 1);
  const within = (box, other) => {
    const [x, y] = centre(box);
    const [left, top] = centre(other);
    return Math.abs(x - left) <= Math.max(NEAREST, FAR * other.width) && Math.abs(y - top) <= Math.max(NEAREST, FAR * other.height);
  };
  const isAsLarge = (box, other) => ratio(box.width, other.width) >= ALIKE_IN_SIZE && ratio(box.height, other.height) >= ALIKE_IN_SIZE;
  const overlaps = (box, other) =>
    box.left < other.left + other.width && other.left < box.left + box.width && box.top < other.top + other.height && other.top < box.top + box.height;

  const tagsOf = (path) => (path || "").split("/").map((step) => step.replace(/\[.*$/, "")).filter(Boolean);
  const landmarks = (path) => tagsOf(path).filter((tag) => LANDMARK.test(tag)).join("/");

  const agrees = (then, now) => !then || !now || then === now;
  const isSameKind = (target, record) => record.tag === target.tag && agrees(target.type, record.type) && agrees(target.role, record.role);

  const named = (record) => NAMES.map((key) => label(record[key] || "")).filter(Boolean);
  // One of them without a name says nothing; two names that have nothing in common say that it is another.
  const isCalledOtherwise = (target, record) => {
    const [then, now] = [named(target), named(record)];
    const same = (one, other) => quotes(one, other) || alike(one, other) >= SAYS_THE_SAME;
    return then.length > 0 && now.length > 0 && !then.some((one) => now.some((other) => same(one, other)));
  };
  const isLasting = (value) => Boolean(value) && !isVolatile(value);
  const leadsElsewhere = (target, record) => Boolean(target.href) && linkParts(target.href).join("/") !== linkParts(record.href).join("/");
  // Where one of them has no name, its style is what tells it from its neighbours.
  const isStyledOtherwise = (target, record) => {
    const [then, now] = [target, record].map((one) => (one.className || "").split(/\s+/).filter(isLasting));
    if (named(target).length && named(record).length) return false;
    return then.length > 0 && now.length > 0 && !then.some((name) => now.includes(name));
  };
  const isOther = (target, record) =>
    isCalledOtherwise(target, record) || isStyledOtherwise(target, record) || leadsElsewhere(target, record) ||
    ["id", "name"].some((key) => isLasting(target[key]) && isLasting(record[key]) && alike(target[key], record[key]) === 0);

  const looksAsItDid = (target, record) => {
    if (target.xpath && landmarks(target.xpath) !== landmarks(record.xpath)) return false;
    const around = [...new Set(words(target.neighbourText || ""))];
    if (!around.length) return Boolean(target.xpath) && tagsOf(target.xpath).join("/") === tagsOf(record.xpath).join("/");
    const now = new Set(words(record.neighbourText || ""));
    return around.filter((word) => now.has(word)).length >= AROUND_AGREES * around.length;
  };

  // atPlace(target, records, boxOf(index), place(index)) -> {index, confidence} or null. `place` completes a record.
  const atPlace = (target, records, boxOf, place = () => {}) => {
    const then = target.bounding;
    if (!then || !then.width || !then.height || !target.tag || target.twins) return null;
    const there = [];
    for (let index = 0; index < records.length; index++) {
      const box = isSameKind(target, records[index]) ? boxOf(index) : null;
      if (box && overlaps(box, then)) there.push({ index, box });
    }
    if (there.length !== 1 || !within(there[0].box, then) || !isAsLarge(there[0].box, then)) return null;
    const { index } = there[0];
    place(index);
    if (isOneOfOthers(target, records[index]) || isOther(target, records[index]) || !looksAsItDid(target, records[index])) return null;
    return { index, confidence: CERTAINTY };
  };

  return { atPlace };
}
