"""An atlas in memory: the contents of its JSON, its arrays, and its two networks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = "drumatlas"
VERSION = 1
LATENT = 4  # dimensions of the latent space, one knob each

TRAINING, GENERATED = 0, 1  # origins of map points

Floats = NDArray[np.float32]
Network = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class LatentSpace:
    """The latent space, and how the four knobs reach the beats in it.

    The prior is an independent Gaussian per axis: `centre` holds its means, `reach` its standard
    deviations [4]. Knobs k in 0..1 become z = centre + basis @ (2k - 1), basis [4, 4]. `axes` names
    the effect of each knob.
    """

    centre: Floats
    reach: Floats
    basis: Floats
    axes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Genre:
    """A named area: mean [4] and standard deviation [4] in latent space, place on the map [2], and
    its number of beats."""

    name: str
    centroid: Floats
    spread: Floats
    map_centroid: Floats
    count: int


@dataclass(frozen=True, slots=True)
class MapPoints:
    """Points of the 2-D map: z [n, 4], xy [n, 2], origin [n] (TRAINING or GENERATED), genre [n]
    (index into the atlas' genres, or -1)."""

    z: Floats
    xy: Floats
    origin: NDArray[np.uint8]
    genre: NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Groove:
    """How real players play a beat: how loud, and when.

    `loud` [16, 14]: velocity of a voice at a 16th of the bar, where nothing else is known. `near`
    [10, 14]: what each feature of the surroundings (`explore.groove.surroundings`) adds to it.
    `late_ms` [16, 14]: how much later than the grid. `spread_ms` [14]: half the width of a uniform
    spread around that.
    """

    loud: Floats
    near: Floats
    late_ms: Floats
    spread_ms: Floats


@dataclass(frozen=True, slots=True, eq=False)  # by identity: arrays have no single equality
class Atlas:
    """A checked atlas. `decode`: z [n, 4] -> p [n, 32, 14] in 0..1; `encode`: x [n, 32, 14]
    (1 = hit) -> z [n, 4]; `known`: 64-bit hashes of the training beats' rotation classes."""

    name: str
    latent: LatentSpace
    thresholds: Floats  # [14]: a cell hits where p is above its voice's threshold
    genres: tuple[Genre, ...]
    points: MapPoints
    known: NDArray[np.uint64]
    decode: Network
    encode: Network
    training: dict[str, Any] = field(default_factory=dict)  # how it was trained
    scores: dict[str, Any] = field(default_factory=dict)  # of drumatlas-export evaluate
    sha256: str = ""  # of the file
    groove: Groove | None = None  # optional
