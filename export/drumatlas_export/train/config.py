"""The settings of a training run: all that it depends on, besides the beats."""

import tomllib
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from drumatlas.beat.codes import STEPS
from drumatlas.beat.voices import VOICES
from drumatlas.errors import ConfigError
from drumatlas.files import read_text

_MAX_BYTES = 1 << 20  # of a config file
_MAX_COUNT = 1_000_000  # upper bound for batch, max_epochs, patience and song_beats
_MAX_LAYERS = 16
_MAX_WEIGHTS = 4_000_000  # 16 MB, the largest network that an atlas may hold

Prior = Literal["standard", "fitted"]  # N(0, 1) on each axis, or a Gaussian fitted to the encodings


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The settings of one run. The defaults are the article's network and ACAI's constants.

    Sources: A. Tikhonov, "Drum Patterns from Latent Space" (2019): 448-64-32-4, ReLU, sigmoid
    out; Berthelot et al., "Understanding and Improving Interpolation in Autoencoders via an
    Adversarial Regularizer" (2018): lambda 0.5, gamma 0.2, Adam 1e-4, batch 64.
    """

    kind: str = "acai"  # one of KINDS
    seed: int = 1
    hidden: tuple[int, ...] = (64, 32)  # encoder widths; the decoder mirrors them
    batch: int = 64
    learning_rate: float = 1e-4
    max_epochs: int = 400
    patience: int = 20  # stop after this many epochs without a better validation loss
    kl_weight: float = 1.0  # VAE: weight of the KL term against the summed reconstruction
    critic_weight: float = 0.5  # ACAI: lambda
    critic_gamma: float = 0.2  # ACAI: gamma
    spread_weight: float = 10.0  # SWAE: nats a beat for each squared deviation from N(0, 1)
    latent_noise: float = 0.0  # SWAE: standard deviation of the noise added to z in training
    likeliest: bool = False  # hit the k most likely cells, k being the expected number of hits
    missed: float = 0.0  # phrases: share of hits that the encoder does not see in training
    added: float = 0.0  # phrases: share of empty cells that the encoder sees as hits in training
    genre_weight: float = 0.0  # phrases: weight of guessing a beat's genre from its latent point
    genre_own: float = 0.0  # phrases: share of its own label in what the guess is compared with
    genre_noise: float = 0.0  # phrases: standard deviation of the noise added to z for the guess
    sharpness: float = 0.0  # phrases: see PhraseDecoder
    song_beats: int = 0  # upper limit of beats per song, redrawn in each epoch; 0: no limit
    anneal: bool = False  # lower the learning rate along a half cosine; run all max_epochs
    validation_share: float = 0.1  # share of songs for early stopping
    test_share: float = 0.1  # share of songs that training never sees

    def check(self) -> "TrainConfig":
        """Return self if all values are valid; ConfigError names the first that is not."""
        recipe(self.kind)
        _check_widths(self.hidden)
        if not 0 <= self.seed < 1 << 31:
            raise ConfigError(f"seed = {self.seed}: must be in 0..{(1 << 31) - 1}")
        for name in ("learning_rate", "kl_weight", "critic_weight", "critic_gamma"):
            if not isfinite(getattr(self, name)):
                raise ConfigError(f"{name} = {getattr(self, name)}: must be finite")
        if not self.learning_rate > 0:
            raise ConfigError(f"learning_rate = {self.learning_rate}: must be above 0")
        for name, least in (("batch", 1), ("max_epochs", 1), ("patience", 1), ("song_beats", 0)):
            if not least <= getattr(self, name) <= _MAX_COUNT:
                raise ConfigError(
                    f"{name} = {getattr(self, name)}: must be in {least}..{_MAX_COUNT}"
                )
        for name in ("spread_weight", "latent_noise", "genre_weight", "genre_noise", "sharpness"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ConfigError(f"{name} = {getattr(self, name)}: must be finite and at least 0")
        for name in ("missed", "added", "genre_own"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} = {getattr(self, name)}: must be at least 0 and below 1")
        for name in ("validation_share", "test_share"):
            if not 0 < getattr(self, name) < 0.5:
                raise ConfigError(f"{name} = {getattr(self, name)}: must be between 0 and 0.5")
        return self


def _check_widths(hidden: tuple[int, ...]) -> None:
    """Raise ConfigError if an encoder with these layer widths is empty or too large."""
    if not hidden or not all(1 <= width <= 4096 for width in hidden):
        raise ConfigError(f"hidden = {str(list(hidden))[:40]}: widths must be 1..4096")
    if len(hidden) > _MAX_LAYERS or _weights(hidden) > _MAX_WEIGHTS:
        raise ConfigError(
            f"hidden has {len(hidden)} layers and {_weights(hidden)} weights between them; "
            f"the limits are {_MAX_LAYERS} and {_MAX_WEIGHTS}"
        )


def _weights(hidden: tuple[int, ...]) -> int:
    """Return the number of weights between the layers of an encoder with these widths."""
    return sum(a * b for a, b in pairwise((STEPS * VOICES, *hidden)))


@dataclass(frozen=True, slots=True)
class Recipe:
    """A kind of model: what it is called, how it is trained by default, and its prior."""

    title: str  # before the word "autoencoder", for --help
    settings: TrainConfig
    prior: Prior = "fitted"
    encodes_variance: bool = False  # the encoder returns a log variance beside each mean


# The three published kinds use the defaults of TrainConfig; for the others, export/MODEL_CARD.md
# lists the settings that were tried. What else is special about each kind is in kinds.KINDS.
RECIPES: dict[str, Recipe] = {
    "ae": Recipe("plain", TrainConfig(kind="ae")),
    "vae": Recipe("variational", TrainConfig(kind="vae"), prior="standard", encodes_variance=True),
    "acai": Recipe("adversarially constrained", TrainConfig(kind="acai")),
    "swae": Recipe(
        "sliced-Wasserstein",
        TrainConfig(
            kind="swae",
            hidden=(512, 512),
            batch=128,
            learning_rate=1e-3,
            max_epochs=90,
            spread_weight=3.0,
            latent_noise=0.05,
            likeliest=True,
            song_beats=3,
            anneal=True,
        ),
        prior="standard",
    ),
    "phrases": Recipe(
        "phrase-choosing",
        TrainConfig(
            kind="phrases",
            hidden=(512, 512),
            batch=192,
            learning_rate=1e-3,
            max_epochs=80,
            spread_weight=3.0,
            latent_noise=0.05,
            missed=0.04,
            added=0.003,
            genre_weight=6.0,
            genre_own=0.3,
            genre_noise=0.15,
            song_beats=3,
            anneal=True,
        ),
        prior="standard",
    ),
}
KINDS = tuple(RECIPES)


def recipe(kind: str) -> Recipe:
    """Return the recipe of a kind of model; ConfigError if the kind is unknown."""
    if kind not in RECIPES:
        raise ConfigError(f"unknown model '{kind}'", f"choose from {', '.join(KINDS)}")
    return RECIPES[kind]


def apply(config: TrainConfig, values: dict[str, Any], origin: str) -> TrainConfig:
    """Return `config` changed by `values`, a table of a TOML file or a checkpoint.

    ConfigError names `origin` and the first invalid key.
    """
    known = {field.name: field for field in fields(TrainConfig)}
    changes: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise ConfigError(f"{origin}: unknown key '{key}'", f"known: {', '.join(known)}")
        if key == "hidden":
            if not isinstance(value, list | tuple) or not all(type(w) is int for w in value):
                raise ConfigError(f"{origin}: hidden must be a list of integers")
            changes[key] = tuple(value)
            continue
        wanted = type(getattr(config, key))
        if type(value) is not wanted and not (wanted is float and type(value) is int):
            raise ConfigError(f"{origin}: {key} must be of type {wanted.__name__}")
        try:
            changes[key] = wanted(value)
        except OverflowError:  # an integer of 400 digits
            raise ConfigError(f"{origin}: {key} is out of range") from None
    try:
        return replace(config, **changes).check()
    except ConfigError as error:
        raise error.within(origin) from None


def load(file: Path, config: TrainConfig) -> TrainConfig:
    """Return `config` changed by a TOML file, whose keys are the fields of TrainConfig.

    FileError if it can't be read; ConfigError names the file and the invalid key.
    """
    try:
        values = tomllib.loads(read_text(file, _MAX_BYTES))
        return apply(config, values, str(file))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: {error}") from None
    except RecursionError:
        raise ConfigError(f"{file}: nested too deeply") from None
    except (ValueError, OverflowError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{file}: a number is out of range: {error}") from None
