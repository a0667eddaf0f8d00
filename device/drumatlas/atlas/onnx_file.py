"""Reads an ONNX model without onnx or onnxruntime: a graph of nodes and its arrays. Pure.

It covers the part of the format that the graphs of an atlas use. Field numbers are those of
onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); the encoding is protobuf
(https://protobuf.dev/programming-guides/encoding/).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import error as StructError
from struct import unpack_from
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drumatlas.errors import AtlasError

Array = NDArray[Any]  # float32 or int64

FLOAT, INT64 = 1, 7  # of TensorProto.DataType
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types
_LONGEST = 10  # bytes of a varint


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `attributes` holds numbers and arrays; strings and lists are ignored."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, float | int | Array]


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output of the graph. `shape` has None for a free dimension."""

    name: str
    kind: int
    shape: tuple[int | None, ...]


@dataclass(slots=True)
class Graph:
    """A graph, with its nodes in an order in which they can be run."""

    nodes: list[Node] = field(default_factory=list)
    arrays: dict[str, Array] = field(default_factory=dict)
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)


def read_graph(data: bytes) -> Graph:
    """Return the graph of a model; AtlasError if it is not a model, or has tensors that are neither
    float32 nor int64."""
    try:
        found = [value for number, value in _fields(data) if number == 7]
        if len(found) != 1:
            raise ValueError("it has no graph")
        graph = _graph(_bytes(found[0]))
    except (ValueError, TypeError, IndexError, StructError, OverflowError, MemoryError) as error:
        raise AtlasError(f"it can't be read as ONNX ({error})") from None
    shown = {tensor.name for tensor in graph.inputs} - set(graph.arrays)
    graph.inputs = [tensor for tensor in graph.inputs if tensor.name in shown]
    return graph


def read_operators(data: bytes) -> list[str]:
    """Return the operator of each node of a model, with its domain unless that is ONNX's own.
    AtlasError if it is not a model. A node that contains a graph (Loop, If) is marked as such."""
    try:
        graphs = [value for number, value in _fields(data) if number == 7]
        nodes = [v for graph in graphs for n, v in _fields(_bytes(graph)) if n == 1]
        return [_operator(_bytes(node)) for node in nodes]
    except (ValueError, TypeError, IndexError, StructError, OverflowError, MemoryError) as error:
        raise AtlasError(f"it can't be read as ONNX ({error})") from None


def _operator(data: memoryview) -> str:
    op = domain = ""
    for number, value in _fields(data):
        if number == 4:
            op = _text(value)
        elif number == 7:
            domain = _text(value)
        elif number == 5 and any(n in {6, 11} for n, _ in _fields(_bytes(value))):
            return f"{op} with a graph of its own"
    return f"{domain}.{op}" if domain not in {"", "ai.onnx"} else op


Value = int | float | memoryview


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """Return (number, position of the next field)."""
    value = 0
    for i in range(_LONGEST):
        byte = data[at + i]
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at + i + 1
    raise ValueError("a number that is too long")


def _signed(value: int) -> int:
    """Return a varint as an int64: negative ones are ten bytes of two's complement."""
    return value - (1 << 64) if value >> 63 else value


def _fields(data: bytes | memoryview) -> Iterator[tuple[int, Value]]:
    """Yield (field number, value) one after the other."""
    view = memoryview(data)
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(view, at)
            yield number, _signed(value)
        elif wire == _BYTES:
            size, at = _varint(view, at)
            if at + size > len(view):
                raise ValueError("cut short")
            yield number, view[at : at + size]
            at += size
        elif wire == _FIXED32:
            yield number, unpack_from("<f", view, at)[0]
            at += 4
        elif wire == _FIXED64:
            yield number, unpack_from("<d", view, at)[0]
            at += 8
        else:
            raise ValueError(f"wire type {wire}")


def _bytes(value: Value) -> memoryview:
    if not isinstance(value, memoryview):
        raise ValueError("a number instead of a message")
    return value


def _text(value: Value) -> str:
    return bytes(_bytes(value)).decode("utf-8")


def _int(value: Value) -> int:
    if not isinstance(value, int):
        raise ValueError("not an integer")
    return value


def _ints(value: Value) -> list[int]:
    """Return the integers of a repeated field: a single one, or several packed together."""
    if isinstance(value, int):
        return [value]
    packed, out, at = _bytes(value), [], 0
    while at < len(packed):
        number, at = _varint(packed, at)
        out.append(_signed(number))
    return out


def _graph(data: memoryview) -> Graph:
    graph = Graph()
    for number, value in _fields(data):
        if number == 1:
            graph.nodes.append(_node(_bytes(value)))
        elif number == 5:
            name, array = _tensor(_bytes(value))
            graph.arrays[name] = array
        elif number == 11:
            graph.inputs.append(_value_info(_bytes(value)))
        elif number == 12:
            graph.outputs.append(_value_info(_bytes(value)))
    return graph


def _node(data: memoryview) -> Node:
    inputs, outputs, op, domain = [], [], "", ""
    attributes: dict[str, float | int | Array] = {}
    for number, value in _fields(data):
        if number == 1:
            inputs.append(_text(value))
        elif number == 2:
            outputs.append(_text(value))
        elif number == 4:
            op = _text(value)
        elif number == 5:
            attributes |= _attribute(_bytes(value))
        elif number == 7:
            domain = _text(value)
    return Node(f"{domain}.{op}" if domain else op, tuple(inputs), tuple(outputs), attributes)


def _attribute(data: memoryview) -> dict[str, float | int | Array]:
    name = ""
    found: float | int | Array | None = None
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number in {2, 3} and not isinstance(value, memoryview):
            found = value
        elif number == 5:
            found = _tensor(_bytes(value))[1]
    return {} if found is None else {name: found}


def _tensor(data: memoryview) -> tuple[str, Array]:
    """Return (name, array) of a TensorProto of float32 or int64, stored as bytes or as numbers."""
    name, kind, dims = "", 0, list[int]()
    raw = b""
    numbers: list[float] = []
    for number, value in _fields(data):
        if number == 1:
            dims += _ints(value)
        elif number == 2:
            kind = _int(value)
        elif number == 4:
            numbers += _floats(value)
        elif number == 7:
            numbers += _ints(value)
        elif number == 8:
            name = _text(value)
        elif number == 9:
            raw = bytes(_bytes(value))
    if kind not in {FLOAT, INT64}:
        raise ValueError(f"'{name}' is of type {kind}, neither float nor int64")
    dtype = np.dtype("<f4") if kind == FLOAT else np.dtype("<i8")
    array = np.frombuffer(raw, dtype) if raw or not numbers else np.array(numbers, dtype)
    return name, array.reshape(dims)


def _floats(value: Value) -> list[float]:
    if isinstance(value, memoryview):
        return [float(one) for one in np.frombuffer(bytes(value), "<f4")]
    return [float(value)]


def _value_info(data: memoryview) -> Tensor:
    name, kind = "", 0
    shape: list[int | None] = []
    for number, value in _fields(data):
        if number == 1:
            name = _text(value)
        elif number == 2:
            for _, tensor in _fields(_bytes(value)):
                kind, shape = _tensor_type(_bytes(tensor))
    return Tensor(name, kind, tuple(shape))


def _tensor_type(data: memoryview) -> tuple[int, list[int | None]]:
    kind = 0
    shape: list[int | None] = []
    for number, value in _fields(data):
        if number == 1:
            kind = _int(value)
        elif number == 2:
            for _, dimension in _fields(_bytes(value)):
                sizes = [size for n, size in _fields(_bytes(dimension)) if n == 1]
                shape.append(_int(sizes[0]) if sizes else None)
    return kind, shape
