// The beat filter, as in `drumatlas.explore.filters`: a beat passes if it is lively and no rotation
// of it is a training beat. Pure.

import { rotationHash } from "./blake2b.js";
import { MIN_ENTROPY, ROUNDING, STEPS } from "./boxtables.js";

// Returns the Shannon entropy in nats of 32 step codes: ln 32 - mean(ln m), where a step's code
// occurs m times.
export function entropy(code) {
  const times = new Map();
  for (const step of code) times.set(step, (times.get(step) ?? 0) + 1);
  let sum = 0;
  for (const count of times.values()) sum += count * Math.log(count);
  return Math.log(STEPS) - sum / STEPS;
}

export class BeatFilter {
  #known;

  // `known`: sorted hashes of the training beats (BigUint64Array).
  constructor(known) {
    this.#known = known;
  }

  isLively(code) {
    return entropy(code) >= MIN_ENTROPY - ROUNDING;
  }

  isKnown(code) {
    const hash = rotationHash(code);
    let [low, high] = [0, this.#known.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#known[middle] < hash) low = middle + 1;
      else high = middle;
    }
    return this.#known[low] === hash;
  }

  passes(code, novelty = true) {
    return this.isLively(code) && !(novelty && this.isKnown(code));
  }
}
