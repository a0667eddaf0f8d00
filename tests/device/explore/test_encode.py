from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.beat.codes import Grid, pack
from drumatlas.explore.encode import RADII, encode_beat, refine, rounds

Decode = Callable[[Floats], Grid]

REACH = np.array([0.5, 1, 2, 4], np.float32)
BLANK = np.zeros((32, 14), bool)


def decode_of(atlas: Atlas) -> Decode:
    return lambda z: atlas.decode(z) > atlas.thresholds


def unlike(atlas: Atlas, z: Floats, beat: Grid) -> int:
    """In how many cells the beat decoded at z [4] differs from `beat`."""
    return int((decode_of(atlas)(z[None])[0] ^ beat).sum())


def recorded(decode: Decode) -> tuple[Decode, list[Floats]]:
    """The same decoder, and the points that it is asked for."""
    asked: list[Floats] = []

    def decode_and_note(z: Floats) -> Grid:
        asked.append(z)
        return decode(z)

    return decode_and_note, asked


def stripes(width: float) -> Decode:
    """A decoder of beats with a hit in each axis' cell in every second stripe of `width`: many
    points have equal beats."""

    def decode(z: Floats) -> Grid:
        hits = np.zeros((len(z), 32, 14), bool)
        hits[:, 0, :4] = np.floor(z / (width * REACH)) % 2 == 1
        return hits

    return decode


@given(st.integers(0, 2**32 - 1), st.integers(0, 447))
def test_an_edited_beat_is_searched_from_the_better_beginning(
    atlas: Atlas, seed: int, cell: int
) -> None:
    draws = np.random.default_rng(seed).standard_normal(4)
    here = (atlas.latent.centre + atlas.latent.reach * draws).astype(np.float32)
    beat = decode_of(atlas)(here[None])[0].copy()
    beat.ravel()[cell] ^= True
    answer = atlas.encode(beat[None].astype(np.float32))[0]
    found = encode_beat(atlas, tuple(pack(beat).tolist()), near=here)
    least = min(unlike(atlas, here, beat), unlike(atlas, answer, beat))
    assert unlike(atlas, found, beat) <= least <= 1


def test_a_beat_that_is_played_already_stays_where_it_is(atlas: Atlas) -> None:
    here = (atlas.latent.centre + 0.3 * atlas.latent.reach).astype(np.float32)
    code = tuple(pack(decode_of(atlas)(here[None])[0]).tolist())
    assert encode_beat(atlas, code, near=here).tolist() == here.tolist()


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.3))
def test_a_place_is_never_worse_than_the_encoders_answer(
    atlas: Atlas, seed: int, share: float
) -> None:
    beat = np.random.default_rng(seed).random((32, 14)) < share
    code = tuple(pack(beat).tolist())
    z = encode_beat(atlas, code)
    answer = atlas.encode(beat[None].astype(np.float32))[0]
    assert z.shape == answer.shape == (4,)
    assert z.dtype == np.float32
    assert unlike(atlas, z, beat) <= unlike(atlas, answer, beat)
    assert np.array_equal(encode_beat(atlas, code), z)


def test_the_search_finds_beats_that_the_encoder_misses(atlas: Atlas) -> None:
    luck = np.random.default_rng(1)
    places = atlas.latent.centre + atlas.latent.reach * luck.standard_normal((100, 4))
    beats = decode_of(atlas)(places.astype(np.float32))
    answers = atlas.encode(beats.astype(np.float32))
    before = [unlike(atlas, z, beat) for z, beat in zip(answers, beats, strict=True)]
    codes = [tuple(code) for code in pack(beats).tolist()]
    after = [
        unlike(atlas, encode_beat(atlas, code), beat)
        for code, beat in zip(codes, beats, strict=True)
    ]
    assert sum(after) < 0.7 * sum(before)


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 1))
def test_of_all_decoded_points_the_nearest_beat_wins_and_then_the_nearest_point(
    seed: int, width: float
) -> None:
    luck = np.random.default_rng(seed)
    start, beat = (REACH * luck.standard_normal(4)).astype(np.float32), BLANK.copy()
    beat[0, :4] = luck.random(4) < 0.5
    decode, asked = recorded(stripes(width))
    found = refine(decode, REACH, start, beat)
    assert [len(z) for z in asked] == [65] * len(RADII)
    z = np.concatenate(asked)
    cells = (decode(z) ^ beat).sum(axis=(1, 2))
    moved = np.linalg.norm((z - start) / REACH, axis=1)
    assert np.array_equal(found, z[np.lexsort((moved, cells))[0]])


def test_each_round_decodes_around_the_best_point_so_far() -> None:
    luck = np.random.default_rng(3)
    beat = BLANK.copy()
    beat[0, :4] = True
    start = (REACH * luck.standard_normal(4)).astype(np.float32)
    decode, asked = recorded(stripes(0.4))
    refine(decode, REACH, start, beat)
    for z, ring in zip(asked, rounds(REACH), strict=True):
        assert np.array_equal(z[1:], (z[0] + ring).astype(np.float32))
    assert np.array_equal(asked[0][0], start)
    assert not np.array_equal(asked[1][0], start)


def test_where_all_beats_are_alike_the_encoders_answer_stays() -> None:
    start = np.array([3, -2, 1, 0], np.float32)
    found = refine(lambda z: np.zeros((len(z), 32, 14), bool), REACH, start, BLANK)
    assert np.array_equal(found, start)


def test_rounds_shrink_and_go_equally_far_on_each_axis() -> None:
    offsets = rounds(REACH)
    assert offsets.shape == (3, 64, 4)
    away = np.linalg.norm(offsets / REACH, axis=2)
    assert away.max(axis=1) == pytest.approx(RADII)
    assert list(RADII) == sorted(RADII, reverse=True)
    assert (np.abs(offsets / REACH).max(axis=1) > 0.5 * np.array(RADII)[:, None]).all()
