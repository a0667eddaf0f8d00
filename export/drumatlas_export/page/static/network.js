// A network of the atlas (decoder or encoder), a plain multilayer perceptron. The decoder's logits
// are levelled at the end if the atlas says so. Pure.

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

  // Returns the last layer's output for input x. The decoder maps z [4] to the probabilities of all
  // cells; the encoder maps all cells (0 or 1) to z. Sums are in double precision and layer outputs
  // in single, so the result is within a rounding or two of the box's.
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

// Shifts the logits so that as many cells exceed 1/2 as the network expects hits, as in
// `drumatlas_export.train.models`, which gives the reasons.
function levelled(logits) {
  const falling = Float32Array.from(logits).sort().reverse();
  const expected = logits.reduce((sum, value) => sum + Math.fround(ACTIVATIONS.Sigmoid(value)), 0);
  const place = Math.min(Math.max(expected - 0.5, 0), falling.length - 2);
  const below = Math.floor(place);
  const level = Math.fround(falling[below] + (falling[below + 1] - falling[below]) * (place - below));
  return logits.map((value) => ACTIVATIONS.Sigmoid(Math.fround(value - level)));
}
