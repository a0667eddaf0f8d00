import os
import sys

import numpy as np
import pytest

from drumatlas.atlas import network
from drumatlas.atlas.model import Floats
from drumatlas.atlas.network import open_network
from drumatlas.atlas.probe import CHOICE
from drumatlas.errors import AtlasError

GRID = ("p", (32, 14))


@pytest.fixture(params=["onnxruntime", "numpy"])
def runtime(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, request.param)


def test_telemetry_is_off_before_the_import(atlas: object) -> None:
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_garbage_is_no_model(runtime: None) -> None:
    with pytest.raises(AtlasError, match="d.onnx is not a valid model"):
        open_network(b"garbage", "d.onnx", ("z", (4,)), GRID)


def test_a_node_that_is_no_text_is_one_error_and_nothing_on_stdout(
    runtime: None, builtin_members: dict[str, bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    broken = builtin_members["decoder.onnx"].replace(b"Gemm", b"Gem\xff")
    with pytest.raises(AtlasError, match="d.onnx"):
        open_network(broken, "d.onnx", ("z", (4,)), GRID)
    assert capfd.readouterr().out == ""


def test_other_names_and_shapes_are_refused(
    runtime: None, builtin_members: dict[str, bytes]
) -> None:
    encoder = builtin_members["encoder.onnx"]
    with pytest.raises(AtlasError, match="expected 'z'"):
        open_network(encoder, "d.onnx", ("z", (4,)), GRID)
    with pytest.raises(AtlasError, match="expected 'q'"):
        open_network(builtin_members["decoder.onnx"], "d.onnx", ("z", (4,)), ("q", (32, 14)))


def test_a_model_with_weights_elsewhere_is_refused(runtime: None) -> None:
    onnx = pytest.importorskip("onnx")
    weight = onnx.helper.make_tensor("w", onnx.TensorProto.FLOAT, (4, 448), bytes(7168), raw=True)
    onnx.external_data_helper.set_external_data(weight, "/etc/passwd")
    weight.ClearField("raw_data")
    nodes = [onnx.helper.make_node("MatMul", ["z", "w"], ["p"])]
    z = onnx.helper.make_tensor_value_info("z", 1, ["n", 4])
    p = onnx.helper.make_tensor_value_info("p", 1, ["n", 448])
    graph = onnx.helper.make_graph(nodes, "g", [z], [p], [weight])
    model = onnx.helper.make_model(graph).SerializeToString()
    with pytest.raises(AtlasError, match="outside the file"):
        open_network(model, "d.onnx", ("z", (4,)), GRID)


def test_an_onnxruntime_that_lacks_a_library_is_replaced_by_numpy(
    builtin_members: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHOICE, "onnxruntime")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # its import fails
    decode = open_network(builtin_members["decoder.onnx"], "d.onnx", ("z", (4,)), GRID)
    assert decode(np.zeros((2, 4), np.float32)).shape == (2, 32, 14)


def test_a_model_that_gives_nan_is_refused() -> None:
    onnx = pytest.importorskip("onnx")
    nodes = [onnx.helper.make_node("Log", ["z"], ["p"])]  # log 0 = -inf
    z = onnx.helper.make_tensor_value_info("z", 1, ["n", 4])
    p = onnx.helper.make_tensor_value_info("p", 1, ["n", 4])
    opset = [onnx.helper.make_opsetid("", 18)]
    model = onnx.helper.make_model(
        onnx.helper.make_graph(nodes, "g", [z], [p]), opset_imports=opset, ir_version=10
    )
    with pytest.raises(AtlasError, match="not finite"):
        open_network(model.SerializeToString(), "d.onnx", ("z", (4,)), ("p", (4,)))


@pytest.mark.parametrize("points", [1, 64])
def test_a_model_that_runs_for_three_points_only_gives_one_line(
    points: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(array: Floats) -> Floats:
        if len(array) != 3:
            raise RuntimeError("Got invalid dimensions\n for input")
        return np.zeros((3, 32, 14), np.float32)

    monkeypatch.setattr(network, "_open_session", lambda *_: run)
    decode = open_network(b"", "d.onnx", ("z", (4,)), GRID)
    with pytest.raises(AtlasError, match="^d.onnx does not run: Got invalid dimensions$"):
        decode(np.zeros((points, 4), np.float32))
    monkeypatch.setattr(network, "_open_session", lambda *_: lambda _: np.zeros((3, 32, 14)))
    decode = open_network(b"", "d.onnx", ("z", (4,)), GRID)
    with pytest.raises(AtlasError, match=f"d.onnx returns .* for {points} points"):
        decode(np.zeros((points, 4), np.float32))
