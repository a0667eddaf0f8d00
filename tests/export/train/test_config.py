from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drumatlas.errors import ConfigError, FileError
from drumatlas_export.train.config import KINDS, TrainConfig, apply, load, recipe

pytestmark = pytest.mark.export


def test_the_defaults_are_the_papers() -> None:
    config = TrainConfig().check()
    assert config.kind == "acai"
    assert config.hidden == (64, 32)
    assert (config.batch, config.learning_rate) == (64, 1e-4)
    assert (config.critic_weight, config.critic_gamma) == (0.5, 0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_check_gives_the_config_back(kind: str) -> None:
    config = TrainConfig(kind=kind)
    assert config.check() is config


def test_the_published_kinds_are_trained_as_published() -> None:
    for kind in ("ae", "vae", "acai"):
        assert recipe(kind).settings == TrainConfig(kind=kind)
    with pytest.raises(ConfigError, match="unknown model 'gan'; choose from ae, vae"):
        recipe("gan")


@pytest.mark.parametrize("kind", KINDS)
def test_a_recipe_is_of_its_kind_and_makes_sense(kind: str) -> None:
    assert recipe(kind).settings.check().kind == kind


def test_the_kinds_whose_loss_shapes_the_encodings_have_the_standard_prior() -> None:
    assert [recipe(kind).prior for kind in ("vae", "swae")] == ["standard", "standard"]
    assert [recipe(kind).prior for kind in ("ae", "acai")] == ["fitted", "fitted"]


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"kind": "gan"}, f"unknown model 'gan'; choose from {', '.join(KINDS)}"),
        ({"hidden": ()}, "hidden"),
        ({"hidden": (64, 0)}, "hidden"),
        ({"hidden": (4097,)}, "hidden"),
        ({"hidden": (4096, 4096)}, "the limits are 16 and 4000000"),
        ({"hidden": (1,) * 400}, "hidden has 400 layers"),
        ({"batch": 0}, "batch = 0"),
        ({"learning_rate": -0.1}, "learning_rate = -0.1"),
        ({"learning_rate": float("nan")}, "learning_rate = nan"),
        ({"max_epochs": 0}, "max_epochs = 0"),
        ({"patience": -1}, "patience = -1"),
        ({"validation_share": 0.0}, "validation_share = 0.0"),
        ({"test_share": 0.5}, "test_share = 0.5"),
        ({"test_share": float("nan")}, "test_share = nan"),
    ],
)
def test_check_names_what_makes_no_sense(changes: dict[str, Any], culprit: str) -> None:
    with pytest.raises(ConfigError, match=culprit):
        replace(TrainConfig(), **changes).check()


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": -1},
        {"seed": 1 << 32},
        {"seed": 1 << 64},
        {"learning_rate": float("inf")},
        {"kl_weight": float("nan")},
        {"critic_weight": float("inf")},
        {"critic_gamma": float("nan")},
        {"spread_weight": -1.0},
        {"latent_noise": float("nan")},
        {"latent_noise": float("inf")},
        {"song_beats": -1},
        {"song_beats": 10**30},
        {"batch": 10**30},
        {"max_epochs": 10**9},
        {"patience": 10**30},
    ],
    ids=str,
)
def test_check_refuses_what_breaks_later(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        replace(TrainConfig(), **changes).check()


def test_apply_changes_what_is_named_and_nothing_else() -> None:
    values = {"kind": "vae", "hidden": [8, 4, 2], "kl_weight": 2, "seed": 9}
    changed = apply(TrainConfig(), values, "x")
    assert changed == TrainConfig(kind="vae", hidden=(8, 4, 2), kl_weight=2.0, seed=9)
    assert type(changed.kl_weight) is float
    assert apply(changed, {}, "x") == changed


@pytest.mark.parametrize(
    ("values", "culprit"),
    [
        ({"epochs": 3}, r"f\.toml: unknown key 'epochs'; known: kind, seed"),
        ({"seed": 1.0}, r"f\.toml: seed must be of type int"),
        ({"seed": True}, r"f\.toml: seed must be of type int"),
        ({"kind": 1}, r"f\.toml: kind must be of type str"),
        ({"learning_rate": "fast"}, r"f\.toml: learning_rate must be of type float"),
        ({"kl_weight": True}, r"f\.toml: kl_weight must be of type float"),
        ({"hidden": 64}, r"f\.toml: hidden must be a list of integers"),
        ({"hidden": [64, 3.5]}, r"f\.toml: hidden must be a list of integers"),
        ({"hidden": [True]}, r"f\.toml: hidden must be a list of integers"),
        ({"batch": 0}, r"f\.toml: batch = 0"),
        ({"kl_weight": 10**400}, r"f\.toml: kl_weight is out of range"),
    ],
    ids=str,
)
def test_apply_names_file_and_key(values: dict[str, Any], culprit: str) -> None:
    with pytest.raises(ConfigError, match=culprit):
        apply(TrainConfig(), values, "f.toml")


def test_settings_of_a_file_replace_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('kind = "ae"  # plain\nhidden = [16]\n', encoding="utf-8")
    assert load(file, TrainConfig(seed=5)) == TrainConfig(kind="ae", hidden=(16,), seed=5)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no\.toml"):
        load(tmp_path / "no.toml", TrainConfig())


@pytest.mark.parametrize("data", [b"kind =", b"\xff\xfe", b"a = 1\na = 2", b"[seed]\nx = 1"])
def test_a_file_that_is_no_table_of_ours_is_named(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(data)
    with pytest.raises((FileError, ConfigError), match=r"bad\.toml"):
        load(file, TrainConfig())


@pytest.mark.parametrize(
    "text",
    ["seed = " + "[" * 20_000, "seed = " + "9" * 5000, "learning_rate = 1" + "0" * 400],
    ids=["deep", "5000 digits", "400 digits"],
)
def test_a_hostile_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text, encoding="utf-8")
    try:
        load(file, TrainConfig())
    except ConfigError as error:
        assert str(file) in str(error)
    else:
        pytest.fail("loaded")
