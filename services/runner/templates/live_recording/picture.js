// The page as it looks now: newest frame only, in its own pixels where there is room, else smaller.
import { of } from "./page_parts.js";

const HEAD = 12; // bytes: number, width, height (CSS pixels), reserved
const SMALLEST = { width: 480, height: 320 };
const LARGEST = { width: 1920, height: 1200 };
const SETTLED = 300; // ms without a further change of the pane

const stage = of("stage");
const canvas = of("picture");
const brush = canvas.getContext("2d", { alpha: false });
const shown = { width: 0, height: 0, scale: 1, left: 0, top: 0 }; // CSS pixels of the recorded page, and where it is drawn
let newest = null;
let drawing = false;

const place = () => {
  if (!shown.width) return;
  const { clientWidth, clientHeight } = stage;
  shown.scale = Math.min(1, clientWidth / shown.width, clientHeight / shown.height);
  shown.left = Math.floor((clientWidth - shown.width * shown.scale) / 2);
  shown.top = Math.floor((clientHeight - shown.height * shown.scale) / 2);
  Object.assign(canvas.style, {
    left: `${shown.left}px`, top: `${shown.top}px`, width: `${shown.width * shown.scale}px`, height: `${shown.height * shown.scale}px`,
  });
};

const draw = async (seen) => {
  drawing = true;
  while (newest) {
    const frame = newest;
    newest = null;
    const head = new DataView(frame, 0, HEAD);
    try {
      const picture = await createImageBitmap(new Blob([new Uint8Array(frame, HEAD)], { type: "image/jpeg" }));
      if (canvas.width !== picture.width || canvas.height !== picture.height) Object.assign(canvas, { width: picture.width, height: picture.height });
      brush.drawImage(picture, 0, 0);
      picture.close();
      const [width, height] = [head.getUint16(4), head.getUint16(6)];
      if (width !== shown.width || height !== shown.height) {
        Object.assign(shown, { width, height });
        place();
      }
    } finally {
      seen(head.getUint32(0)); // a picture that cannot be read must not stop those that follow
    }
  }
  drawing = false;
};

// A frame as it came; `seen(number)` once it is in the page.
export const frame = (buffer, seen) => {
  newest = buffer;
  if (!drawing) draw(seen).catch(() => (drawing = false));
};

// Where in the recorded page a mouse event of ours is: CSS pixels of its viewport, also outside of it.
export const pointOf = ({ clientX, clientY }) => {
  const box = canvas.getBoundingClientRect();
  return { x: Math.round((clientX - box.left) / shown.scale), y: Math.round((clientY - box.top) / shown.scale) };
};

// Where on the stage a box of the recorded page is.
export const boxOf = ({ x, y, width, height }) => ({
  left: shown.left + x * shown.scale, top: shown.top + y * shown.scale, width: width * shown.scale, height: height * shown.scale,
});

// The recorded page is as large as the pane; `wanted(size)` once the pane has kept its size for a moment.
// Gives a function that says it at once.
export const followPane = (wanted) => {
  let settling = 0;
  let told = "";
  const tell = () => {
    if (document.hidden || !stage.clientWidth) return;
    const within = (side, length) => Math.max(SMALLEST[side], Math.min(LARGEST[side], length));
    const size = { width: within("width", stage.clientWidth), height: within("height", stage.clientHeight) };
    const key = `${size.width}×${size.height}`;
    if (key !== told && (size.width !== shown.width || size.height !== shown.height) && wanted(size)) told = key;
  };
  const soon = () => {
    place();
    clearTimeout(settling);
    settling = setTimeout(tell, SETTLED);
  };
  new ResizeObserver(soon).observe(stage);
  document.addEventListener("visibilitychange", soon);
  return () => {
    told = "";
    tell();
  };
};
