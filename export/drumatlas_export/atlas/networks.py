"""Export both networks as ONNX, and check that they give the same results as PyTorch."""

import contextlib
import copy
import io
import logging
import warnings

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from drumatlas.atlas.model import Floats
from drumatlas.atlas.network import open_network
from drumatlas.beat.codes import STEPS
from drumatlas.beat.voices import VOICES
from drumatlas.errors import ModelError
from drumatlas_export.train.models import LATENT, Model

OPSET = 18  # of 2022; every onnxruntime that we support has it
TOLERANCE = 1e-5  # largest difference from PyTorch
_POINTS = 1000
_WIDE = 3  # spread of the tested points, in deviations of the prior
_ROUNDINGS = 4  # allowed error, in units of single precision's own
_TIES = 0.002  # share of the points where rounding may make another choice


class _Decoder(nn.Module):
    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor) -> Tensor:
        return self.model.decode(z)


class _Encoder(nn.Module):
    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        return self.model.encode(x)


def _export(module: nn.Module, example: Tensor, names: tuple[str, str]) -> bytes:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # torch's own deprecations
        program = torch.onnx.export(
            module.eval(),
            (example,),
            input_names=[names[0]],
            output_names=[names[1]],
            dynamic_shapes=({0: torch.export.Dim("n")},),
            opset_version=OPSET,
            external_data=False,
            dynamo=True,
        )
    assert program is not None  # a call without a file name returns the program
    return _strip(program.model_proto)


def _strip(model: onnx.ModelProto) -> bytes:
    """Return the model's bytes without metadata, which holds paths of the training machine."""
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        del value.metadata_props[:]
    for tensor in model.graph.initializer:
        del tensor.metadata_props[:]
    _share_arrays(model.graph)
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _share_arrays(graph: onnx.GraphProto) -> None:
    """Store arrays that are equal once: the exporter writes one for each use."""
    first: dict[bytes, str] = {}
    known_as: dict[str, str] = {}
    kept = []
    for tensor in graph.initializer:
        name = tensor.name
        tensor.name = ""
        known_as[name] = first.setdefault(tensor.SerializeToString(deterministic=True), name)
        tensor.name = name
        if known_as[name] == name:
            kept.append(copy.deepcopy(tensor))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    for node in graph.node:
        node.input[:] = [known_as.get(name, name) for name in node.input]


def to_onnx(
    model: Model,
    seed: int,
    centre: Floats | float = 0.0,
    reach: Floats | float = 1.0,
) -> tuple[bytes, bytes]:
    """Return the bytes of (decoder.onnx, encoder.onnx).

    ModelError if either differs from PyTorch by over 1e-5 and by more than single precision
    explains. The decoder is tested at points spread _WIDE times as wide as the prior (`centre` and
    `reach`, each [4] or one number for all axes), which is beyond the reach of the knobs.
    """
    rng = np.random.default_rng(seed)
    z = (centre + _WIDE * reach * rng.standard_normal((_POINTS, LATENT))).astype(np.float32)
    x = (rng.random((_POINTS, STEPS, VOICES)) < 0.1).astype(np.float32)
    decoder = _export(_Decoder(model), torch.from_numpy(z[:2]), ("z", "p"))
    encoder = _export(_Encoder(model), torch.from_numpy(x[:2]), ("x", "z"))
    grid = (STEPS, VOICES)
    pairs = (
        ("decoder.onnx", decoder, ("z", (LATENT,)), ("p", grid), _Decoder(model), z),
        ("encoder.onnx", encoder, ("x", grid), ("z", (LATENT,)), _Encoder(model), x),
    )
    for name, data, inputs, outputs, module, points in pairs:
        ties = _TIES if model.chooses else 0.0
        _check(name, open_network(data, name, inputs, outputs)(points), module, points, ties)
    return decoder, encoder


def _check(name: str, ours: Floats, module: nn.Module, points: Floats, ties: float) -> None:
    """Raise ModelError if `ours` differs from the output of `module` for more than the share `ties`
    of the `points`.

    With large weights, single precision alone is less exact than TOLERANCE. Then `_ROUNDINGS` times
    PyTorch's own distance between single and double precision is allowed.
    """
    with torch.no_grad():
        theirs = module(torch.from_numpy(points)).numpy()
        exact = copy.deepcopy(module).double()(torch.from_numpy(points).double()).numpy()
    # The encoder's output is unbounded: measure its error relative to its size.
    size = max(1.0, float(np.abs(theirs).max()))

    def worst_of(other: Floats) -> float:
        off = np.abs(other - theirs).reshape(len(points), -1).max(axis=1)
        return float(np.quantile(off, 1 - ties, method="lower")) / size

    worst, allowed = worst_of(ours), max(TOLERANCE, _ROUNDINGS * worst_of(exact))
    if not worst <= allowed:
        raise ModelError(f"{name} differs from PyTorch by {worst:.1e} (over {allowed:.1e})")
