// Runs a network of the atlas for one point: the nodes of its ONNX graph, one after the other. Pure.
//
// The operators are those of `drumatlas.atlas.numpy_network`, which names their source. A value is { shape, data }. Sums are in double precision and results in single, so
// that they are within a rounding or two of the box's.

const size = (shape) => shape.reduce((product, length) => product * length, 1);
const axisOf = (axis, { shape }) => (axis < 0 ? axis + shape.length : axis);

function each(x, change) {
  return { shape: x.shape, data: Float32Array.from(x.data, change) };
}

// Returns the shape of two values that are broadcast to each other, and for each of them the steps
// in its data along each axis.
function broadcast(...values) {
  const rank = Math.max(...values.map(({ shape }) => shape.length));
  const shapes = values.map(({ shape }) => [...Array(rank - shape.length).fill(1), ...shape]);
  const shape = shapes[0].map((_, axis) => Math.max(...shapes.map((one) => one[axis])));
  const steps = shapes.map((one) =>
    one.map((length, axis) => (length === 1 ? 0 : size(one.slice(axis + 1)))),
  );
  return { shape, steps };
}

function zip(values, join, Type = Float32Array) {
  const { shape, steps } = broadcast(...values);
  const data = new Type(size(shape));
  const at = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    data[i] = join(...values.map(({ data: from }, k) => from[steps[k].reduce((sum, step, axis) => sum + step * at[axis], 0)]));
    for (let axis = shape.length - 1; axis >= 0 && ++at[axis] === shape[axis]; axis--) at[axis] = 0;
  }
  return { shape, data };
}

// Most values are rows as long as each other, which needs no steps.
function pair(a, b, join, Type = Float32Array) {
  if (a.data.length !== b.data.length) return zip([a, b], join, Type);
  const shape = a.shape.length < b.shape.length ? b.shape : a.shape;
  return { shape, data: Type.from(a.data, (value, i) => join(value, b.data[i])) };
}

// Returns rows [n, k] times a matrix: [k, m], or [m, k] if it is turned. Inputs of 0 are left out,
// which are half of all after a ReLU.
function product(a, b, isTurned) {
  const [n, k] = a.shape;
  const m = b.shape[isTurned ? 0 : 1];
  const data = new Float64Array(n * m);
  const add = isTurned ? addTurned : addRows;
  for (let row = 0; row < n; row++) {
    add(a.data.subarray(row * k, (row + 1) * k), b.data, data.subarray(row * m, (row + 1) * m));
  }
  return { shape: [n, m], data };
}

function addRows(x, matrix, sums) {
  for (let i = 0; i < x.length; i++) {
    if (x[i] === 0) continue;
    for (let j = 0, at = i * sums.length; j < sums.length; j++, at++) sums[j] += x[i] * matrix[at];
  }
}

function addTurned(x, matrix, sums) {
  for (let j = 0; j < sums.length; j++) sums[j] = scalarProduct(x, matrix, j * x.length);
}

// Returns the scalar product of x with the numbers of `matrix` from `at` on. Four sums that do not
// wait for one another take less time than one.
function scalarProduct(x, matrix, at) {
  let [a, b, c, d, i] = [0, 0, 0, 0, 0];
  for (; i + 3 < x.length; i += 4) {
    a += matrix[at + i] * x[i];
    b += matrix[at + i + 1] * x[i + 1];
    c += matrix[at + i + 2] * x[i + 2];
    d += matrix[at + i + 3] * x[i + 3];
  }
  for (; i < x.length; i++) a += matrix[at + i] * x[i];
  return a + b + (c + d);
}

const single = ({ shape, data }) => ({ shape, data: Float32Array.from(data) });

function gemm([a, b, c], { alpha = 1, beta = 1, transA = 0, transB = 0 }) {
  if (transA) throw new Error("Gemm of a turned row");
  const y = product(a, b, transB);
  const bias = c ?? { shape: [1], data: [0] };
  const width = bias.shape.at(-1);
  if (width !== bias.data.length || (width !== 1 && width !== y.shape[1])) {
    return pair(y, bias, (value, more) => alpha * value + beta * more);
  }
  const data = new Float32Array(y.data.length);
  for (let i = 0; i < data.length; i++) data[i] = alpha * y.data[i] + beta * bias.data[i % width];
  return { shape: y.shape, data };
}

function reshaped(x, wanted) {
  const shape = wanted.map((length, axis) => (length === 0 ? x.shape[axis] : length));
  const rest = shape.indexOf(-1);
  if (rest >= 0) shape[rest] = x.data.length / -size(shape);
  return { shape, data: x.data };
}

// Yields each row along an axis, as the positions of its data.
function* rows(x, axis) {
  const [length, step] = [x.shape[axis], size(x.shape.slice(axis + 1))];
  for (let start = 0; start < x.data.length; start += length * step) {
    for (let i = start; i < start + step; i++) {
      const places = new Int32Array(length);
      for (let k = 0; k < length; k++) places[k] = i + k * step;
      yield places;
    }
  }
}

function reduced(x, axis, keepdims, join, Type = Float32Array) {
  const isLast = axis === x.shape.length - 1;
  const valuesAt = (places) =>
    isLast ? x.data.subarray(places[0], places.at(-1) + 1) : x.data.constructor.from(places, (at) => x.data[at]);
  const data = Type.from(rows(x, axis), (places) => join(valuesAt(places)));
  const shape = keepdims ? x.shape.with(axis, 1) : x.shape.toSpliced(axis, 1);
  return { shape, data };
}

function largestAt(row) {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (row[i] > row[best]) best = i;
  return best;
}

const sum = (row) => row.reduce((all, value) => all + value, 0);

function reduceSum([x, axes], { keepdims = 1 }) {
  const over = axes ? Array.from(axes.data, (axis) => axisOf(axis, x)).sort() : [...x.shape.keys()];
  const kept = over.reduce((value, axis) => reduced(value, axis, 1, sum), x);
  return keepdims ? kept : { ...kept, shape: kept.shape.filter((_, axis) => !over.includes(axis)) };
}

function softmax([x], { axis = -1 }) {
  const data = new Float32Array(x.data.length);
  for (const places of rows(x, axisOf(axis, x))) {
    let [most, all] = [-Infinity, 0];
    for (const at of places) most = Math.max(most, x.data[at]);
    for (const at of places) all += Math.exp(x.data[at] - most);
    for (const at of places) data[at] = Math.exp(x.data[at] - most) / all;
  }
  return { shape: x.shape, data };
}

function concat(parts, { axis }) {
  const along = axisOf(axis, parts[0]);
  const shape = parts[0].shape.with(along, sum(parts.map((part) => part.shape[along])));
  const data = new parts[0].data.constructor(size(shape));
  const outer = size(shape.slice(0, along));
  for (let block = 0, at = 0; block < outer; block++) {
    for (const part of parts) {
      const length = part.data.length / outer;
      data.set(part.data.subarray(block * length, (block + 1) * length), at);
      at += length;
    }
  }
  return { shape, data };
}

function gather([x, index], { axis = 0 }) {
  const along = axisOf(axis, x);
  const [before, after] = [x.shape.slice(0, along), x.shape.slice(along + 1)];
  const [length, width] = [x.shape[along], size(after)];
  const data = new x.data.constructor(size(before) * index.data.length * width);
  for (let block = 0, at = 0; block < size(before); block++) {
    for (const row of index.data) {
      const from = (block * length + row) * width;
      data.set(x.data.subarray(from, from + width), at);
      at += width;
    }
  }
  return { shape: [...before, ...index.shape, ...after], data };
}

function gatherElements([x, index], { axis = 0 }) {
  const along = axisOf(axis, x);
  if (along !== x.shape.length - 1) throw new Error("GatherElements along another axis than the last");
  const [from, to] = [x.shape[along], index.shape[along]];
  const data = Float32Array.from(index.data, (place, i) => x.data[Math.floor(i / to) * from + place]);
  return { shape: index.shape, data };
}

function topK([x, k], { axis = -1, largest = 1 }) {
  const [along, count] = [axisOf(axis, x), k.data[0]];
  const ranked = Array.from(rows(x, along), (places) =>
    Array.from(places, (at) => x.data[at]).sort((a, b) => (largest ? b - a : a - b)).slice(0, count),
  );
  if (along !== x.shape.length - 1) throw new Error("TopK along another axis than the last");
  return { shape: x.shape.with(along, count), data: Float32Array.from(ranked.flat()) };
}

function cast([x], { to }) {
  return { shape: x.shape, data: to === 1 ? Float32Array.from(x.data) : Int32Array.from(x.data) };
}

const OPERATORS = {
  Add: ([a, b]) => pair(a, b, (x, y) => x + y, a.data.constructor),
  ArgMax: ([x], { axis = 0, keepdims = 1 }) => reduced(x, axisOf(axis, x), keepdims, largestAt, Int32Array),
  Cast: cast,
  Clip: ([x, low, high]) =>
    each(x, (v) => Math.min(Math.max(v, low?.data[0] ?? -Infinity), high?.data[0] ?? Infinity)),
  Concat: concat,
  Dropout: ([x]) => x, // outside training
  Elu: ([x], { alpha = 1 }) => each(x, (v) => (v < 0 ? alpha * Math.expm1(v) : v)),
  Equal: ([a, b]) => pair(a, b, (x, y) => Number(x === y), Int32Array),
  Flatten: ([x], { axis = 1 }) => ({ shape: [size(x.shape.slice(0, axis)), size(x.shape.slice(axis))], data: x.data }),
  Floor: ([x]) => each(x, Math.floor),
  Gather: gather,
  GatherElements: gatherElements,
  Gemm: gemm,
  Greater: ([a, b]) => pair(a, b, (x, y) => Number(x > y), Int32Array),
  Identity: ([x]) => x,
  LeakyRelu: ([x], { alpha = 0.01 }) => each(x, (v) => (v < 0 ? alpha * v : v)),
  MatMul: ([a, b]) => single(product(a, b, false)),
  Mul: ([a, b]) => pair(a, b, (x, y) => x * y, a.data.constructor),
  ReduceSum: reduceSum,
  Relu: ([x]) => each(x, (v) => Math.max(v, 0)),
  Reshape: ([x, shape]) => reshaped(x, Array.from(shape.data)),
  Sigmoid: ([x]) => each(x, (v) => 1 / (1 + Math.exp(-v))),
  Softmax: softmax,
  Softplus: ([x]) => each(x, (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)))),
  Sub: ([a, b]) => pair(a, b, (x, y) => x - y, a.data.constructor),
  Tanh: ([x]) => each(x, Math.tanh),
  TopK: topK,
  Where: ([is, a, b]) => zip([is, a, b], (yes, x, y) => (yes ? x : y), a.data.constructor),
};

function applied({ op, inputs, options }, values) {
  return OPERATORS[op](inputs.map((from) => values[from]), options);
}

export class Network {
  #graph;

  // A graph {nodes, arrays, input, output}, as `drumatlas_export.page.graph` writes it. Nodes that
  // depend on its arrays alone run once, here.
  constructor(graph) {
    const values = [...graph.arrays];
    const isKnown = (from) => from < 0 || values[from] !== undefined;
    const nodes = graph.nodes.filter((node) => {
      if (!node.inputs.every(isKnown)) return true;
      values[node.output] = applied(node, values);
      return false;
    });
    this.#graph = { ...graph, nodes, arrays: values };
  }

  // Returns the output for one point x. The decoder maps z [4] to the probabilities of all cells;
  // the encoder maps all cells (0 or 1) to z.
  run(x) {
    const { nodes, arrays, input, shape, output } = this.#graph;
    const values = [...arrays];
    values[input] = { shape: [1, ...shape], data: Float32Array.from(x) };
    for (const node of nodes) values[node.output] = applied(node, values);
    return values[output].data;
  }
}
