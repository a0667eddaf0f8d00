// The data of the map: read the points, find the nearest one, and compute genre areas. Pure.

import { landOf } from "./genre.js";

// Reads points.bin: all x (uint16, 0..65535 of the map's bounding box), then all y, all genres
// (int16, -1 for none) and all origins (uint8: 0 training, 1 generated), little-endian.
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

// Reads places.bin, which an atlas with labels has: the points' x and y (float32) more exactly, their
// latent points (4 float32 each), the labels' latent points, their weights (float32), their genres
// (uint8), and lengths (uint16) and genres (uint8) of the runs of cells of the map, little-endian.
// Returns the whole atlas.
export function withPlaces(atlas, buffer) {
  const { points, labels } = atlas;
  let at = 0;
  const take = (Kind, count) => {
    const found = new Kind(buffer.slice(at, at + count * Kind.BYTES_PER_ELEMENT));
    at += count * Kind.BYTES_PER_ELEMENT;
    return found;
  };
  const [x, y, z] = [points.n, points.n, 4 * points.n].map((count) => take(Float32Array, count));
  const [voters, weight] = [4 * labels.count, labels.count].map((count) => take(Float32Array, count));
  const genre = take(Uint8Array, labels.count);
  const lengths = take(Uint16Array, labels.runs);
  const land = landOf(labels.side, lengths, take(Uint8Array, labels.runs));
  return { ...atlas, points: { ...points, x, y, z }, labels: { ...labels, z: voters, weight, genre, land } };
}

const SIDE = 48; // bins along each side of the map

// Finds the point nearest to a place without checking all points.
export class PointIndex {
  #points;
  #bins = Array.from({ length: SIDE * SIDE }, () => []);

  constructor(points) {
    this.#points = points;
    for (let i = 0; i < points.n; i++) this.#bins[bin(points.x[i], points.y[i])].push(i);
  }

  // Returns the index of the point nearest to (x, y) within `reach`, or -1; all in map widths.
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

export const AREA_SIDE = 160; // cells along each side of the raster
export const AREA_EDGE = 0.08; // how far the raster extends beyond the map, in map widths
const BLUR = 0.045; // in map widths
const FAIRNESS = 0.5; // 0: the most points win; 1: small genres count as much as large ones

// Returns the raster's row or column that contains a coordinate of the map.
export function areaCell(value) {
  const cell = Math.floor(((value + AREA_EDGE) / (1 + 2 * AREA_EDGE)) * AREA_SIDE);
  return Math.min(Math.max(cell, 0), AREA_SIDE - 1);
}

// Returns for each cell its `genre` (-1 for none) and `crowd`, the density of points (1 is dense).
// Each point spreads over its neighbourhood. A cell goes to the genre with the largest sum relative
// to its total number of points; otherwise the largest genre would cover the map.
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
  const weights = sums.map((_, g) => points.genre.reduce((n, one) => n + (one === g), 0) ** -FAIRNESS);
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

// A two-dimensional Gaussian on the raster, as the product of two one-dimensional ones.
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
