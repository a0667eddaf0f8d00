// The network that decodes latent points into beats. Pure.

import { Network } from "./network.js";

export class Decoder {
  #network;

  constructor(layers) {
    this.#network = new Network(layers);
  }

  // Returns the probabilities of all cells at z [4]; cell = 14 * step + voice.
  probabilities(z) {
    return this.#network.run(z);
  }
}
