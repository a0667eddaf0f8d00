"""The page runs the graph of a network as the box does: each operator, and the shipped networks."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from drumatlas.atlas.numpy_network import OPERATORS, run_graph
from drumatlas.atlas.onnx_file import read_graph
from drumatlas_export.page.graph import graph_table
from support import onnx_graphs
from support.onnx_graphs import node
from support.page_modules import Computed

pytest.importorskip("onnx", reason="onnx missing; pip install -e '.[export]'")

BUILTIN = Path(__file__).parents[3] / "device" / "drumatlas" / "builtin.atlas"
READ = 'import { readGraph } from "./data.js";\nimport { Network } from "./graph.js";'
RUN = """
const network = new Network(readGraph(given.graph));
return given.inputs.map((x) => Array.from(network.run(x)));
"""

_luck = np.random.default_rng(4)
Z = (_luck.standard_normal((9, 4)) * 3).astype(np.float32)
ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "A": _luck.standard_normal((4, 6)).astype(np.float32),
    "AT": _luck.standard_normal((6, 4)).astype(np.float32),
    "six": _luck.standard_normal(6).astype(np.float32),
    "row": _luck.standard_normal((1, 6)).astype(np.float32),
    "one": np.array([0.5], np.float32),
    "zero": np.array(0, np.float32),
    "two": np.array(2, np.float32),
    "half": np.array([[0.5]], np.float32),
    "book": _luck.standard_normal((6, 5)).astype(np.float32),
    "order": np.array([5, 0, 2, 2]),
    "last": np.array([-1]),
    "three": np.array([3]),
    "pairs2": np.array([-1, 2, 2]),
    "pairs": np.array([-1, 2, 3]),
    "kept": np.array([0, 6]),
}

# Nodes from z [n, 4] to p: op, inputs, outputs and attributes.
Step = tuple[str, str, str, dict[str, Any]]
BASE: Step = ("MatMul", "z A", "v", {})
GRAPHS: dict[str, list[Step]] = {
    "Add": [BASE, ("Add", "v six", "p", {})],
    "Add row": [BASE, ("Add", "v row", "p", {})],
    "Add one": [BASE, ("Add", "one v", "p", {})],
    "ArgMax": [
        BASE,
        ("ArgMax", "v", "i", {"axis": 1, "keepdims": 1}),
        ("Cast", "i", "p", {"to": 1}),
    ],
    "Cast": [BASE, ("Cast", "v", "i", {"to": 7}), ("Cast", "i", "p", {"to": 1})],
    "Clip": [BASE, ("Clip", "v zero two", "p", {})],
    "Clip low": [BASE, ("Clip", "v zero", "p", {})],
    "Concat": [BASE, ("Concat", "v z v", "p", {"axis": 1})],
    "Dropout": [BASE, ("Dropout", "v", "p", {})],
    "Elu": [BASE, ("Elu", "v", "p", {"alpha": 0.5})],
    "Equal": [
        BASE,
        ("ArgMax", "v", "i", {"axis": -1}),
        ("ArgMax", "z", "j", {"axis": -1}),
        ("Equal", "i j", "e", {}),
        ("Cast", "e", "p", {"to": 1}),
    ],
    "Flatten": [("Reshape", "z pairs2", "r", {}), ("Flatten", "r", "p", {})],
    "Floor": [BASE, ("Floor", "v", "p", {})],
    "Gather": [
        BASE,
        ("ArgMax", "v", "i", {"axis": 1, "keepdims": 0}),
        ("Gather", "book i", "p", {}),
    ],
    "Gather inside": [BASE, ("Gather", "v order", "p", {"axis": 1})],
    "GatherElements": [
        BASE,
        ("ArgMax", "v", "i", {"axis": 1}),
        ("GatherElements", "v i", "p", {"axis": 1}),
    ],
    "Gemm": [("Gemm", "z AT six", "p", {"transB": 1, "alpha": 0.5, "beta": 2.0})],
    "Gemm plain": [("Gemm", "z A", "p", {})],
    "Greater": [BASE, ("Greater", "v one", "g", {}), ("Cast", "g", "p", {"to": 1})],
    "Identity": [BASE, ("Identity", "v", "p", {})],
    "LeakyRelu": [BASE, ("LeakyRelu", "v", "p", {})],
    "MatMul": [BASE, ("MatMul", "v book", "p", {})],
    "Mul": [BASE, ("Mul", "v v", "p", {})],
    "ReduceSum": [BASE, ("ReduceSum", "v last", "p", {"keepdims": 1})],
    "ReduceSum flat": [
        BASE,
        ("Reshape", "v pairs", "r", {}),
        ("ReduceSum", "r last", "p", {"keepdims": 0}),
    ],
    "Relu": [BASE, ("Relu", "v", "p", {})],
    "Reshape": [BASE, ("Reshape", "v pairs", "r", {}), ("Reshape", "r kept", "p", {})],
    "Sigmoid": [BASE, ("Sigmoid", "v", "p", {})],
    "Softmax": [BASE, ("Softmax", "v", "p", {"axis": 1})],
    "Softplus": [BASE, ("Softplus", "v", "p", {})],
    "Sub": [BASE, ("Sub", "row v", "p", {})],
    "Tanh": [BASE, ("Tanh", "v", "p", {})],
    "TopK": [BASE, ("TopK", "v three", "p q", {})],
    "TopK least": [BASE, ("TopK", "v three", "p q", {"largest": 0})],
    "Where": [BASE, ("Greater", "v one", "g", {}), ("Where", "g v half", "p", {})],
}


def assert_same(computed: Computed, model: bytes, x: np.ndarray[Any, Any]) -> None:
    graph = read_graph(model)
    expected = run_graph(graph, "network")(x)
    given = {"graph": graph_table(graph), "inputs": x.reshape(len(x), -1).tolist()}
    found = computed(READ, RUN, json.loads(json.dumps(given)))
    assert np.array(found) == pytest.approx(expected.reshape(len(x), -1), abs=1e-5, rel=1e-5)


def test_every_operator_that_the_box_runs_is_tried() -> None:
    assert {name.split()[0] for name in GRAPHS} == set(OPERATORS)


@pytest.mark.parametrize("name", GRAPHS)
def test_an_operator_gives_what_it_gives_on_the_box(computed: Computed, name: str) -> None:
    nodes = [
        node(op, inputs.split(), outputs.split(), **options)
        for op, inputs, outputs, options in GRAPHS[name]
    ]
    used = {one for _, inputs, _, _ in GRAPHS[name] for one in inputs.split()}
    arrays = {one: array for one, array in ARRAYS.items() if one in used}
    assert_same(computed, onnx_graphs.model(nodes, arrays, (None,)), Z)


def test_the_shipped_networks_give_what_they_give_on_the_box(computed: Computed) -> None:
    luck = np.random.default_rng(1)
    beats = (luck.random((8, 32, 14)) < 0.1).astype(np.float32)
    with ZipFile(BUILTIN) as members:
        assert_same(computed, members.read("decoder.onnx"), Z)
        assert_same(computed, members.read("encoder.onnx"), beats)
