from collections.abc import Iterator
from contextlib import nullcontext
from functools import cache
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor

from drumatlas.atlas.model import Network
from drumatlas.atlas.network import open_network
from drumatlas.atlas.numpy_network import open_numpy
from drumatlas.errors import AtlasError, ModelError
from drumatlas_export.atlas.networks import OPSET, TOLERANCE, to_onnx
from drumatlas_export.train.config import TrainConfig
from drumatlas_export.train.kinds import KINDS, Beats
from drumatlas_export.train.models import Autoencoder, Model
from drumatlas_export.train.phrases.model import PhraseAutoencoder

pytestmark = pytest.mark.export

GRID = (32, 14)


def beats() -> Beats:
    """Beats in which each bar of a group stands in several songs."""
    luck = np.random.default_rng(2)
    bars = luck.random((20, 16, 14)) < 0.2
    x = np.concatenate([bars[luck.integers(20, size=80)] for _ in range(2)], axis=1)
    return Beats(
        torch.from_numpy(x).float().flatten(1), np.arange(80), torch.arange(80) % 3, ("a", "b", "c")
    )


def confident_model(kind: str) -> Model:
    torch.manual_seed(8)
    model = KINDS[kind].new(TrainConfig(kind=kind), beats())
    with torch.no_grad():  # a network just made gives 0.5 everywhere
        for one in model.parameters():
            if one.requires_grad:
                one.mul_(2 if model.chooses else 3)
    return model


@cache
def exported_once(kind: str) -> tuple[Model, bytes, bytes]:
    """A model and its networks, made once: an export takes seconds."""
    model = confident_model(kind)
    return model, *to_onnx(model, 1)


@pytest.fixture(params=["acai", "vae", "phrases"])
def exported(request: pytest.FixtureRequest) -> tuple[Model, bytes, bytes]:
    return exported_once(request.param)


def networks(exported: tuple[Model, bytes, bytes]) -> tuple[Network, Network]:
    _, decoder, encoder = exported
    return (
        open_network(decoder, "decoder", ("z", (4,)), ("p", GRID)),
        open_network(encoder, "encoder", ("x", GRID), ("z", (4,))),
    )


@pytest.mark.parametrize("n", [1, 2, 7, 500])
def test_the_answers_are_pytorchs(exported: tuple[Model, bytes, bytes], n: int) -> None:
    model = exported[0]
    decode, encode = networks(exported)
    rng = np.random.default_rng(n)
    z = (rng.standard_normal((n, 4)) * 5).astype(np.float32)
    x = (rng.random((n, *GRID)) < 0.2).astype(np.float32)
    with torch.no_grad():
        p = model.decode(torch.from_numpy(z)).numpy()
        encoded = model.encode(torch.from_numpy(x)).numpy()
    assert p.std() > 0.1
    off = np.abs(decode(z) - p).max(axis=(1, 2))
    assert (off >= 1e-5).sum() <= (n // 100 if model.chooses else 0)  # ties
    assert np.abs(encode(x) - encoded).max() < 1e-5 * max(1, np.abs(encoded).max())


def messages(message: Any) -> Iterator[Any]:
    """`message` and all below it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type:
            for one in value if field.is_repeated else [value]:
                yield from messages(one)


def texts(message: Any) -> Iterator[str]:
    """Every string, and every bytes field that is no tensor's data."""
    for one in messages(message):
        for field, value in one.ListFields():
            if field.type in {field.TYPE_STRING, field.TYPE_BYTES} and field.name != "raw_data":
                for text in value if field.is_repeated else [value]:
                    yield text.decode("latin-1") if isinstance(text, bytes) else text


def test_nothing_of_this_machine_is_inside(exported: tuple[Model, bytes, bytes]) -> None:
    for data in exported[1:]:
        for word in (b"site-packages", b".py", b"Traceback", b"drumatlas", b"/work", b"/home"):
            assert word not in data
        words = list(texts(onnx.load_from_string(data)))
        assert len(words) > 10  # so the walk did see the names
        assert not [word for word in words if "/" in word or "\\" in word or "line " in word]


def test_the_models_have_named_inputs_and_outputs(
    exported: tuple[Model, bytes, bytes],
) -> None:
    for data, names in zip(exported[1:], (("z", "p"), ("x", "z")), strict=True):
        model = onnx.load_from_string(data)
        onnx.checker.check_model(model, full_check=True)
        assert [(one.domain, one.version) for one in model.opset_import] == [("", OPSET)]
        assert [one.name for one in model.graph.input] == [names[0]]
        assert [one.name for one in model.graph.output] == [names[1]]
        assert all(not one.HasField("data_location") for one in model.graph.initializer)


@pytest.fixture
def phrase_decoder() -> bytes:
    return exported_once("phrases")[1]


def test_numpy_runs_a_decoder_that_chooses_phrases(phrase_decoder: bytes) -> None:
    z = np.random.default_rng(5).standard_normal((300, 4)).astype(np.float32)
    ours = open_numpy(phrase_decoder, "decoder", ("z", (4,)), ("p", GRID))(z)
    theirs = open_network(phrase_decoder, "decoder", ("z", (4,)), ("p", GRID))(z)
    assert np.abs(ours - theirs).max() < 1e-5
    assert len({(p > 0.5).tobytes() for p in ours}) > 20


def test_equal_arrays_are_stored_once(phrase_decoder: bytes) -> None:
    decoder = onnx.load_from_string(phrase_decoder)
    stored = [(tuple(one.dims), one.raw_data) for one in decoder.graph.initializer]
    assert len(set(stored)) == len(stored)


@pytest.mark.parametrize(("share", "is_shipped"), [(0.001, True), (0.1, False)])
def test_a_choice_may_fall_the_other_way_at_few_places(
    monkeypatch: pytest.MonkeyPatch, share: float, is_shipped: bool
) -> None:
    model = confident_model("phrases")
    decode = PhraseAutoencoder.decode

    def with_ties(one: PhraseAutoencoder, z: Tensor) -> Tensor:
        p = decode(one, z)
        if torch.compiler.is_exporting():
            return p
        is_tie = torch.arange(len(z)) < share * len(z)
        return torch.where(is_tie[:, None, None], 1 - p, p)

    monkeypatch.setattr(PhraseAutoencoder, "decode", with_ties)
    with nullcontext() if is_shipped else pytest.raises(ModelError, match="differs"):
        to_onnx(model, 1)


def test_the_same_model_gives_the_same_bytes() -> None:
    assert to_onnx(confident_model("acai"), 1) == exported_once("acai")[1:]


class Liar(Autoencoder):
    """A model whose ONNX is another function: right but for one part in ten thousand."""

    def decode(self, z: Tensor) -> Tensor:
        p = super().decode(z)
        return p * 0.9999 if torch.compiler.is_exporting() else p


def test_a_network_that_differs_is_not_shipped() -> None:
    torch.manual_seed(8)
    with pytest.raises(ModelError, match=rf"decoder\.onnx differs from PyTorch .*{TOLERANCE}"):
        to_onnx(Liar(TrainConfig(kind="ae")), 1)


def test_a_network_of_nan_is_not_shipped() -> None:
    model = confident_model("ae")
    with torch.no_grad():
        model.decoder[0].weight.fill_(float("nan"))
    with pytest.raises((AtlasError, ModelError), match=r"decoder\.onnx"):
        to_onnx(model, 1)
