// A network of the atlas, a plain multilayer perceptron: the encoder, or the decoder, whose logits
// are levelled at the end if those of the atlas are. Pure.

const ACTIVATIONS = {
  "": (x) => x,
  Elu: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
  LeakyRelu: (x, alpha) => (x < 0 ? alpha * x : x),
  Relu: (x) => Math.max(x, 0),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  Softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  Tanh: Math.tanh,
};

export class Network {
  #layers;

  // Layers {weights [n * m], bias [n], activation, alpha}.
  constructor(layers) {
    this.#layers = layers;
  }

  // Returns the output of the last layer for input x: for the decoder, probabilities of all cells
  // from z [4]; for the encoder, z from all cells (0 or 1). Sums are in double precision and a
  // layer's outputs in single precision, so that results equal the box's within a rounding or two.
  run(x) {
    for (const { weights, bias, activation, alpha } of this.#layers) {
      const act = ACTIVATIONS[activation];
      const y = new Float32Array(bias.length);
      for (let row = 0, at = 0; row < y.length; row++) {
        let sum = bias[row];
        for (let column = 0; column < x.length; column++, at++) sum += weights[at] * x[column];
        y[row] = act ? act(Math.fround(sum), alpha) : sum;
      }
      x = activation === "Levelled" ? levelled(y) : y;
    }
    return x;
  }
}

// Lets as many cells exceed 1/2 as the network expects hits, as in `drumatlas_export.train.models`,
// which gives the reasons.
function levelled(logits) {
  const falling = Float32Array.from(logits).sort().reverse();
  const expected = logits.reduce((sum, value) => sum + Math.fround(ACTIVATIONS.Sigmoid(value)), 0);
  const place = Math.min(Math.max(expected - 0.5, 0), falling.length - 2);
  const below = Math.floor(place);
  const level = Math.fround(falling[below] + (falling[below + 1] - falling[below]) * (place - below));
  return logits.map((value) => ACTIVATIONS.Sigmoid(Math.fround(value - level)));
}
