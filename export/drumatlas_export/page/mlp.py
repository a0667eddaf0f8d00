"""Read a plain multilayer perceptron as layers, which is the form that a page can run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Floats, Network
from drumatlas.atlas.numpy_network import OPERATORS
from drumatlas.atlas.onnx_file import Array, Node, read_graph
from drumatlas.errors import AtlasError

ACTIVATIONS = ("Elu", "LeakyRelu", "Relu", "Sigmoid", "Softplus", "Tanh")
_PLAIN = ("Dropout", "Flatten", "Identity", "Reshape")  # keep the numbers and their order
LEVELLED = "Levelled"  # activation that lets as many cells exceed 1/2 as are expected to
_ALPHA = {"Elu": 1.0, "LeakyRelu": 0.01}  # defaults of ONNX: https://onnx.ai/onnx/operators/
_TOLERANCE = 1e-4  # of a probability, compared with the network as the box runs it


@dataclass(frozen=True, slots=True)
class Layer:
    """y = activation(weights @ x + bias), with weights [n, m] and bias [n]; "" is no activation."""

    weights: Floats
    bias: Floats
    activation: str = ""
    alpha: float = 0.0


def read_layers(model: bytes, network: Network, x: Floats) -> list[Layer]:
    """Return the layers of an ONNX model.

    `network` is the same model, x [n, m] the inputs to compare on. AtlasError if the model is not a
    plain chain of layers, or if the layers give other outputs than `network`.
    """
    graph = read_graph(model)
    arrays = dict(graph.arrays)
    layers: list[Layer] = []
    current = graph.inputs[0].name  # input of the next layer
    for node in graph.nodes:
        value = node.attributes.get("value")
        if node.op == "Constant" and isinstance(value, np.ndarray):
            arrays[node.outputs[0]] = value
            continue
        if node.op == "TopK" and layers and not layers[-1].activation:
            layers[-1] = replace(layers[-1], activation=LEVELLED)
            break  # the comparison below shows whether the rest does what we assume
        if not node.inputs or node.inputs[0] != current:
            raise _foreign(node)
        layers = _with(layers, node, arrays)
        current = node.outputs[0]
    expected = network(x).reshape(len(x), -1)
    try:
        found = run(layers, x)
    except ValueError:  # shapes do not fit: an operator between the layers is missing
        raise _differs() from None
    if found.shape != expected.shape or not np.abs(found - expected).max() <= _TOLERANCE:
        raise _differs()
    return layers


def run(layers: list[Layer], x: Floats) -> NDArray[np.float32]:
    """Return the output [n, k] of the last layer for x [n, m]."""
    for layer in layers:
        x = x @ layer.weights.T + layer.bias
        if layer.activation == LEVELLED:
            x = OPERATORS["Sigmoid"](x - level(x))
        elif layer.activation:
            options = {"alpha": layer.alpha} if layer.activation in _ALPHA else {}
            x = OPERATORS[layer.activation](x, **options)
    return x


def level(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the level [n, 1] to subtract from logits [n, m], as `train.models.levelled` does.

    It is the value, in descending order of the logits, at position (sum of p) + 1/2.
    """
    falling = -np.sort(-logits, axis=1)
    expected = OPERATORS["Sigmoid"](logits).sum(axis=1, keepdims=True)
    place = np.clip(expected - 0.5, 0, logits.shape[1] - 2)
    below = np.floor(place)
    index = below.astype(np.int64)
    upper = np.take_along_axis(falling, index, 1)
    lower = np.take_along_axis(falling, index + 1, 1)
    return np.asarray(upper + (lower - upper) * (place - below), np.float32)


def _with(layers: list[Layer], node: Node, arrays: Mapping[str, Array]) -> list[Layer]:
    """Return `layers` with the effect of one more node."""
    if node.op in _PLAIN:
        return layers
    if node.op in {"Gemm", "MatMul"}:
        return [*layers, _linear(node, arrays)]
    last = layers[-1] if layers else None
    if last is None or last.activation:
        raise _foreign(node)
    if node.op == "Add":
        bias = last.bias + _bias(node, 1, arrays, len(last.bias))
        return [*layers[:-1], replace(last, bias=bias)]
    if node.op not in ACTIVATIONS:
        raise _foreign(node)
    alpha = node.attributes.get("alpha", _ALPHA.get(node.op, 0.0))
    if not isinstance(alpha, float | int):
        raise _foreign(node)
    return [*layers[:-1], replace(last, activation=node.op, alpha=float(alpha))]


def _linear(node: Node, arrays: Mapping[str, Array]) -> Layer:
    options = node.attributes
    if any(options.get(k, 1) != 1 for k in ("alpha", "beta")) or options.get("transA", 0):
        raise _foreign(node)
    weights = _array(node, 1, arrays)
    if weights.ndim != 2:
        raise _foreign(node)
    weights = weights if options.get("transB", 0) else weights.T
    bias = np.zeros(len(weights), np.float32)
    if len(node.inputs) > 2:
        bias = bias + _bias(node, 2, arrays, len(bias))
    return Layer(np.ascontiguousarray(weights), bias)


def _bias(node: Node, index: int, arrays: Mapping[str, Array], size: int) -> Floats:
    """Return an input of one or `size` numbers, as [1] or [size]."""
    array = _array(node, index, arrays)
    if array.size not in {1, size}:
        raise _foreign(node)
    return array.reshape(-1)


def _array(node: Node, index: int, arrays: Mapping[str, Array]) -> Floats:
    """Return an input that is a constant of the model; AtlasError if it is not."""
    array = arrays.get(node.inputs[index])
    if array is None or array.dtype != np.float32:
        raise _foreign(node)
    return array


def _differs() -> AtlasError:
    return AtlasError("decoder.onnx: its layers alone give different results")


def _foreign(node: Node) -> AtlasError:
    return AtlasError(
        f"decoder.onnx: unsupported use of {node.op}; a page can only run a plain multilayer "
        "perceptron"
    )
