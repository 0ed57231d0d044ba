// Names for the regions of the map: each common tag where it is at home.

const MOST = 14;
const [FAR_X, FAR_Y] = [0.16, 0.06];

/**
 * @param {number[]} x of every point, and so is `y`.
 * @param {(string|null)[]} tag of every point.
 * @returns {{name: string, n: number}[]} tags, and the point that each is
 *   written at: the one nearest to the median of its points.
 */
export function placeNames(x, y, tag) {
  const members = new Map();
  tag.forEach((name, n) => {
    if (name === null) return;
    if (!members.has(name)) members.set(name, []);
    members.get(name).push(n);
  });
  const names = [];
  const common = [...members].sort((one, other) =>
    other[1].length - one[1].length);
  for (const [name, points] of common) {
    if (points.length < Math.max(3, tag.length / 200)) break;
    const middle = [median(points, x), median(points, y)];
    const n = points.reduce((best, point) =>
      distance(point) < distance(best) ? point : best);
    function distance(point) {
      return (x[point] - middle[0]) ** 2 + (y[point] - middle[1]) ** 2;
    }
    const isFree = names.every(
      ({ n: other }) =>
        Math.abs(x[n] - x[other]) > FAR_X || Math.abs(y[n] - y[other]) > FAR_Y,
    );
    if (isFree) names.push({ name, n });
    if (names.length === MOST) break;
  }
  return names;
}

function median(points, values) {
  const sorted = points.map((n) => values[n]).sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}
