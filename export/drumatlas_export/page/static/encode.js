// Finds the place of a beat, as `drumatlas.explore.encode` does, which gives the reasons. Pure.

import { CANDIDATES, VOICES } from "./boxtables.js";
import { Network } from "./graph.js";
import { above } from "./shape.js";

const AXES = 4;

export class Encoder {
  #atlas;
  #network;
  #space;
  #decoder;

  // `atlas` has encoder (a graph), thresholds and rounds: each round's offsets, one after the other.
  constructor(atlas, space, decoder) {
    this.#atlas = atlas;
    this.#network = new Network(atlas.encoder);
    this.#space = space;
    this.#decoder = decoder;
  }

  // Returns z [4] of the beat with these 32 step codes. For a beat that was made from the one at
  // `near`, the search may begin there.
  place(code, near = null) {
    const beat = cells(code);
    const { rounds } = this.#atlas;
    const start = this.#start(beat, near);
    let best = this.#compared(start, start, beat);
    for (let at = 0; at < rounds.length; at += AXES * CANDIDATES) {
      const centre = best.z;
      for (let i = at; i < at + AXES * CANDIDATES; i += AXES) {
        const z = centre.map((value, axis) => value + rounds[i + axis]);
        const found = this.#compared(z, start, beat);
        if (isNearer(found, best)) best = found;
      }
    }
    return best.z;
  }

  #start(beat, near) {
    const answer = this.#network.run(beat);
    if (!near) return answer;
    const [here, there] = [near, answer].map((z) => this.#compared(z, z, beat).unlike);
    return here <= there ? near : answer;
  }

  // Returns z with the number of cells in which its beat differs, and its distance from the start.
  #compared(z, start, beat) {
    const hits = above(this.#decoder.probabilities(z), this.#atlas.thresholds);
    const unlike = hits.reduce((sum, hit, cell) => sum + (hit ^ beat[cell]), 0);
    return { z, unlike, moved: this.#space.away(z, start) };
  }
}

// Returns the cells (0 or 1) of 32 step codes. In the form of the networks' other inputs: for more
// than one form, a browser would run all networks several times more slowly.
function cells(code) {
  const voices = Array.from({ length: VOICES }, (_, voice) => voice);
  return Float32Array.from(code.flatMap((step) => voices.map((voice) => (step >> voice) & 1)));
}

function isNearer(one, other) {
  return one.unlike < other.unlike || (one.unlike === other.unlike && one.moved < other.moved);
}
