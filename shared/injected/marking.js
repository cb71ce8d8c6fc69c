// Marks on a picture of the page: drawn on the picture, so that the page itself never changes for it.
(retold) => {
  const COLOURS = ["#d40000", "#0050d4", "#007a1f", "#a000b0", "#b35900", "#006f77", "#7a0045", "#444444"];
  const LINE = 2; // CSS px, as everything here
  const LETTER = 14;
  const AROUND = 120; // of what is cut out, beyond the marks
  const QUALITY = 0.7;

  const bytesOf = (base64) => Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  const base64Of = async (blob) => {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(text);
  };

  // The part of the window that shows all marks, with some room around them.
  const partAround = (boxes) => {
    const seen = boxes.filter((box) => box.width > 0 && box.x < innerWidth && box.y < innerHeight && box.x + box.width > 0 && box.y + box.height > 0);
    if (!seen.length) return { x: 0, y: 0, width: innerWidth, height: innerHeight };
    const x = Math.max(0, Math.min(...seen.map((box) => box.x)) - AROUND);
    const y = Math.max(0, Math.min(...seen.map((box) => box.y)) - AROUND);
    const right = Math.min(innerWidth, Math.max(...seen.map((box) => box.x + box.width)) + AROUND);
    const bottom = Math.min(innerHeight, Math.max(...seen.map((box) => box.y + box.height)) + AROUND);
    return { x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
  };

  // A frame around the box, its number at one of its corners, another one for each neighbour.
  const mark = (drawing, box, at, numbered) => {
    drawing.strokeStyle = drawing.fillStyle = COLOURS[at % COLOURS.length];
    drawing.lineWidth = LINE;
    drawing.strokeRect(box.x - LINE, box.y - LINE, box.width + 2 * LINE, box.height + 2 * LINE);
    if (!numbered) return;
    const wide = LETTER * String(at + 1).length;
    const x = at % 2 ? box.x + box.width - wide : box.x;
    const y = Math.max(0, at % 4 < 2 ? box.y - LETTER : box.y + box.height);
    drawing.fillRect(x - LINE, y, wide + LINE, LETTER);
    drawing.fillStyle = "#ffffff";
    drawing.font = `bold ${LETTER - 2}px sans-serif`;
    drawing.textBaseline = "top";
    drawing.fillText(String(at + 1), x, y + 1);
  };

  // marked({picture: JPEG in base64, of the whole window; boxes in the window's viewport; cut, numbered}) -> the same.
  const marked = async ({ picture, boxes, cut, numbered }) => {
    const image = await createImageBitmap(new Blob([bytesOf(picture)], { type: "image/jpeg" }));
    const scale = image.width / innerWidth;
    const part = cut ? partAround(boxes) : { x: 0, y: 0, width: innerWidth, height: innerHeight };
    const canvas = new OffscreenCanvas(Math.ceil(part.width * scale), Math.ceil(part.height * scale));
    const drawing = canvas.getContext("2d");
    drawing.scale(scale, scale);
    drawing.translate(-part.x, -part.y);
    drawing.drawImage(image, 0, 0, innerWidth, image.height / scale);
    boxes.forEach((box, at) => box.width > 0 && mark(drawing, box, at, numbered));
    return base64Of(await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY }));
  };

  // Where those of the shortlist are in the frame's window now, the likeliest brought into view; no size: gone.
  const showShortlist = () => {
    const [first] = retold.shortlist;
    if (first && first.isConnected) {
      const { top, left, bottom, right } = first.getBoundingClientRect();
      if (top < 0 || left < 0 || bottom > innerHeight || right > innerWidth) retold.scrollTo(first);
    }
    return retold.shortlist.map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x, y, width, height };
    });
  };

  return { marked, showShortlist };
}
