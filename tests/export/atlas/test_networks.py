from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor

from drumatlas.atlas.model import Network
from drumatlas.atlas.network import open_network
from drumatlas.errors import AtlasError, ModelError
from drumatlas_export.atlas.networks import OPSET, TOLERANCE, to_onnx
from drumatlas_export.train.config import TrainConfig
from drumatlas_export.train.models import Autoencoder

pytestmark = pytest.mark.export

GRID = (32, 14)


def confident_model(kind: str) -> Autoencoder:
    torch.manual_seed(8)
    model = Autoencoder(TrainConfig(kind=kind))
    with torch.no_grad():  # a network just made gives 0.5 everywhere
        for one in model.parameters():
            one.mul_(3)
    return model


@pytest.fixture(scope="module", params=["acai", "vae"])
def exported(request: pytest.FixtureRequest) -> tuple[Autoencoder, bytes, bytes]:
    model = confident_model(request.param)
    return model, *to_onnx(model, 1)


def networks(exported: tuple[Autoencoder, bytes, bytes]) -> tuple[Network, Network]:
    _, decoder, encoder = exported
    return (
        open_network(decoder, "decoder", ("z", (4,)), ("p", GRID)),
        open_network(encoder, "encoder", ("x", GRID), ("z", (4,))),
    )


@pytest.mark.parametrize("n", [1, 2, 7, 500])
def test_the_answers_are_pytorchs(exported: tuple[Autoencoder, bytes, bytes], n: int) -> None:
    model = exported[0]
    decode, encode = networks(exported)
    rng = np.random.default_rng(n)
    z = (rng.standard_normal((n, 4)) * 5).astype(np.float32)
    x = (rng.random((n, *GRID)) < 0.2).astype(np.float32)
    with torch.no_grad():
        p = model.decode(torch.from_numpy(z)).numpy()
        encoded = model.encode(torch.from_numpy(x)).numpy()
    assert p.std() > 0.1
    assert np.abs(decode(z) - p).max() < 1e-5
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


def test_nothing_of_this_machine_is_inside(exported: tuple[Autoencoder, bytes, bytes]) -> None:
    for data in exported[1:]:
        for word in (b"site-packages", b".py", b"Traceback", b"drumatlas", b"/work", b"/home"):
            assert word not in data
        words = list(texts(onnx.load_from_string(data)))
        assert len(words) > 10  # so the walk did see the names
        assert not [word for word in words if "/" in word or "\\" in word or "line " in word]


def test_the_models_have_named_inputs_and_outputs(
    exported: tuple[Autoencoder, bytes, bytes],
) -> None:
    for data, names in zip(exported[1:], (("z", "p"), ("x", "z")), strict=True):
        model = onnx.load_from_string(data)
        onnx.checker.check_model(model, full_check=True)
        assert [(one.domain, one.version) for one in model.opset_import] == [("", OPSET)]
        assert [one.name for one in model.graph.input] == [names[0]]
        assert [one.name for one in model.graph.output] == [names[1]]
        assert all(not one.HasField("data_location") for one in model.graph.initializer)


def test_the_same_model_gives_the_same_bytes() -> None:
    first, again = (to_onnx(confident_model("ae"), 1) for _ in range(2))
    assert first == again


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
