from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import Code, canonical, rotate
from drumatlas.beat.smf import MAX_TICKS
from drumatlas.errors import FileError
from drumatlas.explore.filters import MIN_ENTROPY
from drumatlas_export.mine import job
from drumatlas_export.mine.job import FileResult, Mined, Source, find_sources, mine, mine_file, rows
from drumatlas_export.mine.patterns import Found
from drumatlas_export.mine.report import report

pytestmark = pytest.mark.export

Hit = tuple[int, int]
HitsOf = Callable[[Sequence[int], int], list[Hit]]
WriteMidi = Callable[..., Path]

STEP = 120  # ticks
BAR = 16 * STEP


def code_of(text: str) -> Code:
    return tuple(map(int, text.split()))


# Both have a hit on the first and on the last step.
ROCK = code_of("1 0 4 0 6 0 4 0 5 0 4 0 6 0 4 0 5 0 5 0 6 0 4 0 5 1 4 0 6 0 4 2")
JAZZ = code_of(
    "257 0 0 0 260 0 256 0 257 0 2 0 260 0 256 1 257 0 0 2 260 0 256 0 256 0 2 0 260 1 0 2"
)
DULL = code_of("1 0 0 0 " * 8)


def source(path: Path, windowed: bool = False) -> Source:
    return Source(path, path.name, path.parent.name, windowed)


def mined_file(path: Path, windowed: bool = False) -> FileResult:
    return mine_file(source(path, windowed), 3, MIN_ENTROPY)


@pytest.fixture
def found_in(tmp_path: Path, write_midi: WriteMidi) -> Callable[..., FileResult]:
    """Writes hits as a file and mines it."""

    def found(hits: list[Hit], *signatures: tuple[int, int, int]) -> FileResult:
        return mined_file(write_midi(tmp_path / "a.mid", hits, signatures))

    return found


def test_a_straight_beat_played_four_times(found_in: Callable, hits_of: HitsOf) -> None:
    result = found_in(hits_of(ROCK, 4))
    assert result == FileResult("", [Found(ROCK, 0.0, 4)])


def test_a_beat_played_twice_is_none(found_in: Callable, hits_of: HitsOf) -> None:
    assert found_in(hits_of(ROCK, 2)) == FileResult("no two bars stand 3 times in a row")


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
    assert found_in(hits_of(ROCK, 4), (0, 3, 4)) == FileResult("not in 4/4")


def test_only_the_bars_in_four_four_count(found_in: Callable, hits_of: HitsOf) -> None:
    hits = hits_of(ROCK, 6)
    assert found_in(hits, (4 * BAR, 3, 4)).refusal == "no two bars stand 3 times in a row"
    assert found_in(hits, (6 * BAR, 3, 4)).found == [Found(ROCK, 0.0, 3)]


def test_the_grid_begins_anew_behind_a_bar_of_two_four(found_in: Callable, hits_of: HitsOf) -> None:
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
def test_a_human_player(found_in: Callable, hits_of: HitsOf, ticks: int, refusal: str) -> None:
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
    results = [mine_file(source(path), 3, entropy).found[0].refusal for entropy in (0.56, 0.57)]
    assert results == ["", "entropy too low"]


def test_a_windowed_file_gives_every_two_bars(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    hits = hits_of(ROCK + JAZZ + ROCK, 1)
    path = write_midi(tmp_path / "a.mid", hits)
    expected = [Found(code, 0.0, 1) for code in (ROCK, JAZZ, ROCK)]
    assert mined_file(path, windowed=True) == FileResult("", expected)
    assert mined_file(path).found == []


def test_a_file_without_drums(tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi) -> None:
    path = write_midi(tmp_path / "a.mid", hits_of(ROCK, 4), channel=0)
    assert mined_file(path) == FileResult("no drums on channel 10")


def test_a_file_cut_short(tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi) -> None:
    path = write_midi(tmp_path / "a.mid", hits_of(ROCK, 5))
    path.write_bytes(path.read_bytes()[:-61])
    assert mined_file(path).refusal.startswith("malformed: cut short")


def test_a_file_cut_between_two_events(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    path = write_midi(tmp_path / "a.mid", hits_of(ROCK, 5))
    path.write_bytes(path.read_bytes()[:-60])
    assert mined_file(path).refusal.startswith("malformed: cut short")


@pytest.mark.parametrize("data", [b"", b"MThd", b"not music at all", b"MThd\0\0\0\6\0\2\0\1\1\xe0"])
def test_a_file_that_is_no_midi(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.mid"
    path.write_bytes(data)
    assert mined_file(path).refusal.startswith("malformed: ")
    assert mined_file(path).found == []


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    assert mined_file(tmp_path / "no.mid") == FileResult("unreadable: No such file or directory")


@pytest.mark.parametrize(
    ("places", "refusal"),
    [
        ([1 << 27], "no two bars stand 3 times in a row"),  # more steps than are looked at
        ([MAX_TICKS - 1], "no two bars stand 3 times in a row"),
        ([MAX_TICKS - 1, MAX_TICKS + 1], "malformed: byte 33: the time runs past"),
        ([MAX_TICKS], "malformed: byte 26: a number of more than 4 bytes"),
    ],
)
def test_an_absurdly_long_rest(found_in: Callable, places: list[int], refusal: str) -> None:
    result = found_in([(0, 36), *((place, 38) for place in places)])
    assert result.refusal.startswith(refusal)
    assert result.found == []


def test_a_file_that_is_too_large(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_midi(tmp_path / "a.mid", hits_of(ROCK, 4))
    size = path.stat().st_size
    monkeypatch.setattr(job, "MAX_BYTES", size)
    assert mined_file(path).refusal == ""
    monkeypatch.setattr(job, "MAX_BYTES", size - 1)
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


def test_sources_are_all_midi_files_in_order(tmp_path: Path) -> None:
    for name in ("b/x.MID", "b/deep/y.kar", "a/z.midi", "a/notes.txt", "top.rmi"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "a" / "folder.mid").mkdir()
    found = find_sources([tmp_path], ["a"])
    assert [(one.name, one.collection, one.windowed) for one in found] == [
        ("a/z.midi", "a", True),
        ("b/deep/y.kar", "b", False),
        ("b/x.MID", "b", False),
        ("top.rmi", tmp_path.name, False),
    ]
    assert [one.path for one in found] == [tmp_path / one.name for one in found]


def test_a_file_may_be_named_itself_and_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "any.name"
    path.touch()
    assert find_sources([path, path], ["*"]) == [Source(path, "any.name", tmp_path.name, True)]


def test_windows_of_many_collections_name_some(tmp_path: Path) -> None:
    for number in range(14):
        path = tmp_path / f"c{number:02}" / "x.mid"
        path.parent.mkdir()
        path.touch()
    with pytest.raises(FileError, match="--windows d: .* there: c00, .*, c11 and 2 more$"):
        find_sources([tmp_path], ["c*", "d"])
    assert all(one.windowed for one in find_sources([tmp_path], ["c0?", "c1[0-3]"]))


def test_windows_of_a_folder_without_files_are_no_matter(tmp_path: Path) -> None:
    assert find_sources([tmp_path], ["d"]) == []  # the command says what is wrong


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nowhere: no such file or folder"):
        find_sources([tmp_path / "nowhere"], [])


FILES = 70  # more than two chunks of the pool


@pytest.fixture(scope="module")
def collection(
    tmp_path_factory: pytest.TempPathFactory, hits_of: HitsOf, write_midi: WriteMidi
) -> Path:
    """70 files: ROCK in two phases by two songs of two genres, JAZZ in a window, refusals."""
    root = tmp_path_factory.mktemp("collection")
    late = hits_of(rotate(ROCK, 16), 4)
    write_midi(root / "punk" / "Blitz_Basement.mid", late)
    write_midi(root / "rock" / "Toto_Africa.mid", hits_of(ROCK, 4))
    write_midi(root / "rock" / "Toto_Africa (2).mid", hits_of(ROCK, 4))
    write_midi(root / "jazz" / "Monk_Misterioso.mid", hits_of(JAZZ, 1))
    write_midi(root / "rock" / "waltz.mid", hits_of(ROCK, 4), [(0, 3, 4)])
    write_midi(root / "rock" / "plain.mid", hits_of(DULL, 4))
    (root / "rock" / "broken.mid").write_bytes(b"MThd")
    for i in range(FILES - 7):
        own = list(JAZZ)
        own[1] = i + 1
        write_midi(root / "misc" / f"song number{i}.mid", hits_of(own, 3 + i % 2))
    return root


def label(name: str) -> str | None:
    return {"rock": "rock", "punk": "punk"}.get(name.split("/", maxsplit=1)[0])


@pytest.fixture(scope="module")
def mined(collection: Path) -> Mined:
    return mine(find_sources([collection], ["jazz"]), label, jobs=1)


def test_the_number_of_workers_changes_nothing(collection: Path, mined: Mined) -> None:
    calls: list[int] = []
    sources = find_sources([collection], ["jazz"])
    again = mine(sources, label, jobs=2, progress=lambda: calls.append(1))
    assert rows(again) == rows(mined)
    assert list(again.classes) == list(mined.classes)
    assert report(again) == report(mined)
    assert len(calls) == FILES


def test_rotations_of_a_beat_are_one_row_in_the_phase_most_heard(mined: Mined) -> None:
    (row,) = [row for row in rows(mined) if canonical(row.code) == canonical(ROCK)]
    assert row.code == ROCK
    assert row.songs == ("blitz basement", "toto africa")
    assert row.labels == ("rock", "punk")


def test_a_beat_that_stands_in_a_window_only_says_so(mined: Mined) -> None:
    (row,) = [row for row in rows(mined) if row.code == JAZZ]
    assert (row.labels, row.songs) == (("window",), ("monk misterioso",))


def test_a_file_without_a_genre_gives_rows_without_labels(mined: Mined) -> None:
    (row,) = [row for row in rows(mined) if row.songs == ("song number3",)]
    assert row.labels == ()


def test_rows_are_in_order_and_each_class_stands_once(mined: Mined) -> None:
    result = rows(mined)
    assert result == sorted(result, key=lambda row: (row.songs, row.code))
    assert len({canonical(row.code) for row in result}) == len(result) == FILES - 5


def test_what_was_refused_is_told_with_its_reason(mined: Mined) -> None:
    assert mined.files == FILES
    assert mined.refused == [
        ("rock/broken.mid", "malformed: cut short: an event runs past the end of the file"),
        ("rock/waltz.mid", "not in 4/4"),
    ]
    assert dict(mined.patterns_refused) == {"entropy too low": 1}


def test_repeats_and_entropy_of_a_job_reach_its_workers(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    write_midi(tmp_path / "plain.mid", [*hits_of(DULL, 2), (4 * BAR, 49)])
    result = mine(find_sources([tmp_path], []), label, repeats=2, min_entropy=0.5)
    assert [row.code for row in rows(result)] == [DULL]
