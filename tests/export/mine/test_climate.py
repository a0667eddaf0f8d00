"""The climate of songs and of genres: MIDI files in, tempo, swing and drum set out."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.grid import Region
from drumatlas.beat.smf import DrumTrack
from drumatlas.play.feel import SWING_MOST
from drumatlas_export.mine.climate import (
    Measured,
    SongClimate,
    Stretch,
    genre_climates,
    song_climate,
)
from drumatlas_export.mine.drum_sets import DRUM_SETS, drum_set
from drumatlas_export.mine.file import Rules, mine_file
from drumatlas_export.mine.sources import Source
from support.beats import FUNK, JAZZ, ROCK, Hit, HitsOf, WriteMidi, rotate

pytestmark = pytest.mark.export

STEP = 120  # ticks
BAR = 16 * STEP
AT_120 = [(0, 500_000)]
# Hits on every 16th: with both the second and the fourth of each beat.
SIXTEENTHS = (1, 4, 4, 4, 6, 4, 4, 4, 5, 4, 5, 4, 6, 4, 4, 1) * 2

Measure = Callable[..., SongClimate | None]


@pytest.fixture
def measured(tmp_path: Path, write_midi: WriteMidi) -> Measure:
    """Mines a file of hits and gives its climate."""

    def measure(
        hits: Iterable[Hit],
        tempos: Iterable[tuple[int, int]] = AT_120,
        programs: Iterable[tuple[int, int]] = (),
        *signatures: tuple[int, int, int],
        windowed: bool = False,
    ) -> SongClimate | None:
        path = write_midi(tmp_path / "a.mid", hits, signatures, tempos=tempos, programs=programs)
        return mine_file(Source(path, path.name, "", windowed), Rules()).climate

    return measure


def swung(hits: Iterable[Hit], swing: float) -> list[Hit]:
    """Delays the off 16ths as the box does."""
    late = round(swing * SWING_MOST * STEP)
    return [(tick + late * (tick // STEP % 2), key) for tick, key in hits]


def test_a_straight_song_at_one_tempo(measured: Measure, hits_of: HitsOf) -> None:
    assert measured(hits_of(ROCK, 4), [(0, 600_000)], [(0, 25)]) == SongClimate(100, 0, "analog")


@pytest.mark.parametrize(
    ("tempos", "bpm"),
    [
        ([(0, 500_000), (2 * BAR, 600_000)], 100),  # for most of the time
        ([(0, 500_000), (7 * BAR, 600_000)], 120),
        ([(0, 400_000), (8 * BAR, 600_000)], 150),  # changes when the beats are over
        ([(BAR, 600_000)], 100),
        ([(7 * BAR, 600_000)], 120),  # until the first tempo it is 120
        ([(0, 500_000), (0, 600_000)], 100),  # the later one counts
        ([(0, 500_000), (4 * BAR, 16_000_000), (4 * BAR + 5, 500_000)], 120),  # a fermata
        ([(0, 500_000), (BAR, 0)], 120),  # 0 microseconds are no tempo
        ([(0, 461_538)], 130),
    ],
)
def test_the_tempo_is_that_of_half_of_the_time(
    measured: Measure, hits_of: HitsOf, tempos: list[tuple[int, int]], bpm: float
) -> None:
    climate = measured(hits_of(ROCK, 4), tempos)
    assert climate is not None
    assert climate.bpm == pytest.approx(bpm, abs=0.01)


def test_only_the_time_of_beats_counts(measured: Measure, hits_of: HitsOf) -> None:
    # Four bars without drums, six of the beat, and sixty of something that never repeats.
    rng = np.random.default_rng(1)
    rest = [
        (10 * BAR + step * STEP, int(key))
        for step, key in enumerate(rng.choice([36, 38, 42, 45, 49], 60 * 16))
    ]
    hits = [*((tick + 4 * BAR, key) for tick, key in hits_of(ROCK, 3)), *rest]
    climate = measured(hits, [(0, 300_000), (4 * BAR, 500_000), (10 * BAR, 900_000)])
    assert climate is not None
    assert climate.bpm == 120


def test_stretches_of_several_metres_add_up(measured: Measure, hits_of: HitsOf) -> None:
    hits = [*hits_of(ROCK, 3), *((tick + 9 * BAR, key) for tick, key in hits_of(ROCK, 6))]
    tempos = [(0, 500_000), (6 * BAR, 300_000), (9 * BAR, 600_000)]
    metres = [(0, 4, 4), (6 * BAR, 3, 4), (9 * BAR, 4, 4)]
    climate = measured(hits, tempos, [(0, 0), (9 * BAR, 40)], *metres)
    assert climate == SongClimate(100, 0, "brush")


def test_windows_and_repeats_of_the_same_bars_count_once(
    measured: Measure, hits_of: HitsOf
) -> None:
    # 12 s of a beat that repeats, and 12.8 s of windows.
    hits = hits_of((*ROCK * 3, *JAZZ, *FUNK, *rotate(JAZZ, 4), *rotate(FUNK, 4)), 1)
    tempos = [(0, 500_000), (6 * BAR, 400_000)]
    climates = [measured(hits, tempos, windowed=is_windowed) for is_windowed in (False, True)]
    assert climates == [SongClimate(120, 0), SongClimate(150, 0)]


@pytest.mark.parametrize("spacing", [STEP, STEP * 4 // 3], ids=["monotonous", "triplets"])
def test_a_file_without_a_beat_has_no_climate(measured: Measure, spacing: int) -> None:
    assert measured([(tick, 36) for tick in range(0, 8 * BAR, spacing)]) is None


@pytest.mark.parametrize("tempos", [[], [(0, 1)], [(0, 16_000_000)], [(0, 0)]])
def test_a_file_without_a_tempo_of_music_has_no_climate(
    measured: Measure, hits_of: HitsOf, tempos: list[tuple[int, int]]
) -> None:
    assert measured(hits_of(ROCK, 4), tempos) is None


@given(swing=st.floats(0, 0.9), shift=st.integers(0, 20))
def test_swing_is_measured_as_the_box_plays_it(swing: float, shift: int) -> None:
    late = swing * SWING_MOST
    codes = np.array(SIXTEENTHS * 3, np.uint16)
    off = np.arange(len(codes)) % 2
    hits = np.ones(len(codes), np.int32) * 2
    lateness = (off * late + shift / 100) * hits
    region = Region(codes, hits, lateness, lateness, lateness)
    track = DrumTrack(480, tempos=AT_120)
    climate = song_climate(track, [Stretch(0, region, np.ones(len(codes), bool))])
    assert climate is not None
    assert climate.swing == pytest.approx(swing, abs=0.001)


@pytest.mark.parametrize("swing", [0.0, 0.2, 0.5, 0.66])
@pytest.mark.parametrize("code", [ROCK, SIXTEENTHS])
def test_a_swung_song_has_its_swing(
    measured: Measure, hits_of: HitsOf, code: tuple[int, ...], swing: float
) -> None:
    climate = measured(swung(hits_of(code, 8), swing))
    assert climate is not None
    assert climate.swing == pytest.approx(swing, abs=0.02)


def test_one_sloppy_hit_in_many_moves_nothing(measured: Measure, hits_of: HitsOf) -> None:
    hits = swung(hits_of(SIXTEENTHS, 8), 0.4)
    hits[1] = (hits[1][0] - 50, hits[1][1])
    hits[3] = (hits[3][0] - 50, hits[3][1])
    climate = measured(hits)
    assert climate is not None
    assert climate.swing == pytest.approx(0.4, abs=0.02)


def triplets(hits: list[Hit], places: tuple[int, ...], times: int) -> list[Hit]:
    """Adds 8th triplets (0, 1, 2) of the first beat of each bar to a beat on straight 8ths."""
    extra = [(bar * BAR + place * 160, 45) for bar in range(2 * times) for place in places]
    return sorted([*hits, *extra])


EIGHTHS = (5, 0, 4, 0, 6, 0, 4, 0, 5, 0, 5, 0, 6, 0, 4, 0) * 2


@pytest.mark.parametrize("places", [(1, 2), (2,), (0, 2)])
def test_triplets_are_no_swing(measured: Measure, hits_of: HitsOf, places: tuple[int, ...]) -> None:
    climate = measured(triplets(hits_of(EIGHTHS, 8), places, 8))
    assert climate == SongClimate(120, 0)


def test_a_shuffle_written_on_16ths_is_straight(measured: Measure, hits_of: HitsOf) -> None:
    shuffle = (5, 0, 0, 4, 6, 0, 0, 4, 5, 0, 0, 5, 6, 0, 0, 4) * 2
    assert measured(hits_of(shuffle, 4)) == SongClimate(120, 0)


def test_a_song_without_off_16ths_is_straight(measured: Measure, hits_of: HitsOf) -> None:
    assert measured(hits_of(EIGHTHS, 4)) == SongClimate(120, 0)


@pytest.mark.parametrize(
    ("programs", "kit"),
    [
        ([], ""),
        *([([(0, program)], name) for name, program in DRUM_SETS.items()]),
        ([(0, 3)], ""),  # General MIDI 2 has no such set
        ([(0, 0), (5, 32)], "jazz"),
        ([(0, 32), (6 * BAR, 0)], "jazz"),
        ([(0, 32), (2 * BAR, 0)], "standard"),
        ([(2 * BAR, 16)], "power"),
        ([(7 * BAR, 16)], ""),
    ],
)
def test_the_drum_set_is_the_one_that_the_file_selects_for_most_beats(
    measured: Measure, hits_of: HitsOf, programs: list[tuple[int, int]], kit: str
) -> None:
    assert measured(hits_of(ROCK, 4), AT_120, programs) == SongClimate(120, 0, kit)


def test_a_program_of_another_channel_selects_no_drum_set(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    path = tmp_path / "a.mid"
    write_midi(path, hits_of(ROCK, 4), channel=0, tempos=AT_120, programs=[(0, 25)])
    climate = mine_file(Source(path, path.name, "", windowed=False), Rules()).climate
    assert climate == SongClimate(120, 0)


def test_each_drum_set_has_a_program_of_its_own() -> None:
    assert [drum_set(program) for program in DRUM_SETS.values()] == list(DRUM_SETS)
    assert len(set(DRUM_SETS.values())) == len(DRUM_SETS)


def of(genre: str, *songs: tuple[str, SongClimate], collection: str = "songs") -> list[Measured]:
    """Files (song, climate) of a genre."""
    return [Measured(genre, song, collection, climate) for song, climate in songs]


def test_a_genre_has_the_quartiles_of_its_songs() -> None:
    songs = [(f"song {n}", SongClimate(100.0 + n, n / 10, "jazz")) for n in range(5)]
    songs += [("song 5", SongClimate(bpm, 0.5)) for bpm in (105, 205, 305)]
    table = genre_climates([*of("ska", ("one", SongClimate(90.06, 0))), *of("funk", *songs)])
    assert list(table) == ["funk", "ska"]
    assert table == {
        "funk": {"songs": 6, "bpm": [101.2, 102.5, 103.8], "swing": 0.25, "kit": "jazz"},
        "ska": {"songs": 1, "bpm": [90.1, 90.1, 90.1], "swing": 0.0, "kit": None},
    }


def test_several_files_of_a_song_count_once() -> None:
    many = [("a", SongClimate(60, 0, "room"))] * 9
    others = [(f"song {n}", SongClimate(120, 0, "power")) for n in range(2)]
    (row,) = genre_climates(of("rock", *many, *others)).values()
    assert row == {"songs": 3, "bpm": [90.0, 120.0, 120.0], "swing": 0.0, "kit": "power"}


def test_of_equally_common_drum_sets_the_first_in_the_alphabet_counts() -> None:
    kits = ("room", "power", "", "")
    songs = [(str(i), SongClimate(120, 0, kit)) for i, kit in enumerate(kits)]
    assert genre_climates(of("rock", *songs))["rock"]["kit"] == "power"


@pytest.mark.parametrize(("silent", "kit"), [(3, "jazz"), (4, None)])
def test_a_drum_set_that_few_songs_select_is_not_the_genres(silent: int, kit: str | None) -> None:
    songs = [("a", SongClimate(120, 0, "jazz"))]
    songs += [(f"song {n}", SongClimate(120, 0)) for n in range(silent)]
    assert genre_climates(of("rock", *songs))["rock"]["kit"] == kit


def at(bpm: float, genre: str, count: int, collection: str) -> list[Measured]:
    songs = [(f"{bpm} {n} {collection}", SongClimate(bpm, 0.5)) for n in range(count)]
    return of(genre, *songs, collection=collection)


def test_a_collection_of_one_tempo_for_several_genres_says_nothing() -> None:
    songs = [*at(90, "rock", 2, "songs"), *at(110, "rock", 2, "songs")]
    alone = genre_climates(songs)
    loops = [*at(130, "rock", 6, "loops"), *at(130, "funk", 2, "loops")]
    assert genre_climates([*songs, *loops]) == alone
    assert set(genre_climates([*songs, *loops[1:]])) == {"rock", "funk"}  # too few to judge
    assert set(genre_climates([*songs, *loops, *at(131, "funk", 1, "loops")])) == {"rock", "funk"}


def test_a_collection_of_one_genre_may_have_one_tempo() -> None:
    songs = [*at(90, "rock", 3, "songs"), *at(125, "house", 30, "house 125 bpm")]
    assert genre_climates(songs)["house"]["songs"] == 30


def test_a_job_of_one_tempo_for_several_genres_says_nothing() -> None:
    assert genre_climates([*at(120, "rock", 30, "a"), *at(120, "funk", 30, "b")]) == {}
