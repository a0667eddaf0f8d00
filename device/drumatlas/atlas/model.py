"""An atlas in memory: the contents of its JSON, its arrays, and its two networks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = "drumatlas"
VERSION = 1
VERSIONS = (VERSION, 2)  # of atlases that can be read; 2 adds families and labels
LATENT = 4  # dimensions of the latent space, one knob each
LEAST_BPM, MOST_BPM = 20.0, 300.0  # of a genre's climate; as --bpm takes

TRAINING, GENERATED = 0, 1  # origins of map points

Floats = NDArray[np.float32]
Network = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class LatentSpace:
    """The latent space, and how the four knobs reach the beats in it.

    The prior is an independent Gaussian per axis: `centre` holds its means, `reach` its standard
    deviations [4]. Knobs k in 0..1 become z = centre + basis @ (2k - 1), basis [4, 4]. `axes` names
    the effect of each knob, and `correlations` [4] says how closely that effect follows the knob:
    the measured correlation, -1..1; () if the atlas does not say.
    """

    centre: Floats
    reach: Floats
    basis: Floats
    axes: tuple[str, ...]
    correlations: tuple[float, ...] = ()  # optional


@dataclass(frozen=True, slots=True)
class Climate:
    """How a genre is usually played: the lower quartile, the median and the upper quartile of its
    tempo (quarter notes a minute), its swing (0..1, as the control has it), and the name of its
    drum set."""

    bpm: tuple[float, float, float]
    swing: float
    kit: str


@dataclass(frozen=True, slots=True)
class Genre:
    """A named area: its middle [4] and standard deviation [4] in latent space, the place of its
    label on the map [2], and its number of beats."""

    name: str
    centroid: Floats
    spread: Floats
    map_centroid: Floats
    count: int
    climate: Climate | None = None  # optional


@dataclass(frozen=True, slots=True)
class Family:
    """A family of genres: its name, its colour (a number of the page's palette), and its genres
    (indices into the atlas' genres)."""

    name: str
    colour: int
    genres: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labelled places, whose votes name the genre of any other place (`explore.genre`).

    z [n, 4] are the places, genre [n] their genres (indices into the atlas' genres), and weight [n]
    how much each vote counts, above 0. At distance d (prior deviations) a vote counts
    weight * (1 + (d / blur)^2)^-power. `land` [side, side] holds the genre at the middle of each
    cell of the map; rows go from y = 0 up.
    """

    z: Floats
    genre: NDArray[np.int16]
    weight: Floats
    blur: float
    power: int
    land: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class MapPoints:
    """Points of the 2-D map: z [n, 4], xy [n, 2], origin [n] (TRAINING or GENERATED), genre [n]
    (index into the atlas' genres, or -1). In an atlas with labels, `genre` is the genre that their
    votes give the point; in an older one it is the label of the point's beat."""

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
    families: tuple[Family, ...] = ()  # each genre is in one; none in an atlas without labels
    labels: Labels | None = None  # optional
