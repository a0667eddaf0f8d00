from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import helper

from drumatlas.atlas.numpy_network import open_numpy
from drumatlas.atlas.read import builtin_decoder, read_builtin
from drumatlas.errors import AtlasError
from drumatlas_export.atlas.networks import to_onnx
from drumatlas_export.page.mlp import LEVELLED, read_layers, run
from drumatlas_export.train.config import TrainConfig
from drumatlas_export.train.models import Autoencoder
from support import onnx_graphs

pytestmark = pytest.mark.export

Z = np.random.default_rng(3).standard_normal((9, 4)).astype(np.float32) * 3
A = np.random.default_rng(4).standard_normal((4, 6)).astype(np.float32)
B = np.random.default_rng(5).standard_normal((6, 448)).astype(np.float32) / 4
BIAS = np.random.default_rng(6).standard_normal(6).astype(np.float32)


ARRAYS = {
    "A": A,
    "B": B,
    "BT": B.T.copy(),
    "C": B[:3],
    "bias": BIAS,
    "row": BIAS[None],
    "one": BIAS[:1],
    "threes": np.array([-1, 3]),
    "shape": np.array([-1, 32, 14]),
}


def chain_of(*nodes: tuple[str, str, dict[str, Any]]) -> bytes:
    """Of nodes (op, further inputs, attributes), one behind the other, and a reshape."""
    made, flows = [], "z"
    for i, (op, others, attributes) in enumerate(nodes):
        made.append(onnx_graphs.node(op, [flows, *others.split()], [f"v{i}"], **attributes))
        flows = f"v{i}"
    made.append(onnx_graphs.node("Reshape", [flows, "shape"], ["p"]))
    model = onnx_graphs.model(made, ARRAYS)
    onnx.checker.check_model(model)
    return model


def decoder_of(model: bytes) -> Any:
    return open_numpy(model, "decoder", ("z", (4,)), ("p", (32, 14)))


def test_the_layers_of_an_atlas_give_what_its_decoder_gives() -> None:
    atlas = read_builtin()
    layers = read_layers(builtin_decoder(), atlas.decode, Z)
    assert [layer.activation for layer in layers] == ["Relu", "Relu", LEVELLED]
    assert run(layers, Z).reshape(-1, 32, 14) == pytest.approx(atlas.decode(Z), abs=1e-5)


@pytest.fixture(scope="module")
def levelled_model() -> tuple[Autoencoder, bytes]:
    """A model whose decoder levels, and that decoder as ONNX."""
    torch.manual_seed(2)
    model = Autoencoder(TrainConfig(kind="swae", hidden=(9, 8), likeliest=True)).eval()
    return model, to_onnx(model, 1)[0]


def test_the_layers_of_a_levelled_decoder_end_so(
    levelled_model: tuple[Autoencoder, bytes],
) -> None:
    model, decoder = levelled_model
    layers = read_layers(decoder, decoder_of(decoder), Z)
    assert [layer.activation for layer in layers] == ["Relu", "Relu", LEVELLED]
    with torch.no_grad():
        wanted = model.decode(torch.from_numpy(Z)).numpy()
    assert run(layers, Z).reshape(-1, 32, 14) == pytest.approx(wanted, abs=1e-5)


def test_another_end_behind_an_order_is_refused(
    levelled_model: tuple[Autoencoder, bytes],
) -> None:
    _, decoder = levelled_model
    model = onnx.load_from_string(decoder)
    next(node for node in model.graph.node if node.op_type == "TopK").attribute.append(
        helper.make_attribute("largest", 0)
    )
    del next(node for node in model.graph.node if node.op_type == "TopK").attribute[:-1]
    other = model.SerializeToString()
    with pytest.raises(AtlasError, match="alone give different results"):
        read_layers(other, decoder_of(other), Z)


@pytest.mark.parametrize(
    "activation",
    [
        ("LeakyRelu", "", {"alpha": 0.2}),
        ("LeakyRelu", "", {}),
        ("Elu", "", {}),
        ("Softplus", "", {}),
        ("Tanh", "", {}),
    ],
)
def test_a_layer_may_be_written_in_several_ways(
    activation: tuple[str, str, dict[str, Any]],
) -> None:
    last = ("Gemm", "BT", {"transB": 1})
    model = chain_of(
        ("MatMul", "A", {}), ("Add", "bias", {}), activation, last, ("Sigmoid", "", {})
    )
    decode = decoder_of(model)
    layers = read_layers(model, decode, Z)
    assert len(layers) == 2
    assert run(layers, Z).reshape(-1, 32, 14) == pytest.approx(decode(Z), abs=1e-6)


@pytest.mark.parametrize("bias", ["bias", "row", "one"])
@pytest.mark.parametrize("more", ["bias", "row", "one"])
def test_a_bias_may_be_a_row_or_one_number(bias: str, more: str) -> None:
    model = chain_of(("Gemm", f"A {bias}", {}), ("Add", more, {}), ("MatMul", "B", {}))
    decode = decoder_of(model)
    layers = read_layers(model, decode, Z)
    assert [layer.bias.shape for layer in layers] == [(6,), (448,)]
    assert run(layers, Z).reshape(-1, 32, 14) == pytest.approx(decode(Z), abs=1e-5)


def test_a_constant_of_another_kind_is_refused() -> None:
    plain = chain_of(("MatMul", "A", {}), ("MatMul", "B", {}))
    model = onnx.load_from_string(plain)
    model.graph.node.insert(0, helper.make_node("Constant", [], ["sizes"], value_ints=[1]))
    onnx.checker.check_model(model)
    with pytest.raises(AtlasError, match="decoder.onnx: unsupported use of Constant"):
        read_layers(model.SerializeToString(), decoder_of(plain), Z)


def test_rows_that_are_parted_on_the_way_are_refused() -> None:
    model = chain_of(("MatMul", "A", {}), ("Reshape", "threes", {}), ("MatMul", "C", {}))
    with pytest.raises(AtlasError, match="alone give different results"):
        read_layers(model, decoder_of(model), Z)


@pytest.mark.parametrize(
    ("nodes", "culprit"),
    [
        ([("MatMul", "A", {}), ("Mul", "bias", {}), ("MatMul", "B", {})], "Mul"),
        ([("MatMul", "A", {}), ("Relu", "", {}), ("Add", "bias", {}), ("MatMul", "B", {})], "Add"),
        ([("MatMul", "A", {}), ("Add", "v0", {}), ("MatMul", "B", {})], "Add"),
        ([("Gemm", "A", {"alpha": 0.5}), ("MatMul", "B", {})], "Gemm"),
        ([("Tanh", "", {}), ("MatMul", "A", {}), ("MatMul", "B", {})], "Tanh"),
    ],
)
def test_a_graph_that_is_not_a_plain_chain_is_refused(
    nodes: list[tuple[str, str, dict[str, Any]]], culprit: str
) -> None:
    model = chain_of(*nodes)
    with pytest.raises(AtlasError, match=f"decoder.onnx: unsupported use of {culprit}"):
        read_layers(model, decoder_of(model), Z)


def test_layers_with_another_result_are_refused() -> None:
    model = chain_of(("MatMul", "A", {}), ("MatMul", "B", {}))
    decode = decoder_of(model)
    with pytest.raises(AtlasError, match="different results"):
        read_layers(model, lambda z: decode(z) + np.float32(0.001), Z)
