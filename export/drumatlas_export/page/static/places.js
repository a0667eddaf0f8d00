// Finds the beat of a place, as in `drumatlas.explore.search`, which gives the reasons: its own if
// that passes the filter, else one nearby that passes. Pure.

import { CANDIDATES, CELLS_PER_DEVIATION, RELAX } from "./boxtables.js";
import { above, pack, shaped } from "./shape.js";

export class Places {
  #atlas;
  #decoder;
  #filter;
  #space;
  #groupOf;

  // `atlas` has thresholds, near, far, homes, voices and groups.
  constructor(atlas, space, decoder, filter) {
    this.#atlas = atlas;
    this.#space = space;
    this.#decoder = decoder;
    this.#filter = filter;
    this.#groupOf = atlas.voices.map((voice) => atlas.groups.indexOf(voice.group));
  }

  // Returns {z, moved, p, hits, thresholds, code} at z [4] and a density {overall, groups}. With
  // `novelty`, training beats do not pass.
  at(z, density, novelty) {
    const place = this.#natural(z, novelty);
    const isNatural = density.overall === 0.5 && density.groups.every((value) => value === 0.5);
    return isNatural ? place : this.#shaped(place, density, novelty);
  }

  // Returns whether a beat passes the filter and is not a training beat.
  passes(code) {
    return this.#filter.passes(code);
  }

  #decode(z, moved) {
    const p = this.#decoder.probabilities(z);
    const hits = above(p, this.#atlas.thresholds);
    return { z, moved, p, hits, thresholds: this.#atlas.thresholds, code: pack(hits) };
  }

  #natural(z, novelty) {
    const own = this.#decode(z, 0);
    if (this.#filter.passes(own.code, novelty)) return own;
    const around = (ring) => () =>
      Array.from({ length: CANDIDATES }, (_, i) => z.map((value, axis) => value + ring[4 * i + axis]));
    const { near, far } = this.#atlas;
    for (const candidates of [around(near), around(far), () => this.#homesNear(z)]) {
      const found = this.#mostSimilar(candidates(), own, novelty);
      if (found) return found;
    }
    throw new Error("homes pass");
  }

  #homesNear(z) {
    const { homes } = this.#atlas;
    const all = Array.from({ length: homes.length / 4 }, (_, i) => homes.slice(4 * i, 4 * i + 4));
    const ranked = all.map((home) => ({ home, away: this.#space.away(home, z) }));
    return ranked.sort((a, b) => a.away - b.away).slice(0, CANDIDATES).map(({ home }) => home);
  }

  // Returns the passing candidate most similar to the beat `own`, which does not pass.
  #mostSimilar(candidates, own, novelty) {
    const ranked = candidates.map((z) => {
      const place = this.#decode(z, this.#space.away(z, own.z));
      const unlike = bitsApart(place.code, own.code) + Math.fround(CELLS_PER_DEVIATION * place.moved);
      return { place, unlike };
    });
    ranked.sort((a, b) => a.unlike - b.unlike);
    return ranked.find(({ place }) => this.#filter.passes(place.code, novelty))?.place;
  }

  #shaped(place, density, novelty) {
    for (const share of RELAX) {
      const relax = (value) => value + (0.5 - value) * share;
      const wanted = { overall: relax(density.overall), groups: density.groups.map(relax) };
      const found = shaped(place.p, this.#atlas.thresholds, wanted, this.#groupOf);
      const code = pack(found.hits);
      if (this.#filter.passes(code, novelty)) return { ...place, ...found, code };
    }
    return place;
  }
}

function bitsApart(a, b) {
  let count = 0;
  for (let i = 0; i < a.length; i++) {
    for (let rest = a[i] ^ b[i]; rest; rest &= rest - 1) count++;
  }
  return count;
}
