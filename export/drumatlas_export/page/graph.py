"""Write the networks of an atlas as a page can run them: the nodes of their ONNX graphs."""

from base64 import b64encode
from dataclasses import replace
from typing import Any

import numpy as np

from drumatlas.atlas.model import Floats, Network
from drumatlas.atlas.numpy_network import run_graph
from drumatlas.atlas.onnx_file import Array, Graph, read_graph
from drumatlas.errors import AtlasError

_TOLERANCE = 1e-4  # of an output, compared with the network as the box runs it


def readable_graph(model: bytes, name: str, network: Network, x: Floats) -> Graph:
    """Return the graph of an ONNX model, with the values of its Constant nodes among its arrays.

    `network` is the same model as the box runs it, x [n, ...] the inputs to compare on. AtlasError,
    with `name`, if a page can't run the model: the page's operators are those that NumPy runs
    (`numpy_network.OPERATORS`).
    """
    graph = _without_constants(read_graph(model))
    expected, found = network(x), run_graph(graph, name)(x)
    if found.shape != expected.shape or not np.abs(found - expected).max() <= _TOLERANCE:
        raise AtlasError(f"{name}: a page would give different results")
    return graph


def _without_constants(graph: Graph) -> Graph:
    arrays, nodes = dict(graph.arrays), []
    for node in graph.nodes:
        value = node.attributes.get("value")
        if node.op == "Constant" and isinstance(value, np.ndarray):
            arrays[node.outputs[0]] = value
        else:
            nodes.append(node)
    return replace(graph, nodes=nodes, arrays=arrays)


def graph_table(graph: Graph) -> dict[str, Any]:
    """Return what static/graph.js runs."""
    number_of = {name: i for i, name in enumerate(_names(graph))}
    return {
        "nodes": [
            {
                "op": node.op,
                "inputs": [number_of[name] if name else -1 for name in node.inputs],
                "output": number_of[node.outputs[0]],
                "options": {
                    key: value.tolist() if isinstance(value, np.ndarray) else value
                    for key, value in node.attributes.items()
                },
            }
            for node in graph.nodes
        ],
        "arrays": [
            {"number": number_of[name], **_array(array)} for name, array in graph.arrays.items()
        ],
        "input": number_of[graph.inputs[0].name],
        "shape": list(graph.inputs[0].shape[1:]),
        "output": number_of[graph.outputs[0].name],
    }


def _names(graph: Graph) -> list[str]:
    given = [graph.inputs[0].name, *graph.arrays]
    return [*given, *(name for node in graph.nodes for name in node.outputs)]


def _array(array: Array) -> dict[str, Any]:
    kind = "f4" if array.dtype == np.float32 else "i4"
    data = array.astype(f"<{kind}").tobytes()
    return {
        "shape": list(array.shape),
        "kind": kind,
        "data": b64encode(data).decode("ascii"),
    }
