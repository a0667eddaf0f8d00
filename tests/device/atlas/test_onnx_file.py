from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.atlas.onnx_file import FLOAT, INT64, Graph, read_graph
from drumatlas.errors import AtlasError


@pytest.mark.parametrize("member", ["decoder.onnx", "encoder.onnx"])
def test_it_reads_what_the_onnx_package_reads(
    builtin_members: dict[str, bytes], member: str
) -> None:
    onnx = pytest.importorskip("onnx")
    data = builtin_members[member]
    theirs, ours = onnx.load_from_string(data).graph, read_graph(data)
    assert [node.op for node in ours.nodes] == [node.op_type for node in theirs.node]
    for node, other in zip(ours.nodes, theirs.node, strict=True):
        assert node.inputs == tuple(other.input)
        assert node.outputs == tuple(other.output)
        assert node.attributes == {
            one.name: onnx.helper.get_attribute_value(one) for one in other.attribute
        }
    assert set(ours.arrays) == {one.name for one in theirs.initializer}
    for one in theirs.initializer:
        np.testing.assert_array_equal(ours.arrays[one.name], onnx.numpy_helper.to_array(one))
    for tensor, other in zip(
        [*ours.inputs, *ours.outputs], [*theirs.input, *theirs.output], strict=True
    ):
        assert tensor.name == other.name
        assert tensor.kind == FLOAT
        sizes = [one.dim_value for one in other.type.tensor_type.shape.dim]
        assert [size or 0 for size in tensor.shape] == sizes


@pytest.mark.parametrize("raw", [False, True])
def test_numbers_and_bytes_are_the_same_array(raw: bool) -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    values, sizes = np.array([1.5, -2.0, 0.25, 8.0], "<f4"), np.array([-1, 0, 2**40], "<i8")
    tensors = [
        helper.make_tensor("f", FLOAT, (2, 2), values.tobytes() if raw else values, raw=raw),
        helper.make_tensor("i", INT64, (3,), sizes.tobytes() if raw else sizes, raw=raw),
    ]
    model = helper.make_model(helper.make_graph([], "g", [], [], tensors))
    graph = read_graph(model.SerializeToString())
    np.testing.assert_array_equal(graph.arrays["f"], values.reshape(2, 2))
    np.testing.assert_array_equal(graph.arrays["i"], sizes)


def test_an_initializer_is_no_input() -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    infos = [helper.make_tensor_value_info(name, FLOAT, ["n", 4]) for name in ("z", "w")]
    weight = helper.make_tensor("w", FLOAT, (1, 4), [1.0, 2.0, 3.0, 4.0])
    model = helper.make_model(helper.make_graph([], "g", infos, [], [weight]))
    assert [tensor.name for tensor in read_graph(model.SerializeToString()).inputs] == ["z"]


@pytest.mark.parametrize(
    "data",
    [b"", b"garbage", b"\x3a\x05", b"\x3a\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", b"\x3b"],
)
def test_a_file_that_is_no_onnx_model_is_refused(data: bytes) -> None:
    with pytest.raises(AtlasError, match="read as ONNX"):
        read_graph(data)


def test_other_kinds_of_numbers_are_refused() -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    tensor = helper.make_tensor("w", onnx.TensorProto.DOUBLE, (1,), [1.0])
    model = helper.make_model(helper.make_graph([], "g", [], [], [tensor]))
    with pytest.raises(AtlasError, match="'w' is of type 11"):
        read_graph(model.SerializeToString())


def survives(data: bytes) -> None:
    with suppress(AtlasError):
        assert isinstance(read_graph(data), Graph)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_graph_or_one_error(data: bytes) -> None:
    survives(data)
    survives(b"\x3a" + bytes([min(len(data), 127)]) + data[:127])  # as a graph


@given(st.data())
def test_a_damaged_model_is_a_graph_or_one_error(
    builtin_members: dict[str, bytes], data: st.DataObject
) -> None:
    """Damaged where the structure is: in the first bytes, and before each array's."""
    model = bytearray(builtin_members["decoder.onnx"])
    places = st.one_of(st.integers(0, 1500), st.integers(0, len(model) - 1))
    for at, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=8)):
        model[at] = byte
    survives(bytes(model[: data.draw(st.one_of(st.none(), st.integers(0, len(model))))]))
