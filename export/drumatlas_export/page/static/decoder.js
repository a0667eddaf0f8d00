// The network that decodes latent points into beats. Pure.

import { Network } from "./network.js";

export const CELLS = 32 * 14; // steps by voices; cell = 14 * step + voice

export class Decoder {
  #network;

  constructor(layers) {
    this.#network = new Network(layers);
  }

  // Returns the probabilities of all cells at z [4].
  probabilities(z) {
    return this.#network.run(z);
  }
}
