"""Networks of one layer as ONNX files of some KB, written without the onnx package.

Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), the
encoding is that of protobuf (https://protobuf.dev/programming-guides/encoding/).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FLOAT, INT64 = 1, 7  # of TensorProto.DataType
IR_VERSION, OPSET = 9, 18

Node = tuple[str, Sequence[str], str]  # operator, inputs, output
Shape = Sequence[int | str]


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _node(node: Node) -> bytes:
    operator, inputs, output = node
    return b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, operator)


def _tensor(name: str, array: NDArray[np.float32] | NDArray[np.int64]) -> bytes:
    kind = FLOAT if array.dtype == np.float32 else INT64
    dims = b"".join(_field(1, size) for size in array.shape)
    return dims + _field(2, kind) + _field(8, name) + _field(9, array.tobytes())


def _value(name: str, shape: Shape) -> bytes:
    dims = (_field(1, size) if isinstance(size, int) else _field(2, size) for size in shape)
    tensor = _field(1, FLOAT) + _field(2, b"".join(_field(1, one) for one in dims))
    return _field(1, name) + _field(2, _field(1, tensor))


def network(
    nodes: Sequence[Node],
    arrays: dict[str, NDArray[np.float32] | NDArray[np.int64]],
    takes: tuple[str, Shape],
    gives: tuple[str, Shape],
) -> bytes:
    """Return a model; `takes` and `gives` are name and shape of its input and output."""
    graph = b"".join(_field(1, _node(node)) for node in nodes) + _field(2, "tiny")
    graph += b"".join(_field(5, _tensor(name, array)) for name, array in arrays.items())
    graph += _field(11, _value(*takes)) + _field(12, _value(*gives))
    return _field(1, IR_VERSION) + _field(7, graph) + _field(8, _field(1, "") + _field(2, OPSET))


def decoder(seed: int = 1) -> bytes:
    """Return a decoder, z [n, 4] to p [n, 32, 14]: a random layer."""
    weight = np.random.default_rng(seed).normal(0, 1, (4, 448)).astype(np.float32)
    nodes = [
        ("MatMul", ("z", "weight"), "flat"),
        ("Sigmoid", ("flat",), "squashed"),
        ("Reshape", ("squashed", "shape"), "p"),
    ]
    arrays = {"weight": weight, "shape": np.array([-1, 32, 14], np.int64)}
    return network(nodes, arrays, ("z", ("n", 4)), ("p", ("n", 32, 14)))


def encoder(seed: int = 1) -> bytes:
    """Return an encoder, x [n, 32, 14] to z [n, 4]: a random layer."""
    weight = np.random.default_rng(seed).normal(0, 0.1, (448, 4)).astype(np.float32)
    nodes = [("Reshape", ("x", "shape"), "flat"), ("MatMul", ("flat", "weight"), "z")]
    arrays = {"weight": weight, "shape": np.array([-1, 448], np.int64)}
    return network(nodes, arrays, ("x", ("n", 32, 14)), ("z", ("n", 4)))
