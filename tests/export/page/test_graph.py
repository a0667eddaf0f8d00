from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from drumatlas.atlas.numpy_network import open_numpy, run_graph
from drumatlas.atlas.read import builtin_decoder, read_builtin
from drumatlas.errors import AtlasError
from drumatlas_export.page.graph import graph_table, readable_graph
from support import onnx_graphs

pytestmark = pytest.mark.export

Z = np.random.default_rng(3).standard_normal((9, 4)).astype(np.float32) * 3
WEIGHT = np.random.default_rng(4).standard_normal((4, 448)).astype(np.float32)
ARRAYS = {"weight": WEIGHT, "shape": onnx_graphs.SHAPE}


def decoder(op: str, **attributes: Any) -> bytes:
    return onnx_graphs.model(
        [
            onnx_graphs.node("MatMul", ["z", "weight"], ["flat"]),
            onnx_graphs.node(op, ["flat"], ["out"], **attributes),
            onnx_graphs.node("Reshape", ["out", "shape"], ["p"]),
        ],
        ARRAYS,
    )


def network_of(model: bytes) -> Any:
    return open_numpy(model, "decoder.onnx", ("z", (4,)), ("p", (32, 14)))


def test_a_graph_gives_what_the_atlas_decoder_gives() -> None:
    atlas = read_builtin()
    graph = readable_graph(builtin_decoder(), "decoder.onnx", atlas.decode, Z)
    assert run_graph(graph, "")(Z) == pytest.approx(atlas.decode(Z), abs=1e-5)


def test_an_operator_that_only_onnxruntime_has_is_refused() -> None:
    model = decoder("Selu")
    with pytest.raises(AtlasError, match=r"decoder\.onnx has the operator Selu"):
        readable_graph(model, "decoder.onnx", lambda z: z, Z)


def test_a_network_with_other_results_is_refused() -> None:
    model = decoder("Sigmoid")
    same = network_of(model)
    readable_graph(model, "decoder.onnx", same, Z)
    with pytest.raises(AtlasError, match="different results"):
        readable_graph(model, "decoder.onnx", lambda z: same(z) + np.float32(0.001), Z)


def test_constants_among_the_nodes_become_arrays() -> None:
    plain = onnx.load_from_string(decoder("Sigmoid"))
    weight = plain.graph.initializer[0]
    constant = helper.make_node("Constant", [], ["weight"], value=numpy_helper.from_array(WEIGHT))
    plain.graph.initializer.remove(weight)
    plain.graph.node.insert(0, constant)
    model = plain.SerializeToString()
    graph = readable_graph(model, "decoder.onnx", network_of(model), Z)
    assert [node.op for node in graph.nodes] == ["MatMul", "Sigmoid", "Reshape"]
    table = graph_table(graph)
    assert {tuple(one["shape"]) for one in table["arrays"]} == {(4, 448), (3,)}
