// The atlas as the page draws it: points from their bytes, and which is nearest. Pure.

// All x (uint16, 0..65535 of the map's box), all y, all genres (int16, -1 for none), all origins
// (uint8: 0 training, 1 generated), little-endian, one after the other.
export function readPoints(buffer, n) {
  const view = new DataView(buffer);
  const x = new Float32Array(n);
  const y = new Float32Array(n);
  const genre = new Int16Array(n);
  const generated = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    x[i] = view.getUint16(2 * i, true) / 65535;
    y[i] = view.getUint16(2 * (n + i), true) / 65535;
    genre[i] = view.getInt16(4 * n + 2 * i, true);
    generated[i] = view.getUint8(6 * n + i);
  }
  return { n, x, y, genre, generated };
}

const SIDE = 48; // bins along each side of the map

// Finds the point nearest to a place without looking at them all.
export class PointIndex {
  #points;
  #bins = Array.from({ length: SIDE * SIDE }, () => []);

  constructor(points) {
    this.#points = points;
    for (let i = 0; i < points.n; i++) this.#bins[bin(points.x[i], points.y[i])].push(i);
  }

  // Index of the point nearest to (x, y) and within `reach`, or -1; all in widths of the map.
  nearest(x, y, reach) {
    let best = -1;
    let least = reach * reach;
    const span = Math.min(Math.ceil(reach * SIDE), SIDE);
    const column = Math.floor(x * SIDE);
    const row = Math.floor(y * SIDE);
    for (let r = Math.max(row - span, 0); r <= Math.min(row + span, SIDE - 1); r++) {
      for (let c = Math.max(column - span, 0); c <= Math.min(column + span, SIDE - 1); c++) {
        for (const i of this.#bins[r * SIDE + c]) {
          const far = (this.#points.x[i] - x) ** 2 + (this.#points.y[i] - y) ** 2;
          if (far < least) [least, best] = [far, i];
        }
      }
    }
    return best;
  }
}

function bin(x, y) {
  const clip = (value) => Math.min(Math.floor(value * SIDE), SIDE - 1);
  return clip(y) * SIDE + clip(x);
}

export const AREA_SIDE = 160; // cells along each side of the raster...
export const AREA_EDGE = 0.08; // ...which goes beyond the map's box by that much on each side
const BLUR = 0.045; // of the map's width
const FAIR = 0.5; // 0: the most points win; 1: small genres count as much as large ones

// The cell of the raster in which a place of the map lies, along one side.
export function areaCell(value) {
  const cell = Math.floor(((value + AREA_EDGE) / (1 + 2 * AREA_EDGE)) * AREA_SIDE);
  return Math.min(Math.max(cell, 0), AREA_SIDE - 1);
}

// Whose area each cell is: `genre` (-1 for nobody's), and `crowd`, how densely points lie about
// there (1 is dense). Each labelled point spreads over its neighbours; the genre wins that has most
// there for how many it has in all, else the largest would own the map.
export function areas(points, genres) {
  const size = AREA_SIDE * AREA_SIDE;
  const sums = Array.from({ length: genres }, () => null);
  const crowd = new Float32Array(size);
  const scale = AREA_SIDE / (1 + 2 * AREA_EDGE);
  const kernel = new Kernel(BLUR * scale);
  for (let i = 0; i < points.n; i++) {
    const g = points.genre[i];
    if (g >= 0 && g < genres) sums[g] ??= new Float32Array(size);
    const at = [(points.x[i] + AREA_EDGE) * scale, (points.y[i] + AREA_EDGE) * scale];
    kernel.spread(...at, crowd, g >= 0 && g < genres ? sums[g] : null);
  }
  const genre = new Int16Array(size).fill(-1);
  const dense = points.n / 1300;
  const weights = sums.map((_, g) => points.genre.reduce((n, one) => n + (one === g), 0) ** -FAIR);
  for (let cell = 0; cell < size; cell++) {
    crowd[cell] = Math.min(crowd[cell] / dense, 1);
    let most = 1e-5;
    for (let g = 0; g < genres; g++) {
      const share = sums[g] ? sums[g][cell] * weights[g] : 0;
      if (share > most) [most, genre[cell]] = [share, g];
    }
  }
  return { genre, crowd };
}

// A round Gaussian on a raster, as the product of two flat ones.
class Kernel {
  #wide;
  #reach;

  constructor(sigma) {
    this.#wide = 2 * sigma * sigma;
    this.#reach = Math.ceil(3 * sigma);
  }

  #weights(at, first, count) {
    return Float32Array.from({ length: count }, (_, i) => Math.exp(-((first + i + 0.5 - at) ** 2) / this.#wide));
  }

  spread(x, y, all, own) {
    const range = (at) => {
      const first = Math.max(Math.floor(at) - this.#reach, 0);
      return [first, Math.min(Math.floor(at) + this.#reach, AREA_SIDE - 1) - first + 1];
    };
    const [left, across] = range(x);
    const [low, up] = range(y);
    const [ex, ey] = [this.#weights(x, left, across), this.#weights(y, low, up)];
    for (let r = 0; r < up; r++) {
      for (let c = 0, cell = (low + r) * AREA_SIDE + left; c < across; c++, cell++) {
        all[cell] += ey[r] * ex[c];
        if (own) own[cell] += ey[r] * ex[c];
      }
    }
  }
}
