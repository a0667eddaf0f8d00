"""A network as its layers: what a page needs to run a plain multilayer perceptron."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Floats, Network
from drumatlas.atlas.numpy_network import OPERATORS
from drumatlas.atlas.onnx_file import Array, Node, read_graph
from drumatlas.errors import AtlasError

ACTIVATIONS = ("Elu", "LeakyRelu", "Relu", "Sigmoid", "Softplus", "Tanh")
_PLAIN = ("Dropout", "Flatten", "Identity", "Reshape")  # what changes no number, or their order
LEVELLED = "Levelled"  # as an activation: of all cells as many are above 1/2 as are expected
_ALPHA = {"Elu": 1.0, "LeakyRelu": 0.01}  # where none is given: https://onnx.ai/onnx/operators/
_TOLERANCE = 1e-4  # of a probability, from the decoder as the box runs it


@dataclass(frozen=True, slots=True)
class Layer:
    """y = activation(weights @ x + bias): weights [n, m], bias [n]; no activation is ""."""

    weights: Floats
    bias: Floats
    activation: str = ""
    alpha: float = 0.0


def read_layers(model: bytes, network: Network, x: Floats) -> list[Layer]:
    """Return the layers of an ONNX model. AtlasError if it is no plain chain of them, or if they
    don't give what `network`, the same model, does for x [n, m]."""
    graph = read_graph(model)
    arrays = dict(graph.arrays)
    layers: list[Layer] = []
    flows = graph.inputs[0].name
    for node in graph.nodes:
        value = node.attributes.get("value")
        if node.op == "Constant" and isinstance(value, np.ndarray):
            arrays[node.outputs[0]] = value
            continue
        if node.op == "TopK" and layers and not layers[-1].activation:
            layers[-1] = replace(layers[-1], activation=LEVELLED)
            break  # whether the rest is what is meant, is seen from what it gives
        if not node.inputs or node.inputs[0] != flows:
            raise _foreign(node)
        layers = _with(layers, node, arrays)
        flows = node.outputs[0]
    wanted = network(x).reshape(len(x), -1)
    try:
        found = run(layers, x)
    except ValueError:  # what is left out between them made them fit
        raise _otherwise() from None
    if found.shape != wanted.shape or not np.abs(found - wanted).max() <= _TOLERANCE:
        raise _otherwise()
    return layers


def run(layers: list[Layer], x: Floats) -> NDArray[np.float32]:
    """Return what the last layer gives [n, k] for x [n, m]."""
    for layer in layers:
        x = x @ layer.weights.T + layer.bias
        if layer.activation == LEVELLED:
            x = OPERATORS["Sigmoid"](x - level(x))
        elif layer.activation:
            options = {"alpha": layer.alpha} if layer.activation in _ALPHA else {}
            x = OPERATORS[layer.activation](x, **options)
    return x


def level(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is taken off logits [n, m]: their value, in falling order, at the place (sum of p) + 1/2
    (`train.models.levelled`). [n, 1]."""
    falling = -np.sort(-logits, axis=1)
    expected = OPERATORS["Sigmoid"](logits).sum(axis=1, keepdims=True)
    place = np.clip(expected - 0.5, 0, logits.shape[1] - 2)
    below = np.floor(place)
    index = below.astype(np.int64)
    upper = np.take_along_axis(falling, index, 1)
    lower = np.take_along_axis(falling, index + 1, 1)
    return np.asarray(upper + (lower - upper) * (place - below), np.float32)


def _with(layers: list[Layer], node: Node, arrays: Mapping[str, Array]) -> list[Layer]:
    """The layers, and what one more node does."""
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
    """An input that is one number, or `size` of them, also as a row [1, size]."""
    array = _array(node, index, arrays)
    if array.size not in {1, size}:
        raise _foreign(node)
    return array.reshape(-1)


def _array(node: Node, index: int, arrays: Mapping[str, Array]) -> Floats:
    """An input that is of the model itself."""
    array = arrays.get(node.inputs[index])
    if array is None or array.dtype != np.float32:
        raise _foreign(node)
    return array


def _otherwise() -> AtlasError:
    return AtlasError("decoder.onnx: its layers by themselves give another answer")


def _foreign(node: Node) -> AtlasError:
    return AtlasError(
        f"decoder.onnx: {node.op} as it is there is not in a plain multilayer perceptron; "
        "a page can run no other"
    )
