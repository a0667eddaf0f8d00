"""Runs the networks of an atlas in NumPy, where onnxruntime is not available (32-bit systems) or
does not work. It covers plain multilayer perceptrons, decoders that level their logits by the most
likely cells, and decoders that choose phrases from a book.

Definitions of the operators: https://onnx.ai/onnx/operators/.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from drumatlas.atlas.model import Floats, Network
from drumatlas.atlas.onnx_file import FLOAT, INT64, Array, Graph, Node, Tensor, read_graph
from drumatlas.errors import AtlasError

Operation = Callable[..., Any]


def _gemm(  # noqa: PLR0913 - the operator's own
    a: Floats,
    b: Floats,
    c: Floats | None = None,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: int = 0,
    transB: int = 0,
) -> Floats:
    left, right = (a.T if transA else a), (b.T if transB else b)
    product: Floats = left @ right
    if alpha != 1:
        product = product * np.float32(alpha)
    if c is None:
        return product
    return product + (c if beta == 1 else np.float32(beta) * c)


def _sigmoid(x: Floats) -> Floats:
    """Compute it by tanh, which does not overflow: 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2."""
    half = np.float32(0.5)
    result: Floats = half * np.tanh(half * x) + half
    return result


def _leaky_relu(x: Floats, *, alpha: float = 0.01) -> Floats:
    return np.where(x < 0, np.float32(alpha) * x, x)


def _elu(x: Floats, *, alpha: float = 1.0) -> Floats:
    return np.where(x < 0, np.float32(alpha) * np.expm1(np.minimum(x, 0)), x)


def _reshape(x: Array, shape: Array, *, allowzero: int = 0) -> Array:
    """Reshape `x`; a 0 keeps the input's size in that dimension, unless `allowzero`."""
    wanted = [int(size) for size in shape]
    if not allowzero:
        wanted = [size or x.shape[i] for i, size in enumerate(wanted)]
    return x.reshape(wanted)


def _flatten(x: Array, *, axis: int = 1) -> Array:
    rows = int(np.prod(x.shape[:axis]))
    return x.reshape(rows, -1)


def _reduce_sum(
    x: Floats, axes: Array | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0
) -> Floats:
    if axes is None and noop_with_empty_axes:
        return x
    over = None if axes is None else tuple(int(axis) for axis in axes)
    return np.asarray(x.sum(axis=over, keepdims=bool(keepdims)), np.float32)


def _top_k(x: Floats, k: Array, *, axis: int = -1, largest: int = 1, **_order: Any) -> Floats:
    """Return only the values, always in order."""
    rising = np.sort(x, axis=axis)
    ranked = np.flip(rising, axis) if largest else rising
    first = [slice(None)] * x.ndim
    first[axis] = slice(int(k[0]))
    result: Floats = ranked[tuple(first)]
    return result


def _clip(x: Floats, low: Array | None = None, high: Array | None = None) -> Floats:
    return np.clip(x, low, high)


def _cast(x: Array, *, to: int) -> Array:
    return x.astype(_TYPES[to])


def _gather_elements(x: Array, index: Array, *, axis: int = 0) -> Array:
    return np.take_along_axis(x, index, axis)


def _gather(x: Array, index: Array, *, axis: int = 0) -> Array:
    return np.take(x, index, axis)


def _arg_max(x: Floats, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0) -> Array:
    if select_last_index:
        raise ValueError("ArgMax of the last of equals is not supported")
    return np.asarray(np.argmax(x, axis=axis, keepdims=bool(keepdims)))


def _softmax(x: Floats, *, axis: int = -1) -> Floats:
    grown = np.exp(x - x.max(axis=axis, keepdims=True))
    result: Floats = grown / grown.sum(axis=axis, keepdims=True)
    return result


def _concat(*parts: Array, axis: int) -> Array:
    return np.concatenate(parts, axis)


def _identity(x: Array, *_: Array, **_options: Any) -> Array:
    return x


_TYPES = {FLOAT: np.float32, INT64: np.int64}
OPERATORS: dict[str, Operation] = {
    "Add": np.add,
    "ArgMax": _arg_max,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "Dropout": _identity,  # outside training
    "Elu": _elu,
    "Equal": np.equal,
    "Flatten": _flatten,
    "Floor": np.floor,
    "Gather": _gather,
    "GatherElements": _gather_elements,
    "Gemm": _gemm,
    "Greater": np.greater,
    "Identity": _identity,
    "LeakyRelu": _leaky_relu,
    "MatMul": np.matmul,
    "Mul": np.multiply,
    "ReduceSum": _reduce_sum,
    "Relu": lambda x: np.maximum(x, np.float32(0)),
    "Reshape": _reshape,
    "Sigmoid": _sigmoid,
    "Softmax": _softmax,
    "Softplus": lambda x: np.logaddexp(x, np.float32(0)),
    "Sub": np.subtract,
    "Tanh": np.tanh,
    "TopK": _top_k,
    "Where": np.where,
}


def open_numpy(
    model: bytes,
    name: str,
    inputs: tuple[str, tuple[int, ...]],
    outputs: tuple[str, tuple[int, ...]],
) -> Network:
    """Do the same as `network.open_network`, in NumPy. AtlasError also for a model with other
    operators, which needs onnxruntime."""
    try:
        graph = read_graph(model)
    except AtlasError as error:
        raise AtlasError(f"{name} is not a valid model: {error}") from None
    _check_tensors(graph.inputs, inputs, name)
    _check_tensors(graph.outputs, outputs, name)
    return run_graph(graph, name)


def run_graph(graph: Graph, name: str) -> Network:
    """Return the function of a graph with one input and one output; AtlasError names the network
    `name` if it has an operator outside OPERATORS."""
    arrays = dict(graph.arrays)
    feed, fetch = graph.inputs[0].name, graph.outputs[0].name
    steps = _steps(graph, arrays, name)
    fixed, steps = _parted(steps, set(arrays) - {feed})

    def run(array: Floats) -> Floats:
        # Once, and not while the graph is opened, where nothing that it does may fail.
        for call, taken, given in list(fixed):
            arrays[given] = call(*[arrays[one] for one in taken])
        fixed.clear()
        values: dict[str, Any] = {**arrays, feed: np.asarray(array, np.float32)}
        for call, taken, given in steps:
            values[given] = call(*[values[one] for one in taken])
        result: Floats = values[fetch]
        return result

    return run


Step = tuple[Operation, tuple[str, ...], str]


def _parted(steps: list[Step], known: set[str]) -> tuple[list[Step], list[Step]]:
    """Return the steps that depend on the arrays `known` alone, and the others, each in order."""
    fixed, rest = list[Step](), list[Step]()
    for step in steps:
        is_fixed = set(step[1]) <= known
        (fixed if is_fixed else rest).append(step)
        known |= {step[2]} if is_fixed else set()
    return fixed, rest


def _steps(graph: Graph, arrays: dict[str, Array], name: str) -> list[Step]:
    """Return the operations in order, with the names of their inputs and output; put constants into
    `arrays`."""
    steps: list[Step] = []
    known = {*arrays, *(tensor.name for tensor in graph.inputs)}
    for node in graph.nodes:
        if not node.outputs:
            raise AtlasError(f"{name} is not a valid model: {node.op} has no output")
        if node.op == "Constant" and isinstance(node.attributes.get("value"), np.ndarray):
            arrays[node.outputs[0]] = node.attributes["value"]  # type: ignore[assignment]
        else:
            steps.append(_step(node, known, name))
        known.add(node.outputs[0])
    if not {tensor.name for tensor in graph.outputs} <= known:
        raise AtlasError(f"{name} is not a valid model: no node makes its output")
    return steps


def _step(node: Node, known: set[str], name: str) -> Step:
    if node.op not in OPERATORS:
        raise AtlasError(f"{name} has the operator {node.op}, which needs onnxruntime")
    taken = tuple(one for one in node.inputs if one)  # '' is an omitted input, here at the end
    if not set(taken) <= known:
        raise AtlasError(f"{name} is not a valid model: {node.op} has an input that no node makes")
    operation = OPERATORS[node.op]
    options = {} if node.op in {"Dropout", "Identity"} else node.attributes
    return (partial(operation, **options) if options else operation), taken, node.outputs[0]


def _check_tensors(tensors: list[Tensor], wanted: tuple[str, tuple[int, ...]], name: str) -> None:
    found = [(tensor.name, tensor.kind, tensor.shape[1:]) for tensor in tensors]
    if found != [(wanted[0], 1, wanted[1])]:
        raise AtlasError(f"{name}: has {found}; expected '{wanted[0]}' float [n, {wanted[1]}]")
