// The network that makes the beats. Pure.

import { Network } from "./network.js";

export const CELLS = 32 * 14; // steps by voices; cell = 14 * step + voice

export class Decoder {
  #network;

  constructor(layers) {
    this.#network = new Network(layers);
  }

  // z [4] to the probabilities of all cells.
  probabilities(z) {
    return this.#network.run(z);
  }
}
