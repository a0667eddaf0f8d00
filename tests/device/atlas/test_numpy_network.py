"""NumPy against onnxruntime, on the shipped networks and on random ones."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.atlas.numpy_network import OPERATORS, open_numpy
from drumatlas.errors import AtlasError
from support import onnx_graphs

GRID = (32, 14)
TOLERANCE = 1e-5


def run_onnxruntime(model: bytes, x: np.ndarray) -> np.ndarray:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    result: np.ndarray = session.run(None, {session.get_inputs()[0].name: x})[0]
    return result


def assert_close(ours: np.ndarray, theirs: np.ndarray) -> None:
    """To 1e-5 of the largest answer, if that is above 1 (as `to_onnx` asks of PyTorch)."""
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == np.float32
    worst = np.abs(ours - theirs).max() / max(1.0, float(np.abs(theirs).max()))
    assert worst <= TOLERANCE


@pytest.mark.parametrize("n", [1, 64, 1000])
def test_the_shipped_networks_give_the_same(builtin_members: dict[str, bytes], n: int) -> None:
    rng = np.random.default_rng(n)
    z = (rng.standard_normal((n, 4)) * 3).astype(np.float32)  # three times as wide as its prior
    x = (rng.random((n, *GRID)) < 0.1).astype(np.float32)
    for member, points, inputs, outputs in (
        ("decoder.onnx", z, ("z", (4,)), ("p", GRID)),
        ("encoder.onnx", x, ("x", GRID), ("z", (4,))),
    ):
        model = builtin_members[member]
        assert_close(
            open_numpy(model, member, inputs, outputs)(points), run_onnxruntime(model, points)
        )


def network_of(nodes: list[Any], arrays: dict[str, np.ndarray], width: int = 4) -> bytes:
    pytest.importorskip("onnx")
    return onnx_graphs.model(nodes, arrays, (width,))


def open_model(model: bytes, width: int = 4) -> Any:
    return open_numpy(model, "d.onnx", ("z", (4,)), ("p", (width,)))


UNARY = [
    ("Relu", {}),
    ("LeakyRelu", {}),
    ("LeakyRelu", {"alpha": 0.2}),
    ("Elu", {}),
    ("Elu", {"alpha": 0.5}),
    ("Tanh", {}),
    ("Sigmoid", {}),
    ("Softplus", {}),
    ("Identity", {}),
    ("Dropout", {}),
    ("Flatten", {}),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("op", "options"), UNARY)
def test_each_function_is_the_operators_also_far_out(op: str, options: dict[str, float]) -> None:
    onnx = pytest.importorskip("onnx")
    model = network_of([onnx.helper.make_node(op, ["z"], ["p"], **options)], {})
    x = np.array([[-1e3, -90, -30, -5], [-1, -1e-3, 0, 1e-3], [1, 5, 30, 1e3]], np.float32)
    assert_close(open_model(model)(x), run_onnxruntime(model, x))


@given(st.data())
def test_random_perceptrons_give_the_same(data: st.DataObject) -> None:
    onnx = pytest.importorskip("onnx")
    node = onnx.helper.make_node
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    nodes, arrays, last, width = [], {}, "z", 4
    for layer in range(data.draw(st.integers(1, 4))):
        wide = data.draw(st.integers(1, 40))
        w, b, y = f"w{layer}", f"b{layer}", f"y{layer}"
        weight = (rng.standard_normal((width, wide)) / width).astype(np.float32)
        arrays[b] = rng.standard_normal(wide).astype(np.float32)
        way = data.draw(st.sampled_from(["Gemm", "transposed", "scaled", "MatMul"]))
        arrays[w] = weight.T.copy() if way == "transposed" else weight
        if way == "MatMul":
            nodes += [node("MatMul", [last, w], [y + "m"]), node("Add", [y + "m", b], [y])]
        else:
            options = {"transposed": {"transB": 1}, "scaled": {"alpha": 0.5, "beta": 2.0}}
            nodes.append(node("Gemm", [last, w, b], [y], **options.get(way, {})))
        op, more = data.draw(st.sampled_from(UNARY))
        nodes.append(node(op, [y], [y + "a"], **more))
        last, width = y + "a", wide
    arrays["shape"] = np.array([0, -1], np.int64)
    nodes.append(node("Reshape", [last, "shape"], ["p"]))
    model = network_of(nodes, arrays, width)
    x = rng.standard_normal((data.draw(st.integers(1, 70)), 4)).astype(np.float32)
    assert_close(open_model(model, width)(x), run_onnxruntime(model, x))


@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.floats(-0.5, 40))
def test_logits_that_are_levelled_give_the_same(seed: int, wide: int, place: float) -> None:
    onnx = pytest.importorskip("onnx")
    node = onnx.helper.make_node
    arrays = {
        "w": np.random.default_rng(seed).standard_normal((4, wide)).astype(np.float32),
        "all": np.array([wide], np.int64),
        "axis": np.array([1], np.int64),
        "one": np.array(1, np.int64),
        "shift": np.array(place, np.float32),
        "low": np.array(0, np.float32),
        "high": np.array(wide - 2, np.float32),
    }
    nodes = [
        node("MatMul", ["z", "w"], ["y"]),
        node("TopK", ["y", "all"], ["falling", "order"], axis=1),
        node("Sigmoid", ["y"], ["s"]),
        node("ReduceSum", ["s", "axis"], ["sum"]),
        node("Sub", ["sum", "shift"], ["off"]),
        node("Clip", ["off", "low", "high"], ["place"]),
        node("Floor", ["place"], ["floor"]),
        node("Cast", ["floor"], ["index"], to=7),
        node("Add", ["index", "one"], ["next"]),
        node("GatherElements", ["falling", "index"], ["upper"], axis=1),
        node("GatherElements", ["falling", "next"], ["lower"], axis=1),
        node("Mul", ["upper", "lower"], ["both"]),
        node("Sub", ["y", "both"], ["p"]),
    ]
    model = network_of(nodes, arrays, wide)
    x = np.random.default_rng(seed + 1).standard_normal((7, 4)).astype(np.float32)
    whole = run_onnxruntime(model, x)
    # Where the sum lies at a whole number to the last digit, either side is right.
    ours = open_model(model, wide)(x)
    total = (1 / (1 + np.exp(-(x @ arrays["w"]).astype(np.float64)))).sum(axis=1) - place
    clear = np.abs(total - np.rint(total)) > 1e-4
    assert_close(ours[clear], whole[clear])


@pytest.mark.parametrize(
    ("options", "axes"),
    [({}, [1]), ({"keepdims": 0}, [1]), ({}, None), ({"noop_with_empty_axes": 1}, None)],
)
def test_sums_are_the_operators(options: dict[str, int], axes: list[int] | None) -> None:
    onnx = pytest.importorskip("onnx")
    node = onnx.helper.make_node
    arrays = {"zero": np.zeros((1, 4), np.float32), "wide": np.array([-1, 4], np.int64)}
    if axes:
        arrays["axes"] = np.array(axes, np.int64)
    nodes = [
        node("ReduceSum", ["z", "axes"] if axes else ["z"], ["s"], **options),
        node("Reshape", ["s", "column"], ["c"]),
        node("Add", ["c", "zero"], ["wider"]),
        node("Reshape", ["wider", "wide"], ["p"]),
    ]
    is_whole = "noop_with_empty_axes" in options
    arrays["column"] = np.array([-1, 4 if is_whole else 1], np.int64)
    model = network_of(nodes, arrays)
    x = np.random.default_rng(2).standard_normal((3, 4)).astype(np.float32)
    assert_close(open_model(model)(x), run_onnxruntime(model, x))


@pytest.mark.parametrize("largest", [0, 1])
def test_the_first_of_an_order_are_the_operators(largest: int) -> None:
    onnx = pytest.importorskip("onnx")
    node = onnx.helper.make_node
    arrays = {"k": np.array([2], np.int64), "zero": np.zeros((1, 2), np.float32)}
    top = node("TopK", ["z", "k"], ["first", "order"], axis=1, largest=largest)
    model = network_of([top, node("Add", ["first", "zero"], ["p"])], arrays, 2)
    x = np.random.default_rng(2).standard_normal((9, 4)).astype(np.float32)
    assert_close(open_model(model, 2)(x), run_onnxruntime(model, x))


@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_choices_from_a_book_give_the_same(seed: int, phrases: int) -> None:
    onnx = pytest.importorskip("onnx")
    node = onnx.helper.make_node
    rng = np.random.default_rng(seed)
    arrays = {
        "w": rng.standard_normal((4, phrases)).astype(np.float32),
        "v": rng.standard_normal((9, phrases)).astype(np.float32),
        "book": rng.standard_normal((phrases, 5)).astype(np.float32),
        "g": rng.standard_normal((4, 1)).astype(np.float32),
        "zero": np.array(0, np.float32),
        "flat": np.array([-1], np.int64),
        "turned": np.arange(4, -1, -1, dtype=np.int64),
    }
    nodes = [
        node("MatMul", ["z", "w"], ["scores"]),
        node("ArgMax", ["scores"], ["first"], axis=1, keepdims=0),
        node("Gather", ["book", "first"], ["phrase"]),
        node("Concat", ["z", "phrase"], ["seen"], axis=1),
        node("MatMul", ["seen", "v"], ["others"]),
        node("Softmax", ["others"], ["shares"], axis=1),
        node("ArgMax", ["others"], ["second"], axis=1, keepdims=0),
        node("MatMul", ["z", "g"], ["gate"]),
        node("Greater", ["gate", "zero"], ["open"]),
        node("Reshape", ["open", "flat"], ["is_open"]),
        node("Where", ["is_open", "first", "second"], ["chosen"]),
        node("Equal", ["chosen", "first"], ["same"]),
        node("Cast", ["same"], ["is_same"], to=1),
        node("Reshape", ["is_same", "column"], ["factor"]),
        node("Gather", ["book", "chosen"], ["hits"]),
        node("Gather", ["hits", "turned"], ["ordered"], axis=1),
        node("MatMul", ["shares", "book"], ["expected"]),
        node("Mul", ["expected", "factor"], ["some"]),
        node("Add", ["ordered", "some"], ["p"]),
    ]
    arrays["column"] = np.array([-1, 1], np.int64)
    model = network_of(nodes, arrays, 5)
    x = rng.standard_normal((7, 4)).astype(np.float32)
    assert_close(open_model(model, 5)(x), run_onnxruntime(model, x))


def test_a_constant_may_stand_among_the_nodes() -> None:
    onnx = pytest.importorskip("onnx")
    node, two = onnx.helper.make_node, np.array([2, 3, 4, 5], np.float32)
    constant = node("Constant", [], ["c"], value=onnx.numpy_helper.from_array(two))
    x = np.ones((2, 4), np.float32)
    for op in ("Mul", "Sub"):
        model = network_of([constant, node(op, ["z", "c"], ["p"])], {})
        assert_close(open_model(model)(x), run_onnxruntime(model, x))


def test_another_operator_needs_onnxruntime() -> None:
    onnx = pytest.importorskip("onnx")
    assert "Erf" not in OPERATORS
    for options in ({}, {"domain": "com.example"}):
        op = "Erf" if not options else "Relu"
        model = network_of([onnx.helper.make_node(op, ["z"], ["p"], **options)], {})
        with pytest.raises(AtlasError, match=rf"operator .*{op}, which needs onnxruntime"):
            open_model(model)


def test_a_graph_with_a_hole_is_refused() -> None:
    onnx = pytest.importorskip("onnx")
    node = onnx.helper.make_node
    for nodes, words in (
        ([node("Relu", ["nowhere"], ["p"])], "has an input that no node makes"),
        ([node("Relu", ["z"], ["q"])], "no node makes its output"),
        ([node("Relu", ["z"], [])], "has no output"),
    ):
        with pytest.raises(AtlasError, match=words):
            open_model(network_of(nodes, {}))
