// Points of a plane, seen through a window that can be moved and zoomed.

const CLOSEST = 40;

export class Plane {
  zoom = 1;
  #left = 0;
  #top = 0;
  // No point lies under the buttons at the edge.
  #margin = 52;

  /**
   * @param {number[]} x of every point, 0 to 1.
   * @param {number[]} y of every point, 0 to 1.
   */
  constructor(x, y) {
    this.x = Float32Array.from(x);
    this.y = Float32Array.from(y);
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
  }

  /** Where a point is in the window, in pixels. */
  place(n) {
    return [
      this.#across(this.x[n], this.#left, this.width),
      this.#across(this.y[n], this.#top, this.height),
    ];
  }

  #across(value, start, size) {
    const margin = this.#margin;
    return margin + (value - start) * this.zoom * (size - 2 * margin);
  }

  /** Zooms by a factor, with one pixel of the window staying where it is. */
  zoomBy(factor, atX = this.width / 2, atY = this.height / 2) {
    const zoom = Math.min(CLOSEST, Math.max(1, this.zoom * factor));
    const inner = [
      (atX - this.#margin) / (this.width - 2 * this.#margin),
      (atY - this.#margin) / (this.height - 2 * this.#margin),
    ];
    this.#left += inner[0] / this.zoom - inner[0] / zoom;
    this.#top += inner[1] / this.zoom - inner[1] / zoom;
    this.zoom = zoom;
    this.#stay();
  }

  /** Moves the window by pixels. */
  moveBy(dx, dy) {
    this.#left -= dx / this.zoom / (this.width - 2 * this.#margin);
    this.#top -= dy / this.zoom / (this.height - 2 * this.#margin);
    this.#stay();
  }

  /** Moves the window so that a point is in it. */
  reveal(n) {
    const [px, py] = this.place(n);
    const margin = this.#margin;
    const isSeen =
      px >= margin / 2 && px <= this.width - margin / 2 &&
      py >= margin / 2 && py <= this.height - margin / 2;
    if (!isSeen) this.moveBy(this.width / 2 - px, this.height / 2 - py);
  }

  #stay() {
    const most = 1 - 1 / this.zoom;
    this.#left = Math.min(most, Math.max(0, this.#left));
    this.#top = Math.min(most, Math.max(0, this.#top));
  }

  /** The point nearest to a pixel, or -1 where none is within a distance. */
  nearest(atX, atY, pixels) {
    let [best, least] = [-1, pixels ** 2];
    for (let n = 0; n < this.x.length; n++) {
      const [px, py] = this.place(n);
      const distance = (px - atX) ** 2 + (py - atY) ** 2;
      if (distance < least) [best, least] = [n, distance];
    }
    return best;
  }

  /** The next point from one in a direction such as [1, 0], or the same. */
  next(from, [dx, dy]) {
    const [atX, atY] = this.place(from);
    let [best, least] = [from, Infinity];
    for (let n = 0; n < this.x.length; n++) {
      const [px, py] = this.place(n);
      const ahead = (px - atX) * dx + (py - atY) * dy;
      const aside = Math.abs((px - atX) * dy) + Math.abs((py - atY) * dx);
      if (ahead <= 0.01 || aside > ahead) continue;
      const cost = ahead + aside;
      if (cost < least) [best, least] = [n, cost];
    }
    return best;
  }
}
