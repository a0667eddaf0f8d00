"""Networks that a box must not run are refused before anything of them is run."""

import pytest

from drumatlas.atlas import network
from drumatlas.atlas.limits import MOST_BYTES, check_network
from drumatlas.atlas.network import open_network
from drumatlas.errors import AtlasError

pytest.importorskip("onnx", reason="wants the [export] extra")
from support import onnx_graphs

GRID = ("p", (32, 14))


@pytest.fixture
def no_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is refused is refused without a look by onnxruntime or NumPy."""

    def fail(*_: object) -> None:
        raise AssertionError("was run")

    monkeypatch.setattr(network, "_open_session", fail)
    monkeypatch.setattr(network, "_open_small", fail)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("loops", "operator 'Loop with a graph of its own' is not allowed"),
        ("loops far out", "operator 'Loop with a graph of its own' is not allowed"),
        ("branches", "operator 'If with a graph of its own' is not allowed"),
        ("expands", "operator 'Expand' is not allowed"),
        ("long chain", "20003 nodes; a network has at most"),
    ],
)
def test_networks_without_bounds_are_refused(no_runtime: None, kind: str, words: str) -> None:
    with pytest.raises(AtlasError, match=words):
        open_network(onnx_graphs.HOSTILE[kind](), "d.onnx", ("z", (4,)), GRID)


def test_a_good_one_is_run() -> None:
    check_network(onnx_graphs.plain(), "d.onnx")
    assert open_network(onnx_graphs.plain(), "d.onnx", ("z", (4,)), GRID)


def test_the_built_in_networks_are_allowed(builtin_members: dict[str, bytes]) -> None:
    for name in ("decoder.onnx", "encoder.onnx"):
        check_network(builtin_members[name], name)


def test_operators_of_other_domains_are_refused(no_runtime: None) -> None:
    import onnx

    model = onnx.load_from_string(onnx_graphs.plain())
    model.graph.node[0].domain = "com.microsoft"
    with pytest.raises(AtlasError, match="'com.microsoft.MatMul' is not allowed"):
        open_network(model.SerializeToString(), "d.onnx", ("z", (4,)), GRID)


def test_large_ones_are_refused(no_runtime: None) -> None:
    with pytest.raises(AtlasError, match="a network has at most"):
        open_network(bytes(MOST_BYTES + 1), "d.onnx", ("z", (4,)), GRID)


def test_one_that_takes_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the third slow run in a row; the first run of all also loads and lays out."""
    runs: list[int] = []

    def opened(*_: object) -> object:
        def run(array: "onnx_graphs.np.ndarray") -> object:
            runs.append(len(array))
            return onnx_graphs.np.zeros((len(array), 32, 14), "f4")

        return run

    spent = iter(range(0, 1_000_000_000, 60_000_000))  # 60 ms a run
    monkeypatch.setattr(network, "_open_session", opened)
    monkeypatch.setattr(network.time, "thread_time_ns", lambda: next(spent))
    decode = open_network(onnx_graphs.plain(), "d.onnx", ("z", (4,)), GRID)
    assert decode(onnx_graphs.np.zeros((128, 4), "f4")).shape == (128, 32, 14)  # two batches
    one = onnx_graphs.np.zeros((1, 4), "f4")
    for _ in range(2):  # these may have waited for memory
        assert decode(one).shape == (1, 32, 14)
    for _ in range(2):
        with pytest.raises(AtlasError, match="took 60 ms for 1 points: too slow"):
            decode(one)
    assert runs == [3, 128, 1, 1, 1]  # and is not run again
