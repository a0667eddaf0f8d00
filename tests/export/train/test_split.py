from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import canonical
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import BeatError
from drumatlas_export.train.split import Split, songs_of, split_by_song
from support.beats import rotate

pytestmark = pytest.mark.export

PARTS = ("train", "validation", "test")
SHARES = (0.25, 0.25)

seeds = st.integers(0, 1 << 30)


def crowded(seed: int, count: int = 200) -> list[BeatRow]:
    """Beats in any phase, of up to three songs each; so few of both that they meet often."""
    rng = Random(seed)
    return [
        BeatRow(
            rotate((rng.randrange(100, 400), *range(31)), rng.randrange(32)),
            songs=tuple(str(song) for song in rng.sample(range(80), rng.randrange(4))),
        )
        for _ in range(count)
    ]


def split(rows: list[BeatRow], seed: int = 0) -> Split:
    return split_by_song(rows, seed, *SHARES)


def parts(rows: list[BeatRow], seed: int = 0) -> dict[str, list[BeatRow]]:
    result = split(rows, seed)
    return {name: [rows[i] for i in getattr(result, name)] for name in PARTS}


def numbered(count: int) -> list[BeatRow]:
    """Beats of different classes, each of a song of its own."""
    return [BeatRow((i + 100, *range(31)), songs=(f"song {i}",)) for i in range(count)]


def one_class_only(rows: list[BeatRow]) -> bool:
    classes = [canonical(row.code) for row in rows]
    return len(set(classes)) == len(classes)


@given(seeds)
def test_no_song_and_no_rotation_class_stands_on_two_sides(seed: int) -> None:
    sides = list(parts(crowded(seed), seed % 5).values())
    assert one_class_only([row for side in sides for row in side])
    songs = [{song for row in side for song in row.songs} for side in sides]
    assert not songs[0] & songs[1]
    assert not songs[0] & songs[2]
    assert not songs[1] & songs[2]


@given(seeds)
def test_a_beat_is_left_out_only_if_its_songs_part(seed: int) -> None:
    rows = list({canonical(row.code): row for row in crowded(seed)}.values())
    sides = parts(rows)
    home = {song: name for name in PARTS for row in sides[name] for song in row.songs}
    for row in rows:
        homes = {home[song] for song in row.songs if song in home}
        if any(row in side for side in sides.values()):
            assert len(homes) == bool(row.songs)
        elif all(song in home for song in row.songs):
            assert len(homes) > 1


def test_a_beat_of_a_held_out_song_is_not_trained_on_whichever_row_names_the_song() -> None:
    rows = numbered(60)
    sides = parts(rows)
    trained, tested = sides["train"][0], sides["test"][0]
    again = BeatRow(rotate(trained.code, 3), songs=tested.songs)
    assert trained not in parts([*rows, again])["train"]


def test_a_beat_whose_songs_part_goes_nowhere() -> None:
    rows = numbered(60)
    sides = parts(rows)
    for one, other in (("train", "test"), ("train", "validation"), ("validation", "test")):
        both = BeatRow((1,) * 32, songs=sides[one][0].songs + sides[other][0].songs)
        assert all(both not in side for side in parts([*rows, both]).values())


def test_a_beat_whose_songs_agree_goes_with_them() -> None:
    rows = numbered(60)
    songs = tuple(row.songs[0] for row in parts(rows)["test"][:2])
    both = BeatRow((1,) * 32, songs=songs)
    assert parts([*rows, both])["test"][-1] == both


def test_a_songs_place_depends_on_its_name_and_the_seed_only() -> None:
    rows = numbered(200)
    home = {row.songs: name for name, side in parts(rows).items() for row in side}
    fewer = parts(rows[::-2])
    assert all(home[row.songs] == name for name, side in fewer.items() for row in side)
    assert any(home[row.songs] != name for name, side in parts(rows, 1).items() for row in side)


def test_a_beat_without_songs_is_a_song_of_its_own() -> None:
    rows = [BeatRow(row.code) for row in numbered(200)]
    sides = parts(rows)
    assert sum(map(len, sides.values())) == 200
    turned = [BeatRow(rotate(row.code, 9)) for row in rows]
    assert np.array_equal(split(turned).test, split(rows).test)


def test_the_shares_are_of_songs() -> None:
    result = split_by_song(numbered(4000), 1, 0.1, 0.2)
    sizes = [len(getattr(result, name)) / 4000 for name in PARTS]
    assert sizes == pytest.approx([0.7, 0.1, 0.2], abs=0.02)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_beats_are_refused(count: int) -> None:
    with pytest.raises(BeatError, match=f"{count} beats are too few"):
        split(numbered(count))


def test_songs_that_share_a_beat_have_one_number() -> None:
    names = [("a",), ("b",), ("c", "d"), ("d", "a"), ("b",), ("c",), (), ()]
    rows = [BeatRow((i, *[0] * 31), songs=one) for i, one in enumerate(names)]
    numbers = songs_of(rows)
    assert numbers[0] == numbers[2] == numbers[3] == numbers[5]
    assert numbers[1] == numbers[4]
    assert len(set(numbers.tolist())) == 4  # the beats without songs are alone
