// Converts between knobs, map positions and latent points, as in `drumatlas.explore.latent`. Pure.

import { LATENT_BLUR, LATENT_POWER, MAP_BLUR, MAP_POWER } from "./boxtables.js";

export class Space {
  #atlas;

  // `atlas` has centre [4], reach [4], basis [4 * 4] and its inverse, points and genres.
  constructor(atlas) {
    this.#atlas = atlas;
  }

  // Returns z [4] of knobs [4], 0..1 each or beyond.
  ofKnobs(knobs) {
    const { centre, basis } = this.#atlas;
    return centre.map((value, row) => {
      let sum = value;
      for (let i = 0; i < 4; i++) sum += basis[4 * row + i] * (2 * knobs[i] - 1);
      return sum;
    });
  }

  toKnobs(z) {
    const { centre, inverse } = this.#atlas;
    return centre.map((_, row) => {
      let sum = 0;
      for (let i = 0; i < 4; i++) sum += inverse[4 * row + i] * (z[i] - centre[i]);
      return (sum + 1) / 2;
    });
  }

  ofPoint(index) {
    return this.#atlas.points.z.slice(4 * index, 4 * index + 4);
  }

  // Returns z [4] at x, y on the map, 0..1 each: kernel regression over all points.
  ofMap(x, y) {
    const { points, centre } = this.#atlas;
    if (!points.n) return centre;
    const sums = [0, 0, 0, 0];
    let all = 0;
    for (let i = 0; i < points.n; i++) {
      const distance = (points.x[i] - x) ** 2 + (points.y[i] - y) ** 2;
      const base = 1 + distance / (MAP_BLUR * MAP_BLUR);
      const weight = base ** -MAP_POWER;
      all += weight;
      for (let axis = 0; axis < 4; axis++) sums[axis] += weight * points.z[4 * i + axis];
    }
    return Float32Array.from(sums, (sum) => sum / all);
  }

  // Returns where z lies on the map, by the same regression in the other direction.
  toMap(z) {
    const { points, reach } = this.#atlas;
    if (!points.n) return [0.5, 0.5];
    let [x, y, all] = [0, 0, 0];
    for (let i = 0; i < points.n; i++) {
      let distance = 0;
      for (let axis = 0; axis < 4; axis++) {
        distance += ((points.z[4 * i + axis] - z[axis]) / reach[axis]) ** 2;
      }
      const weight = (1 + distance / (LATENT_BLUR * LATENT_BLUR)) ** -LATENT_POWER;
      all += weight;
      x += weight * points.x[i];
      y += weight * points.y[i];
    }
    return [x / all, y / all];
  }

  // Returns the index of the genre whose centre is nearest to z, or -1.
  nearestGenre(z) {
    let [best, least] = [-1, Infinity];
    this.#atlas.genres.forEach(({ centroid }, i) => {
      const away = this.away(centroid, z);
      if (away < least) [best, least] = [i, away];
    });
    return best;
  }

  // Returns the distance of two latent points, in prior deviations.
  away(a, b) {
    let sum = 0;
    for (let axis = 0; axis < 4; axis++) {
      const one = Math.fround(Math.fround(a[axis] - b[axis]) / this.#atlas.reach[axis]);
      sum = Math.fround(sum + Math.fround(one * one));
    }
    return Math.fround(Math.sqrt(sum));
  }
}
