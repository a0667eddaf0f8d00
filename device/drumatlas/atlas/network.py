"""Runs the two networks of an atlas, on one thread and from checked bytes: with onnxruntime where
it is installed and works, else in NumPy (same weights; results within 1e-5)."""

import os
import time
from typing import Any

import numpy as np

from drumatlas.atlas.limits import check_network
from drumatlas.atlas.model import Floats, Network
from drumatlas.atlas.numpy_network import open_numpy
from drumatlas.atlas.probe import runs_onnxruntime
from drumatlas.errors import AtlasError, DrumatlasError

# For up to _BATCH points, in processor time of this thread, since wall time includes other
# programs. The slow loop runs 100 times a second.
MOST_RUN_NS = 50_000_000
_SLOW_RUNS = 3  # in a row: a single one may have waited for memory
_BATCH = 64

# The key of a tensor stored outside the model file, as protobuf writes it: such a model would make
# onnxruntime read other files.
_EXTERNAL = b"\n\x08location"


class RuntimeMissingError(DrumatlasError, ImportError):
    """onnxruntime is not installed or does not load on this machine."""


def import_onnxruntime() -> Any:
    """Import onnxruntime with telemetry off (1.29 and later send it by default, also on Linux).
    RuntimeMissingError if it does not load."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime  # noqa: PLC0415 - 100 ms, saved in commands without a decoder
    except ImportError as error:
        raise RuntimeMissingError(
            f"onnxruntime does not load ({error})", "pip install 'onnxruntime>=1.26,<1.28'"
        ) from None
    return onnxruntime


def open_network(
    model: bytes,
    name: str,
    inputs: tuple[str, tuple[int, ...]],
    outputs: tuple[str, tuple[int, ...]],
    *,
    is_rare: bool = False,
) -> Network:
    """Return a function from arrays [n, ...] to arrays [n, ...]; AtlasError if the model does not
    fit.

    A network that is used rarely (`is_rare`) runs in NumPy if possible: a session's copies of the
    weights would take as much memory again.

    `inputs` and `outputs` are (name of the tensor, shape after n). The model is run once, on three
    zero points, so that a model that can't run is refused at the border and not on stage.
    """
    if _EXTERNAL in model:
        raise AtlasError(f"{name} keeps data outside the file", "export it without external data")
    check_network(model, name)
    run = (is_rare and _open_small(model, name, inputs, outputs)) or _open_session(
        model, name, inputs, outputs
    )

    checked = _Checked(run, name, outputs[1])
    if not np.isfinite(checked(np.zeros((3, *inputs[1]), np.float32))).all():
        raise AtlasError(f"{name} returns values that are not finite")
    checked.is_timed = True  # from the second run on: the first one also loads and plans
    return checked


class _Checked:
    """A network that raises AtlasError if its result is invalid, or if it is too slow. After that
    it is not run again: the caller continues without it."""

    def __init__(self, run: Network, name: str, shape: tuple[int, ...]) -> None:
        self._run, self._name, self._shape = run, name, shape
        self.is_timed = False
        self._slow = 0  # runs in a row that took too long
        self._fault = ""

    def __call__(self, array: Floats) -> Floats:
        if self._fault:
            raise AtlasError(self._fault)
        began_ns = time.thread_time_ns()
        try:
            result = self._run(array)
        except Exception as error:
            raise AtlasError(f"{self._name} does not run: {_first_line(error)}") from None
        took_ns = time.thread_time_ns() - began_ns
        if self.is_timed and took_ns > MOST_RUN_NS * max(len(array) / _BATCH, 1):
            self._slow += 1
        else:
            self._slow = 0
        if self._slow >= _SLOW_RUNS:
            self._fault = (
                f"{self._name} took {took_ns / 1e6:.0f} ms for {len(array)} points: too slow"
            )
            raise AtlasError(self._fault)
        # A model that runs for three points may fail for another number.
        if result.shape != (len(array), *self._shape):
            raise AtlasError(f"{self._name} returns shape {result.shape} for {len(array)} points")
        return result


def _open_small(
    model: bytes,
    name: str,
    inputs: tuple[str, tuple[int, ...]],
    outputs: tuple[str, tuple[int, ...]],
) -> Network | None:
    """Open a network in NumPy, one point at a time. So a result is the same to the last bit
    whatever other points are asked with it, and BLAS takes no memory for matrices. None for a model
    that needs onnxruntime, or is invalid."""
    try:
        run = open_numpy(model, name, inputs, outputs)
    except AtlasError:
        return None

    def run_each(array: Floats) -> Floats:
        if len(array) < 2:
            return run(array)
        return np.concatenate([run(array[i : i + 1]) for i in range(len(array))])

    return run_each


def _open_session(
    model: bytes,
    name: str,
    inputs: tuple[str, tuple[int, ...]],
    outputs: tuple[str, tuple[int, ...]],
) -> Network:
    try:
        open_it = _open_onnxruntime if runs_onnxruntime(model) else open_numpy
        return open_it(model, name, inputs, outputs)
    except RuntimeMissingError:  # it is installed, but one of its libraries is not
        return open_numpy(model, name, inputs, outputs)


def _open_onnxruntime(
    model: bytes,
    name: str,
    inputs: tuple[str, tuple[int, ...]],
    outputs: tuple[str, tuple[int, ...]],
) -> Network:
    runtime = import_onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # a beat is too small to share
    options.log_severity_level = 4
    options.add_session_config_entry("session.disable_prepacking", "1")  # a second copy of weights
    try:
        session = runtime.InferenceSession(
            model,
            options,
            providers=["CPUExecutionProvider"],
            enable_fallback=0,  # the fallback is the same again, announced on stdout
        )
    except Exception as error:  # onnxruntime has exception classes of its own
        raise AtlasError(f"{name} is not a valid model: {_first_line(error)}") from None
    _check_tensor(session.get_inputs(), inputs, name)
    _check_tensor(session.get_outputs(), outputs, name)
    feed, fetch = inputs[0], [outputs[0]]

    def run(array: Floats) -> Floats:
        result: Floats = session.run(fetch, {feed: np.ascontiguousarray(array, np.float32)})[0]
        return result

    return run


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]


def _check_tensor(tensors: list[Any], wanted: tuple[str, tuple[int, ...]], name: str) -> None:
    found = [(tensor.name, tensor.type, tuple(tensor.shape[1:])) for tensor in tensors]
    if found != [(wanted[0], "tensor(float)", wanted[1])]:
        raise AtlasError(f"{name}: has {found}; expected '{wanted[0]}' float [n, {wanted[1]}]")
