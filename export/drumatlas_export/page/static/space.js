// Converts between knobs, map positions and latent points, as in `drumatlas.explore.latent`. Pure.

import { CURSOR_TRIED, LATENT_BLUR, LATENT_POWER } from "./boxtables.js";
import { GenreVotes, mapToLatent, paintedAt } from "./genre.js";

export class Space {
  #atlas;
  #votes; // null for an atlas without labels

  // `atlas` has centre [4], reach [4], basis [4 * 4] and its inverse, points, genres and perhaps
  // labels.
  constructor(atlas) {
    this.#atlas = atlas;
    this.#votes = atlas.labels && new GenreVotes(atlas);
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

  // Returns z [4] at x, y on the map, 0..1 each.
  ofMap(x, y) {
    return mapToLatent(this.#atlas, x, y);
  }

  // Returns where z lies on the map, by the same regression in the other direction, over the points
  // that `isAmong` accepts.
  toMap(z, isAmong = () => true) {
    const { points, reach } = this.#atlas;
    if (!points.n) return [0.5, 0.5];
    let [x, y, all] = [0, 0, 0];
    for (let i = 0; i < points.n; i++) {
      if (!isAmong(i)) continue;
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

  // Returns where the page shows z, as `drumatlas.explore.genre.cursor` does: in the colour of z's own
  // family.
  cursor(z) {
    const { points, labels } = this.#atlas;
    const guess = this.toMap(z);
    if (!labels || !points.n) return guess;
    const { family } = this.#votes.at(z);
    const isOwn = (i) => this.#votes.familyOf[points.genre[i]] === family;
    const own = Array.from({ length: points.n }, (_, i) => i).filter(isOwn);
    if (this.#familyAt(guess) === family || !own.length) return guess;
    const drawn = this.toMap(z, isOwn);
    if (this.#familyAt(drawn) === family) return drawn;
    const away = new Map(own.map((i) => [i, this.away(this.ofPoint(i), z)]));
    const nearest = own.sort((a, b) => away.get(a) - away.get(b)).slice(0, CURSOR_TRIED).map((i) => [points.x[i], points.y[i]]);
    return nearest.find((place) => this.#familyAt(place) === family) ?? nearest.at(-1);
  }

  #familyAt([x, y]) {
    return this.#votes.familyOf[paintedAt(this.#atlas.labels, x, y)];
  }

  // Returns {index, family, confidence} of the genre at z; the index is -1 in an atlas without genres.
  // Without labels the genre whose middle is nearest wins, as on the box, and nothing more is known.
  genreAt(z) {
    if (this.#votes) return this.#votes.at(z);
    let [best, least] = [-1, Infinity];
    this.#atlas.genres.forEach(({ centroid }, i) => {
      const away = this.away(centroid, z);
      if (away < least) [best, least] = [i, away];
    });
    return { index: best, family: -1, confidence: 0 };
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
