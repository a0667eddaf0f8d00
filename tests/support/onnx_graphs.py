"""Networks for atlases, made node by node: good ones, and ones that would take a box's time or
memory without end.

They are written with the onnx package, which comes with the [export] extra.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Nodes = list[Any]
Arrays = dict[str, np.ndarray[Any, Any]]

WEIGHT = np.full((4, 448), 0.01, np.float32)
SHAPE = np.array([-1, 32, 14], np.int64)


def node(op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any) -> Any:
    """A node of ONNX."""
    from onnx import helper

    return helper.make_node(op, list(inputs), list(outputs), **attributes)


def model(nodes: Nodes, arrays: Arrays, shape: tuple[int, ...] = (32, 14)) -> bytes:
    """A decoder: z [n, 4] to p [n, *shape]."""
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        nodes,
        "decoder",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", *shape])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    opset = [helper.make_opsetid("", 18)]
    made: bytes = helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()
    return made


def _ended(nodes: Nodes, arrays: Arrays, last: str = "flat") -> bytes:
    """Return a model that turns `last` [n, 448] into probabilities of the right shape."""
    ending = [
        node("Sigmoid", [last], ["squashed"]),
        node("Reshape", ["squashed", "shape"], ["p"]),
    ]
    return model([*nodes, *ending], {"shape": SHAPE, **arrays})


def plain() -> bytes:
    """A good decoder: one layer."""
    return _ended([node("MatMul", ["z", "weight"], ["flat"])], {"weight": WEIGHT})


def _turns() -> Any:
    """Return the body of a Loop, which passes its value on."""
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info
    return helper.make_graph(
        [node("Identity", ["go"], ["goes"]), node("Identity", ["flow"], ["flows"])],
        "body",
        [value("i", TensorProto.INT64, []), value("go", TensorProto.BOOL, []),
         value("flow", TensorProto.FLOAT, ["n", 448])],
        [value("goes", TensorProto.BOOL, []), value("flows", TensorProto.FLOAT, ["n", 448])],
    )  # fmt: skip


def loops(trips: int = 1 << 40) -> bytes:
    """A Loop that repeats `trips` times at every point."""
    nodes = [
        node("MatMul", ["z", "weight"], ["start"]),
        node("Loop", ["trips", "", "start"], ["flat"], body=_turns()),
    ]
    return _ended(nodes, {"weight": WEIGHT, "trips": np.array(trips, np.int64)})


def loops_far_out() -> bytes:
    """A Loop that repeats the more the farther out a point is, and not at all in the middle."""
    from onnx import TensorProto

    nodes = [
        node("MatMul", ["z", "weight"], ["start"]),
        node("ReduceMax", ["z"], ["far"], keepdims=0),
        node("Mul", ["far", "huge"], ["many"]),
        node("Cast", ["many"], ["trips"], to=TensorProto.INT64),
        node("Loop", ["trips", "", "start"], ["flat"], body=_turns()),
    ]
    return _ended(nodes, {"weight": WEIGHT, "huge": np.array(1e12, np.float32)})


def branches() -> bytes:
    """An If."""
    from onnx import TensorProto, helper

    arm = helper.make_graph(
        [node("Identity", ["start"], ["out"])],
        "arm",
        [],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 448])],
    )
    nodes = [
        node("MatMul", ["z", "weight"], ["start"]),
        node("If", ["yes"], ["flat"], then_branch=arm, else_branch=arm),
    ]
    return _ended(nodes, {"weight": WEIGHT, "yes": np.array(True)})


def expands(size: int = 1 << 30) -> bytes:
    """Asks for 4 GB, of which it keeps a sum."""
    nodes = [
        node("MatMul", ["z", "weight"], ["start"]),
        node("Expand", ["one", "size"], ["large"]),
        node("ReduceMax", ["large"], ["top"], keepdims=0),
        node("Add", ["start", "top"], ["flat"]),
    ]
    arrays = {"one": np.ones(1, np.float32), "size": np.array([size], np.int64)}
    return _ended(nodes, {"weight": WEIGHT, **arrays})


def broadcasts(side: int = 40_000) -> bytes:
    """The same by operators that a good decoder has: a column plus a row, 6 GB."""
    nodes = [
        node("MatMul", ["z", "weight"], ["start"]),
        node("Add", ["column", "row"], ["large"]),
        node("ReduceSum", ["large"], ["sum"], keepdims=0),
        node("Mul", ["sum", "none"], ["nothing"]),
        node("Add", ["start", "nothing"], ["flat"]),
    ]
    arrays = {
        "column": np.ones((side, 1), np.float32),
        "row": np.ones((1, side), np.float32),
        "none": np.zeros(1, np.float32),
    }
    return _ended(nodes, {"weight": WEIGHT, **arrays})


def is_slow(width: int = 1400, layers: int = 200) -> bytes:
    """Many products of large matrices that depend on the place: seconds a decode."""
    nodes = [
        node("MatMul", ["z", "widen"], ["row"]),
        node("Mul", ["row", "column"], ["x0"]),  # [n, width] by [width, 1, 1]: [width, n, width]
    ]
    nodes += [node("MatMul", [f"x{i}", "square"], [f"x{i + 1}"]) for i in range(layers)]
    nodes += [
        node("ReduceSum", [f"x{layers}", "axes"], ["less"], keepdims=0),
        node("MatMul", ["less", "narrow"], ["flat"]),
    ]
    arrays = {
        "widen": np.full((4, width), 1e-3, np.float32),
        "column": np.full((width, 1, 1), 1e-3, np.float32),
        "square": np.full((width, width), 1e-4, np.float32),
        "narrow": np.full((width, 448), 1e-3, np.float32),
        "axes": np.array([0], np.int64),
    }
    return _ended(nodes, arrays)


def long_chain(nodes: int = 20_000) -> bytes:
    """Identity after Identity."""
    made = [node("MatMul", ["z", "weight"], ["x0"])]
    made += [node("Identity", [f"x{i}"], [f"x{i + 1}"]) for i in range(nodes)]
    return _ended(made, {"weight": WEIGHT}, f"x{nodes}")


HOSTILE: dict[str, Callable[[], bytes]] = {
    "loops": loops,
    "loops far out": loops_far_out,
    "branches": branches,
    "expands": expands,
    "broadcasts": broadcasts,
    "is slow": is_slow,
    "long chain": long_chain,
}
