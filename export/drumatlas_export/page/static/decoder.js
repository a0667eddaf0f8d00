// The network that decodes latent points into beats. Pure.

import { Network } from "./graph.js";

export class Decoder {
  #network;

  constructor(graph) {
    this.#network = new Network(graph);
  }

  // Returns the probabilities of all cells at z [4]; cell = 14 * step + voice.
  probabilities(z) {
    return this.#network.run(z);
  }
}
