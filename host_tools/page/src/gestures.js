// Moving, zooming and pointing in the charts, by mouse, touch and keys: one place for all of them.
//
// Sideways: drag or turn the wheel sideways. Zoom: pinch, or turn the wheel. Point: hover or tap.

const STEP = 1.25; // of a key or a notch of the wheel
const SLOP = 6; // px that a tap may move
const TAP_MS = 500;

/**
 * Listen on node. area() -> {left, width} of the drawing in px; view() -> {from, to};
 * move(view): show that; point(time or null): the cursor is there.
 */
export function listen(node, { area, view, move, point }) {
  const pointers = new Map();
  let start = null; // what it was when the fingers came down
  let tap = null;

  const share = (x) => {
    const { left, width } = area();
    return (x - left) / width;
  };
  const timeAt = (x, { from, to } = view()) => from + share(x) * (to - from);
  const pointAt = (x) => point(share(x) < 0 || share(x) > 1 ? null : timeAt(x));

  const begin = () => {
    start = { ...view(), xs: [...pointers.values()] };
  };

  const zoom = (factor, centre) => {
    const { from, to } = view();
    const length = (to - from) * factor;
    const at = (centre - from) / (to - from);
    move({ from: centre - at * length, to: centre + (1 - at) * length });
  };

  node.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pointers.set(event.pointerId, event.clientX);
    node.setPointerCapture?.(event.pointerId);
    tap = pointers.size === 1 ? { x: event.clientX, at: event.timeStamp } : null;
    begin();
  });

  node.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) {
      if (event.pointerType === "mouse") pointAt(event.clientX);
      return;
    }
    pointers.set(event.pointerId, event.clientX);
    if (tap && Math.abs(event.clientX - tap.x) > SLOP) tap = null;
    if (tap) return;
    const now = [...pointers.values()];
    const { width } = area();
    const length = start.to - start.from;
    if (now.length === 1) {
      const shift = ((start.xs[0] - now[0]) / width) * length;
      move({ from: start.from + shift, to: start.to + shift });
      return;
    }
    const [a, b] = start.xs;
    const factor = Math.abs(a - b) / Math.max(20, Math.abs(now[0] - now[1]));
    const centre = start.from + share((a + b) / 2) * length;
    const at = share((now[0] + now[1]) / 2);
    const from = centre - at * length * factor;
    move({ from, to: from + length * factor });
  });

  const end = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    if (tap && event.type === "pointerup" && event.timeStamp - tap.at < TAP_MS)
      pointAt(event.clientX);
    tap = null;
    if (pointers.size) begin();
  };
  node.addEventListener("pointerup", end);
  node.addEventListener("pointercancel", end);
  node.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && point(null));

  node.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const { from, to } = view();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        const shift = (event.deltaX / area().width) * (to - from);
        move({ from: from + shift, to: to + shift });
      } else {
        zoom(STEP ** Math.max(-3, Math.min(3, event.deltaY / 50)), timeAt(event.clientX));
      }
    },
    { passive: false },
  );

  node.addEventListener("keydown", (event) => {
    const { from, to } = view();
    const shift = (to - from) / 8;
    const keys = {
      ArrowLeft: () => move({ from: from - shift, to: to - shift }),
      ArrowRight: () => move({ from: from + shift, to: to + shift }),
      "+": () => zoom(1 / STEP, (from + to) / 2),
      "=": () => zoom(1 / STEP, (from + to) / 2),
      "-": () => zoom(STEP, (from + to) / 2),
    };
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
}
