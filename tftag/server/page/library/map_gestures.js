// Mouse, pen and fingers on the map.

const [PICK_PIXELS, NEAR_PIXELS, DRAG_PIXELS] = [26, 12, 4];

/**
 * Lets a plane be moved, zoomed and picked from.
 * @param {HTMLCanvasElement} canvas
 * @param {Plane} plane
 * @param {object} told
 * @param {function(): void} told.moved is called when the window has changed.
 * @param {function(number): void} told.chosen hears the point that was
 *   clicked, -1 for none; `near` that under the mouse.
 */
export function mapGestures(canvas, plane, { moved, chosen, near }) {
  const held = new Map();
  let travelled = 0;

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, [event.offsetX, event.offsetY]);
    if (held.size === 1) travelled = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = [event.offsetX, event.offsetY];
    const before = held.get(event.pointerId);
    if (!before) return near(plane.nearest(...at, NEAR_PIXELS));
    const spread = distance(held);
    held.set(event.pointerId, at);
    const [dx, dy] = [at[0] - before[0], at[1] - before[1]];
    travelled += Math.abs(dx) + Math.abs(dy);
    if (held.size === 2) plane.zoomBy(distance(held) / spread, ...at);
    else if (travelled > DRAG_PIXELS) plane.moveBy(dx, dy);
    showHand();
    moved();
  });
  canvas.addEventListener("pointerup", (event) => {
    held.delete(event.pointerId);
    if (travelled > DRAG_PIXELS || held.size) return;
    chosen(plane.nearest(event.offsetX, event.offsetY, PICK_PIXELS));
  });
  canvas.addEventListener("pointercancel", (event) =>
    held.delete(event.pointerId),
  );
  canvas.addEventListener("pointerleave", () => near(-1));
  canvas.addEventListener(
    "wheel",
    (event) => {
      // Whoever only passes by scrolls the page.
      const means = event.ctrlKey || document.activeElement === canvas;
      if (!means) return;
      event.preventDefault();
      plane.zoomBy(1.002 ** -event.deltaY, event.offsetX, event.offsetY);
      showHand();
      moved();
    },
    { passive: false },
  );

  // A finger scrolls the page over a whole map, and moves one that is zoomed.
  function showHand() {
    canvas.style.touchAction = plane.zoom > 1 ? "none" : "pan-y";
  }
  showHand();
}

function distance(held) {
  const [one, other] = [...held.values()];
  return other ? Math.hypot(one[0] - other[0], one[1] - other[1]) || 1 : 1;
}
