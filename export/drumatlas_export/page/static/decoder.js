// The network that makes the beats: a plain multilayer perceptron. Pure.

export const CELLS = 32 * 14; // steps by voices; cell = 14 * step + voice

const ACTIVATIONS = {
  "": (x) => x,
  Elu: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
  LeakyRelu: (x, alpha) => (x < 0 ? alpha * x : x),
  Relu: (x) => Math.max(x, 0),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  Tanh: Math.tanh,
};

export class Decoder {
  #layers;

  // Layers {weights [n * m], bias [n], activation, alpha}.
  constructor(layers) {
    this.#layers = layers;
  }

  // z [4] to the probabilities of all cells. Sums are kept in double precision, what comes out of
  // a layer in single: within a rounding or two of what the box reckons.
  probabilities(z) {
    let x = z;
    for (const { weights, bias, activation, alpha } of this.#layers) {
      const act = ACTIVATIONS[activation];
      const y = new Float32Array(bias.length);
      for (let row = 0, at = 0; row < y.length; row++) {
        let sum = bias[row];
        for (let column = 0; column < x.length; column++, at++) sum += weights[at] * x[column];
        y[row] = act(Math.fround(sum), alpha);
      }
      x = y;
    }
    return x;
  }
}
