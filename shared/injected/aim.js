// Whether a person could act on the element now, and at which point of it.
(retold) => {
  const { within, treeOf, parentOf, scrollTo, pressedOf, commits, isToggle, isVisible, isEnabled, isEditable, isField, takesKeys } = retold;
  const { labelsOf, tagOf, nameOf, isStill, pictureOf } = retold;
  const ABOUT_THE_SAME_SIZE = 0.2;
  const ROUNDING = 1; // px
  const POINTED = new Set(["click", "double_click", "right_click", "check", "uncheck", "hover", "drag", "drop", "mouse_move"]);
  const NEEDS_ENABLED = new Set(["click", "double_click", "type", "select", "check", "uncheck", "submit"]);

  const hitAt = (x, y) => {
    let hit = document.elementFromPoint(x, y);
    while (hit && treeOf(hit)) {
      const deeper = treeOf(hit).elementFromPoint(x, y);
      if (!deeper || deeper === hit) return slotAt(hit, x, y) || hit;
      hit = deeper;
    }
    return hit;
  };

  // The slot that shows a text of a host's own there.
  const slotAt = (host, x, y) => {
    const range = document.createRange();
    const isThere = (text) => {
      range.selectNodeContents(text);
      return [...range.getClientRects()].some((one) => x >= one.left && x <= one.right && y >= one.top && y <= one.bottom);
    };
    const text = [...host.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.assignedSlot && isThere(node));
    return text ? text.assignedSlot : null;
  };

  const receives = (element, hit) => {
    if (!hit) return false;
    if (within(hit, element) || pressedOf(hit) === pressedOf(element)) return true;
    const label = hit.closest("label");
    return Boolean(label && label.control && (label.control === element || within(label.control, element)));
  };

  // What has no box of its own, a link around a floating picture for instance, is pressed where its contents are.
  const drawn = (element) => {
    const { width, height } = element.getBoundingClientRect();
    const inside = width > 0 && height > 0 ? null : [...element.children].find(isVisible);
    return inside ? drawn(inside) : element;
  };

  // A hidden checkbox is worked through its label.
  const surfaceOf = (element) => drawn((isToggle(element) && !isVisible(element) && labelsOf(element).find(isVisible)) || element);

  // The recorded point means the same place only in a box of the recorded size; where that is not known, inside the box.
  // The body grows with the page, and a click on it is always about the point.
  const offsetHolds = (element, box, { x, y, width, height }) => {
    if (element === document.body || element === document.documentElement || !width || !height) {
      return x >= 0 && y >= 0 && x <= box.width && y <= box.height;
    }
    const alike = (now, then) => Math.abs(now - then) <= ABOUT_THE_SAME_SIZE * then;
    return alike(box.width, width) && alike(box.height, height);
  };

  // A press on a label makes the browser press the label's control too, at the same point of the window. Recorders write
  // down both, and doing both would undo the first. True for the second; to be asked once for every click.
  let underLabel = false;
  const isEcho = (element, offset) => {
    const box = element.getBoundingClientRect();
    const outside = offset &&
      (offset.x < -ROUNDING || offset.y < -ROUNDING || offset.x > box.width + ROUNDING || offset.y > box.height + ROUNDING);
    const echo = underLabel && isToggle(element) && labelsOf(element).length > 0 && Boolean(outside || !isVisible(element));
    underLabel = !echo && !isToggle(element) && Boolean(element.closest("label"));
    return echo;
  };

  const pointsOf = (element, offset) => {
    const box = element.getBoundingClientRect();
    const points = [];
    if (offset && offsetHolds(element, box, offset)) points.push([box.left + offset.x, box.top + offset.y]);
    const pieces = [...element.getClientRects()].filter((one) => one.width && one.height);
    for (const one of pieces.length ? pieces : [box]) points.push([one.left + one.width / 2, one.top + one.height / 2]);
    for (const [x, y] of [[0.25, 0.5], [0.75, 0.5], [0.5, 0.25], [0.5, 0.75]]) points.push([box.left + box.width * x, box.top + box.height * y]);
    return points;
  };

  const intoView = (element, [x, y]) => {
    const box = element.getBoundingClientRect();
    const fits = box.height <= innerHeight && box.width <= innerWidth;
    const seen = fits
      ? box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth
      : x >= 0 && y >= 0 && x < innerWidth && y < innerHeight; // no scrolling shows all of it: the point is what counts
    if (!seen) scrollTo(element);
  };

  const nameFor = (element) => {
    const id = element.id ? `#${element.id}` : "";
    const name = nameOf(element);
    return `${tagOf(element)}${id}${name ? ` "${name.slice(0, 40)}"` : ""}`;
  };

  // Whether a person cannot reach the element at all, being barred from all of what it is in.
  const isBarred = (element) => {
    for (let node = element; node; node = parentOf(node)) if (node.inert) return true;
    return false;
  };

  // A part of a picture has no place of its own: the middle of its corners counts.
  const inPicture = (area) => {
    const picture = pictureOf(area);
    if (!picture) return { covered: "the picture it belongs to, which is not there", x: 0, y: 0 };
    const [corners, box] = [(area.coords || "").split(/[\s,]+/).map(Number), picture.getBoundingClientRect()];
    const middle = (from) => {
      const all = area.shape === "circle" ? [corners[from]] : corners.filter((_, index) => index % 2 === from);
      return all.length && all.every(Number.isFinite) ? all.reduce((sum, one) => sum + one, 0) / all.length : null;
    };
    const at = (left, top) => [left + (middle(0) ?? box.width / 2), top + (middle(1) ?? box.height / 2)];
    intoView(picture, at(box.left, box.top));
    const now = picture.getBoundingClientRect();
    const [x, y] = at(now.left, now.top);
    const hit = hitAt(x, y);
    const there = hit === area || hit === picture; // browsers differ in what they call it
    return there ? { x, y, commits: commits(area) } : { covered: hit ? nameFor(hit) : "the edge of the window", x, y };
  };

  // aim(element, offset) -> {x, y: in the window of the frame, commits} or {covered: by what, x, y}.
  const aim = (element, offset) => {
    if (element.localName === "area") return inPicture(element);
    const surface = surfaceOf(element);
    intoView(surface, pointsOf(surface, offset)[0]);
    let cover = null;
    for (let attempt = 0; attempt < 2; attempt++) {
      for (const [x, y] of pointsOf(surface, offset)) {
        const hit = hitAt(x, y);
        if (receives(surface, hit)) return { x, y, commits: commits(hit) };
        cover = cover || hit;
      }
      scrollTo(surface); // out from under a sticky bar
    }
    // Stars of a rating lie over their fields, which are all in one place.
    for (const label of isToggle(element) ? labelsOf(element).filter(isVisible) : []) {
      for (const [x, y] of pointsOf(label, null)) if (label.contains(hitAt(x, y))) return { x, y, commits: commits(label) };
    }
    const [[x, y]] = pointsOf(surface, offset);
    return { covered: cover ? nameFor(cover) : "the edge of the window", x, y };
  };

  // The same for what was located last, where somebody asks later; {gone: true} when it is no more.
  const aimAgain = (offset) => {
    const { element } = retold;
    return element && element.isConnected ? aim(element, offset) : { gone: true };
  };

  // Why the event cannot be done to the element now, or null.
  const obstacle = async (element, event) => {
    if (!element.isConnected) return { reason: "not_found" };
    const hiddenIsFine = element.type === "file" || isToggle(element);
    if (!hiddenIsFine && !isVisible(element) && !takesKeys(event, element)) return { reason: "not_visible" };
    if (NEEDS_ENABLED.has(event) && (!isEnabled(element) || isBarred(element))) return { reason: "disabled" };
    if (event === "type" && isField(element) && !isToggle(element) && !isEditable(element)) return { reason: "disabled" };
    if (POINTED.has(event) && !(await isStill(surfaceOf(element)))) return { reason: "covered", by: "its own movement" };
    return null;
  };

  return { aim, aimAgain, hitAt, isEcho, obstacle, nameFor, surfaceOf, POINTED };
}
