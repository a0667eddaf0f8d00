from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.grid import MAX_STEPS
from drumatlas.beat.smf import MAX_TICKS
from drumatlas_export.mine import file as file_module
from drumatlas_export.mine.file import FileResult, Rules, mine_file
from drumatlas_export.mine.patterns import Found
from drumatlas_export.mine.sources import Source
from support.beats import DULL, JAZZ, ROCK, Hit, HitsOf, WriteMidi

pytestmark = pytest.mark.export

STEP = 120  # ticks
BAR = 16 * STEP


def source(path: Path, windowed: bool = False) -> Source:
    return Source(path, path.name, path.parent.name, windowed)


def mined_file(path: Path, windowed: bool = False) -> FileResult:
    return mine_file(source(path, windowed), Rules())


@pytest.fixture
def found_in(tmp_path: Path, write_midi: WriteMidi) -> Callable[..., FileResult]:
    """Writes hits as a file and mines it."""

    def found(hits: list[Hit], *signatures: tuple[int, int, int]) -> FileResult:
        return mined_file(write_midi(tmp_path / "a.mid", hits, signatures))

    return found


def test_a_straight_beat_played_four_times_is_found(found_in: Callable, hits_of: HitsOf) -> None:
    result = found_in(hits_of(ROCK, 4))
    assert result == FileResult("", [Found(ROCK, 0.0, 4)])


def test_a_beat_played_only_twice_is_refused(found_in: Callable, hits_of: HitsOf) -> None:
    assert found_in(hits_of(ROCK, 2)) == FileResult("no two bars are played 3 times in a row")


def test_swung_eighths_are_refused(found_in: Callable) -> None:
    beat = [(i * 480, 36 if i % 2 else 38) for i in range(8)]
    beat += [(i * 480 + offset, 42) for i in range(8) for offset in (0, 320)]
    result = found_in([(turn * 2 * BAR + tick, key) for turn in range(4) for tick, key in beat])
    assert [one.refusal for one in result.found] == ["swing or triplets"]
    # A third of the notes is swung; each lies a third of a step from the grid.
    assert result.found[0].error == pytest.approx(1 / 9)


def test_triplets_are_refused(found_in: Callable) -> None:
    result = found_in([(i * 160, (36, 42, 38)[i % 3]) for i in range(24 * 4 + 1)])
    assert [one.refusal for one in result.found] == ["swing or triplets"]


def test_three_four_is_refused(found_in: Callable, hits_of: HitsOf) -> None:
    assert found_in(hits_of(ROCK, 4), (0, 3, 4)) == FileResult("in 3/4")


def test_only_the_bars_in_four_four_count(found_in: Callable, hits_of: HitsOf) -> None:
    hits = hits_of(ROCK, 6)
    assert found_in(hits, (4 * BAR, 3, 4)).refusal == "no two bars are played 3 times in a row"
    assert found_in(hits, (6 * BAR, 3, 4)).found == [Found(ROCK, 0.0, 3)]


def test_the_grid_restarts_after_a_bar_of_two_four(found_in: Callable, hits_of: HitsOf) -> None:
    behind = 8 * BAR + BAR // 2
    hits = [*hits_of(ROCK, 4), (8 * BAR, 36)]
    hits += [(tick + behind, key) for tick, key in hits_of(JAZZ, 4)]
    result = found_in(hits, (0, 4, 4), (8 * BAR, 2, 4), (behind, 4, 4))
    assert result.found == [Found(ROCK, 0.0, 4), Found(JAZZ, 0.0, 4)]


def test_a_crash_on_the_first_downbeat_moves_nothing(found_in: Callable, hits_of: HitsOf) -> None:
    result = found_in([(0, 49), *hits_of(ROCK, 4)])
    assert result.found == [Found(ROCK, 0.0, 3)]


def test_a_player_who_is_always_late_is_on_the_grid(found_in: Callable, hits_of: HitsOf) -> None:
    result = found_in([(tick + 24, key) for tick, key in hits_of(ROCK, 4)])
    assert [(one.code, one.refusal) for one in result.found] == [(ROCK, "")]
    assert result.found[0].error == pytest.approx(0)


@pytest.mark.parametrize(("ticks", "refusal"), [(30, ""), (54, "off the 16th grid")])
def test_a_loose_player_is_quantised_or_refused(
    found_in: Callable, hits_of: HitsOf, ticks: int, refusal: str
) -> None:
    rng = np.random.default_rng(5)
    away = rng.integers(-ticks, ticks + 1, 1000).tolist()
    hits = hits_of(ROCK, 4)
    result = found_in([(2 * BAR + tick + away[i], key) for i, (tick, key) in enumerate(hits)])
    assert [(one.code, one.refusal) for one in result.found] == [(ROCK, refusal)]
    # Evenly spread over -ticks..ticks, which is half of `ticks` away on average.
    assert result.found[0].error == pytest.approx(ticks / STEP / 2, rel=0.15)


def test_a_beat_that_is_too_plain_is_refused(found_in: Callable, hits_of: HitsOf) -> None:
    assert [one.refusal for one in found_in(hits_of(DULL, 4)).found] == ["entropy too low"]


def test_the_entropy_that_is_asked_for_counts(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    path = write_midi(tmp_path / "a.mid", hits_of(DULL, 4))
    # One code on 8 steps, another on 24: 0.5623 nats.
    results = [
        mine_file(source(path), Rules(3, entropy)).found[0].refusal for entropy in (0.56, 0.57)
    ]
    assert results == ["", "entropy too low"]


def test_a_windowed_file_gives_every_two_bars(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    hits = hits_of(ROCK + JAZZ + ROCK, 1)
    path = write_midi(tmp_path / "a.mid", hits)
    expected = [Found(code, 0.0, 1) for code in (ROCK, JAZZ, ROCK)]
    assert mined_file(path, windowed=True) == FileResult("", expected)
    assert mined_file(path).found == []


def test_a_file_without_drums_is_refused(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    path = write_midi(tmp_path / "a.mid", hits_of(ROCK, 4), channel=0)
    assert mined_file(path).found == [Found(ROCK, 0.0, 4)]  # they can be nothing else
    write_midi(path, hits_of(DULL, 4), channel=0)
    assert mined_file(path) == FileResult("no drums on channel 10: notes only on 1")


@pytest.mark.parametrize("missing", [1, 2, 60, 61])
def test_a_file_cut_short_gives_what_is_there(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi, missing: int
) -> None:
    path = write_midi(tmp_path / "a.mid", hits_of(ROCK, 5))
    path.write_bytes(path.read_bytes()[:-missing])
    result = mined_file(path)
    assert [one.code for one in result.found] == [ROCK]
    (remark,) = result.remarks
    assert remark.startswith("track 1 is cut short and was read up to byte ")


@pytest.mark.parametrize("data", [b"", b"MThd", b"not music at all", b"MThd\0\0\0\6\0\2\0\1\1\xe0"])
def test_a_file_that_is_not_midi_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.mid"
    path.write_bytes(data)
    assert mined_file(path).refusal.startswith("malformed: ")
    assert mined_file(path).found == []


def test_a_missing_file_is_refused_as_unreadable(tmp_path: Path) -> None:
    assert mined_file(tmp_path / "no.mid") == FileResult("unreadable: No such file or directory")


@pytest.mark.parametrize(
    ("places", "refusal"),
    [
        ([1 << 27], "no two bars are played 3 times in a row"),  # more steps than are looked at
        ([MAX_TICKS - 1], "no two bars are played 3 times in a row"),
        (
            [MAX_TICKS - 1, MAX_TICKS + 1],
            "malformed: track 1 is broken at byte 33 (the time runs past",
        ),
        ([MAX_TICKS], "malformed: track 1 is broken at byte 26 (a number of more than 4 bytes)"),
    ],
)
def test_a_very_long_rest_is_refused(found_in: Callable, places: list[int], refusal: str) -> None:
    result = found_in([(0, 36), *((place, 38) for place in places)])
    assert result.refusal.startswith(refusal)
    assert result.found == []


def test_a_file_that_is_too_large_is_refused(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_midi(tmp_path / "a.mid", hits_of(ROCK, 4))
    size = path.stat().st_size
    monkeypatch.setattr(file_module, "MAX_BYTES", size)
    assert mined_file(path).refusal == ""
    monkeypatch.setattr(file_module, "MAX_BYTES", size - 1)
    assert mined_file(path) == FileResult("over 0 MiB")


@pytest.fixture(scope="module")
def good_bytes(
    tmp_path_factory: pytest.TempPathFactory, hits_of: HitsOf, write_midi: WriteMidi
) -> bytes:
    path = tmp_path_factory.mktemp("fuzz") / "a.mid"
    return write_midi(path, hits_of(ROCK, 3), [(0, 4, 4)]).read_bytes()


@given(
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6),
    end=st.integers(0, 2000),
)
def test_damage_never_raises(
    tmp_path_factory: pytest.TempPathFactory,
    good_bytes: bytes,
    changes: list[tuple[int, int]],
    end: int,
) -> None:
    data = bytearray(good_bytes)
    for at, byte in changes:
        data[at % len(data)] = byte
    path = tmp_path_factory.getbasetemp() / "damaged.mid"
    path.write_bytes(data[: end or None])
    result = mined_file(path, windowed=True)
    assert bool(result.refusal) != bool(result.found)


def test_a_file_of_thousands_of_long_stretches_is_refused(found_in: Callable) -> None:
    # Each stretch of 4/4 would be nearly as long as one may be.
    stretch = (MAX_STEPS - 100) * STEP
    signatures, hits = [], []
    for turn in range(3):
        signatures += [(turn * stretch, 4, 4), ((turn + 1) * stretch - 1, 3, 4)]
        hits += [(turn * stretch, 36), ((turn + 1) * stretch - 2, 38)]
    assert found_in(hits, *signatures).refusal == f"malformed: over {MAX_STEPS} steps of music"
