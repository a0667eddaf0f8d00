"""Whether the box finds the styles of the textbook, on made-up atlases."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas, Family, Genre, Labels, LatentSpace, MapPoints
from drumatlas.beat.codes import grids
from drumatlas.explore.genre import genre_at
from drumatlas_export.score import styles as styles_module
from drumatlas_export.score.styles import ranked, styles_found
from drumatlas_export.space import Space
from drumatlas_export.textbook.collection import read_textbook

pytestmark = pytest.mark.export

Floats = NDArray[np.float32]
ZERO, ONE = np.zeros(4, np.float32), np.ones(4, np.float32)
AXES = ("a", "b", "c", "d")
STYLES = read_textbook()
NAMES = [style.name for style in STYLES]
MIX = np.random.default_rng(1).standard_normal((448, 4)).astype(np.float32)


def lands(beats: NDArray[np.float32] | NDArray[np.bool_]) -> Floats:
    """An encoder that gives every beat a place of its own."""
    return (beats.reshape(len(beats), -1) @ MIX).astype(np.float32)


def silence(z: Floats) -> Floats:
    """A decoder with which the search finds nothing better than the encoder's answer."""
    return np.zeros((len(z), 32, 14), np.float32)


PLAIN = lands(grids([style.beats[0].code for style in STYLES]))


def atlas_of(
    names: Sequence[str],
    z: Floats,
    weight: Sequence[float] = (),
    families: Sequence[Sequence[int]] = (),
) -> Atlas:
    """An atlas with a genre of each name, whose one labelled beat lies at its row of z."""
    n = len(names)
    labels = Labels(
        z=z,
        genre=np.arange(n, dtype=np.int16),
        weight=np.array(weight or [1] * n, np.float32),
        blur=0.05,
        power=5,
        land=np.zeros((1, 1), np.uint8),
    )
    none = np.zeros(0, np.int16)
    of_each = families or [[i] for i in range(n)]
    return Atlas(
        name="made up",
        latent=LatentSpace(ZERO, ONE, np.eye(4, dtype=np.float32), AXES),
        thresholds=np.full(14, 0.5, np.float32),
        genres=tuple(
            Genre(name, one, ONE, ZERO[:2], 1) for name, one in zip(names, z, strict=True)
        ),
        points=MapPoints(z[:0], z[:0, :2], none.astype(np.uint8), none),
        known=np.zeros(0, np.uint64),
        decode=silence,
        encode=lands,
        families=tuple(Family(str(i), i, tuple(one)) for i, one in enumerate(of_each)),
        labels=labels,
    )


def space_of(atlas: Atlas) -> Space:
    return Space(
        name=atlas.name,
        centre=atlas.latent.centre,
        reach=atlas.latent.reach,
        thresholds=atlas.thresholds,
        known=atlas.known,
        config={},
        decode=atlas.decode,
        encode=atlas.encode,
        atlas=atlas,
    )


def test_styles_whose_labels_lie_at_their_plain_beats_are_found() -> None:
    found = styles_found(space_of(atlas_of(NAMES, PLAIN)))
    assert (found["top1"], found["top3"], found["styles_missing"]) == (1, 1, 0)
    beats = sum(len(style.beats) for style in STYLES)
    assert len(STYLES) / beats <= found["all_top1"] < found["all_top3"] < 1


def test_styles_that_lie_in_the_place_of_others_are_not_found() -> None:
    found = styles_found(space_of(atlas_of(NAMES, np.roll(PLAIN, 1, axis=0))))
    assert found["top1"] == 0


def test_a_style_that_the_atlas_lacks_is_not_found_and_counted() -> None:
    found = styles_found(space_of(atlas_of(NAMES[5:], PLAIN[5:])))
    assert found["styles_missing"] == 5
    assert found["top1"] == found["top3"] == pytest.approx((len(STYLES) - 5) / len(STYLES))


def test_the_second_and_the_third_genre_count_among_three() -> None:
    """Three other genres lie where each style lies; some of them have more votes than the style."""
    names = [*NAMES, *(f"{other} {name}" for other in "xyz" for name in NAMES)]
    z = np.tile(PLAIN, (4, 1))
    for stronger, found in enumerate([(1, 1), (0, 1), (0, 1), (0, 0)]):
        each = [1.0, *(2.0 if i < stronger else 0.5 for i in range(3))]
        weight = [one for one in each for _ in NAMES]
        scores = styles_found(space_of(atlas_of(names, z, weight)))
        assert (scores["top1"], scores["top3"]) == found


def test_the_first_genre_is_the_classifiers_answer() -> None:
    """The best genre of the best family, although another genre has more votes."""
    z = np.zeros((3, 4), np.float32)
    atlas = atlas_of(["a", "b", "c"], z, [0.4, 0.35, 0.25], [[0], [1, 2]])
    assert ranked(atlas, z[:1]).tolist() == [[1, 0, 2]]
    assert genre_at(atlas, z[:1])[1].tolist() == [1]


def test_a_beat_is_sought_where_the_search_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The encoder puts both styles into the land of the second; the decoder knows better."""
    monkeypatch.setattr(styles_module, "read_textbook", lambda: STYLES[:2])
    plain = grids([style.beats[0].code for style in STYLES[:2]])
    z = np.array([[-1, 0, 0, 0], [1, 0, 0, 0]], np.float32)

    def decode(z: Floats) -> Floats:
        return plain[(z[:, 0] > 0).astype(int)].astype(np.float32)

    def encode(x: Floats) -> Floats:
        return np.tile(np.array([0.1, 0, 0, 0], np.float32), (len(x), 1))

    space = space_of(replace(atlas_of(NAMES[:2], z), decode=decode, encode=encode))
    assert styles_found(space)["top1"] == 1


def test_without_labels_there_is_nothing_to_find() -> None:
    atlas = atlas_of(NAMES, PLAIN)
    assert styles_found(space_of(replace(atlas, labels=None, families=()))) == {}
    assert styles_found(replace(space_of(atlas), atlas=None)) == {}
