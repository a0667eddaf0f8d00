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
      for (let row = 0; row < y.length; row++) {
        const sum = bias[row] + product(weights, row * x.length, x);
        y[row] = act ? act(Math.fround(sum), alpha) : sum;
      }
      x = activation === "Levelled" ? levelled(y) : y;
    }
    return x;
  }
}

// Returns the scalar product of x with the weights from index `at` on. Four sums that do not wait
// for one another take less time than one.
function product(weights, at, x) {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < x.length; i += 4) {
    a += weights[at + i] * x[i];
    b += weights[at + i + 1] * x[i + 1];
    c += weights[at + i + 2] * x[i + 2];
    d += weights[at + i + 3] * x[i + 3];
  }
  for (; i < x.length; i++) a += weights[at + i] * x[i];
  return a + b + (c + d);
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
