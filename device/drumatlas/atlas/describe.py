"""Reads the numeric parts of atlas.json: checks them and turns them into arrays."""

from typing import Any

import numpy as np

from drumatlas.atlas.model import (
    LATENT,
    LEAST_BPM,
    MOST_BPM,
    Climate,
    Family,
    Floats,
    Genre,
    LatentSpace,
)
from drumatlas.beat.voices import VOICES
from drumatlas.errors import AtlasError

_MAX_NUMBER = 1e6  # latent coordinates of real models are below 100
MAX_GENRES = 256
_MOST_BLUR = 100.0  # prior deviations
_MOST_POWER = 16


def _numbers(value: Any, shape: tuple[int, ...], what: str) -> Floats:
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):  # OverflowError: integers of 400 digits
        raise AtlasError(f"atlas.json: {what} must be an array of numbers") from None
    if array.shape != shape:
        raise AtlasError(f"atlas.json: {what} has shape {list(array.shape)}, not {list(shape)}")
    if not (np.abs(array) < _MAX_NUMBER).all():  # also false for NaN
        raise AtlasError(f"atlas.json: {what} holds a number out of range")
    return array.astype(np.float32)


def _get(table: Any, key: str, what: str) -> Any:
    if not isinstance(table, dict) or key not in table:
        raise AtlasError(f"atlas.json: '{key}' is missing from {what}")
    return table[key]


def read_name(value: Any, most: int) -> str:
    """Return a name cut to `most` characters, fit for a display and for a field of a TSV."""
    text = "".join(c if c.isprintable() and c != ";" else " " for c in str(value)[:most])
    return text.strip() or "unnamed"


def read_latent(info: dict[str, Any]) -> LatentSpace:
    """Read `latent`: dims, centre, reach, basis, and the names and correlations of the axes.
    AtlasError names what is wrong."""
    latent = _get(info, "latent", "the file")
    if _get(latent, "dims", "latent") != LATENT:
        raise AtlasError(f"atlas.json: latent.dims is {latent['dims']!r}, not {LATENT}: one a knob")
    basis = _numbers(_get(latent, "basis", "latent"), (LATENT, LATENT), "latent.basis")
    if abs(np.linalg.det(basis.astype(np.float64))) < 1e-12:
        raise AtlasError("atlas.json: latent.basis is singular: a knob would do nothing")
    reach = _numbers(_get(latent, "reach", "latent"), (LATENT,), "latent.reach")
    if not (reach > 0).all():
        raise AtlasError("atlas.json: latent.reach must be above 0")
    axes = latent.get("axes", [f"x{i + 1}" for i in range(LATENT)])
    if not isinstance(axes, list) or len(axes) != LATENT:
        raise AtlasError(f"atlas.json: latent.axes must name {LATENT} axes")
    centre = _numbers(_get(latent, "centre", "latent"), (LATENT,), "latent.centre")
    names = tuple(read_name(axis, 24) for axis in axes)
    return LatentSpace(centre, reach, basis, names, _correlations(latent))


def _correlations(latent: dict[str, Any]) -> tuple[float, ...]:
    """Return the optional `axis_correlations` of `latent`, one for each axis; () without them."""
    if "axis_correlations" not in latent:
        return ()
    what = "latent.axis_correlations"
    values = _numbers(latent["axis_correlations"], (LATENT,), what)
    if not (np.abs(values) <= 1).all():
        raise AtlasError(f"atlas.json: {what} must be numbers in -1..1")
    return tuple(values.astype(np.float64).round(4).tolist())


def read_thresholds(info: dict[str, Any]) -> Floats:
    """Read `thresholds`: one number in 0..1 for each voice [14]. AtlasError names what is wrong."""
    values = _numbers(_get(info, "thresholds", "the file"), (VOICES,), "thresholds")
    if not ((values > 0) & (values < 1)).all():
        raise AtlasError("atlas.json: thresholds must lie between 0 and 1")
    return values


def read_voices(info: dict[str, Any]) -> None:
    """Check `voices`: AtlasError unless they are the 14 of this program, in order of their bits."""
    voices = _get(info, "voices", "the file")
    bits = [_get(v, "bit", "voices") for v in voices] if isinstance(voices, list) else []
    if bits != list(range(VOICES)):
        raise AtlasError(f"atlas.json: voices must be bits 0..{VOICES - 1} in order")


def read_genres(info: dict[str, Any]) -> tuple[Genre, ...]:
    """Read `genres`: named areas, possibly none. AtlasError names what is wrong."""
    genres = _get(info, "genres", "the file")
    if not isinstance(genres, list) or len(genres) > MAX_GENRES:
        raise AtlasError(f"atlas.json: genres must be a list of at most {MAX_GENRES}")
    return tuple(_genre(genre, f"genres[{i}]") for i, genre in enumerate(genres))


def _genre(genre: Any, what: str) -> Genre:
    count = _get(genre, "count", what)
    if type(count) is not int or count < 0:
        raise AtlasError(f"atlas.json: {what}.count must be a whole number, 0 or more")
    return Genre(
        name=read_name(_get(genre, "name", what), 40),
        centroid=_numbers(_get(genre, "centroid", what), (LATENT,), f"{what}.centroid"),
        spread=_numbers(_get(genre, "spread", what), (LATENT,), f"{what}.spread"),
        map_centroid=_numbers(_get(genre, "map_centroid", what), (2,), f"{what}.map_centroid"),
        count=count,
        climate=_climate(genre["climate"], f"{what}.climate") if "climate" in genre else None,
    )


def _climate(climate: Any, what: str) -> Climate:
    bpm = _numbers(_get(climate, "bpm", what), (3,), f"{what}.bpm").tolist()
    if not LEAST_BPM <= bpm[0] <= bpm[1] <= bpm[2] <= MOST_BPM:
        raise AtlasError(
            f"atlas.json: {what}.bpm must be three tempos in {LEAST_BPM:g}..{MOST_BPM:g}, the "
            "slowest first"
        )
    swing = float(_numbers(_get(climate, "swing", what), (), f"{what}.swing"))
    if not 0 <= swing <= 1:
        raise AtlasError(f"atlas.json: {what}.swing must be a number in 0..1")
    slow, usual, fast = bpm
    return Climate((slow, usual, fast), swing, read_name(_get(climate, "kit", what), 24))


def read_families(info: dict[str, Any], genres: int) -> tuple[Family, ...]:
    """Read `families`, of which one holds each of the `genres`. AtlasError names what is wrong."""
    families = _get(info, "families", "the file")
    if not isinstance(families, list) or len(families) > MAX_GENRES:
        raise AtlasError(f"atlas.json: families must be a list of at most {MAX_GENRES}")
    found = tuple(_family(family, f"families[{i}]") for i, family in enumerate(families))
    if sorted(index for family in found for index in family.genres) != list(range(genres)):
        raise AtlasError("atlas.json: each genre must be in one of the families")
    return found


def _family(family: Any, what: str) -> Family:
    colour, genres = _get(family, "colour", what), _get(family, "genres", what)
    if type(colour) is not int or not 0 <= colour < MAX_GENRES:
        raise AtlasError(f"atlas.json: {what}.colour must be a whole number, 0 or more")
    if not isinstance(genres, list) or not genres or any(type(one) is not int for one in genres):
        raise AtlasError(f"atlas.json: {what}.genres must be a list of numbers of genres")
    return Family(read_name(_get(family, "name", what), 40), colour, tuple(genres))


def read_votes(info: dict[str, Any]) -> tuple[float, int]:
    """Read `votes`: the blur and the power of the labels' kernel. AtlasError names what is
    wrong."""
    votes = _get(info, "votes", "the file")
    blur, power = _get(votes, "blur", "votes"), _get(votes, "power", "votes")
    if type(blur) not in {int, float} or not 0.01 <= blur <= _MOST_BLUR:
        raise AtlasError(f"atlas.json: votes.blur must be a number in 0.01..{_MOST_BLUR:g}")
    if type(power) is not int or not 1 <= power <= _MOST_POWER:
        raise AtlasError(f"atlas.json: votes.power must be a whole number in 1..{_MOST_POWER}")
    return float(blur), power
