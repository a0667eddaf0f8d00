import json
from functools import partial
from pathlib import Path

import pytest

from drumatlas.beat.codes import canonical
from drumatlas_export.mine.file import Rules
from drumatlas_export.mine.job import Mined, mine, rows
from drumatlas_export.mine.local import mine_locally
from drumatlas_export.mine.report import report
from drumatlas_export.mine.sources import find_sources
from support.beats import DULL, JAZZ, ROCK, HitsOf, WriteMidi, rotate

pytestmark = pytest.mark.export

STEP = 120  # ticks
BAR = 16 * STEP


FILES = 70  # more than two chunks of the pool


@pytest.fixture(scope="module")
def collection(
    tmp_path_factory: pytest.TempPathFactory, hits_of: HitsOf, write_midi: WriteMidi
) -> Path:
    """70 files: ROCK in two phases by two songs of two genres, JAZZ in a window, refusals."""
    root = tmp_path_factory.mktemp("collection")
    late = hits_of(rotate(ROCK, 16), 4)
    write_midi(root / "punk" / "Blitz_Basement.mid", late, tempos=[(0, 300_000)])
    for name, tempo in (("Toto_Africa", 600_000), ("Toto_Africa (2)", 500_000)):
        path = root / "rock" / f"{name}.mid"
        write_midi(path, hits_of(ROCK, 4), tempos=[(0, tempo)], programs=[(0, 16)])
    write_midi(root / "rock" / "Yes_Close.mid", hits_of(ROCK, 4), tempos=[(0, 400_000)])
    write_midi(root / "jazz" / "Monk_Misterioso.mid", hits_of(JAZZ, 1), tempos=[(0, 500_000)])
    write_midi(root / "rock" / "waltz.mid", hits_of(ROCK, 4), [(0, 3, 4)])
    write_midi(root / "rock" / "plain.mid", hits_of(DULL, 4))
    (root / "rock" / "broken.mid").write_bytes(b"MThd")
    for i in range(FILES - 8):
        own = list(JAZZ)
        own[1] = i + 1
        write_midi(root / "misc" / f"song number{i}.mid", hits_of(own, 3 + i % 2))
    return root


def label(name: str) -> str | None:
    return {"rock": "rock", "punk": "punk"}.get(name.split("/", maxsplit=1)[0])


@pytest.fixture(scope="module")
def mined(collection: Path) -> Mined:
    return mine(find_sources([collection], ["jazz"]), label, Rules())


def test_the_number_of_workers_changes_nothing(collection: Path, mined: Mined) -> None:
    calls: list[int] = []
    sources = find_sources([collection], ["jazz"])
    again = mine(
        sources, label, Rules(), partial(mine_locally, jobs=2), progress=lambda: calls.append(1)
    )
    assert rows(again) == rows(mined)
    assert list(again.classes) == list(mined.classes)
    assert report(again) == report(mined)
    assert json.dumps(report(again)) == json.dumps(report(mined))  # in the same order, too
    assert len(calls) == FILES


def test_rotations_of_a_beat_are_one_row_in_the_phase_most_heard(mined: Mined) -> None:
    (row,) = [row for row in rows(mined) if canonical(row.code) == canonical(ROCK)]
    assert row.code == ROCK
    assert row.songs == ("blitz basement", "toto africa", "yes close")
    assert row.labels == ("rock", "punk")


def test_a_genre_has_the_climate_of_its_songs_and_not_of_files_without_one(mined: Mined) -> None:
    assert report(mined)["climates"] == {
        "rock": {"songs": 2, "bpm": [120.0, 130.0, 140.0], "swing": 0.0, "kit": "power"},
        "punk": {"songs": 1, "bpm": [200.0, 200.0, 200.0], "swing": 0.0, "kit": None},
    }


def test_a_beat_that_stands_in_a_window_only_says_so(mined: Mined) -> None:
    (row,) = [row for row in rows(mined) if row.code == JAZZ]
    assert (row.labels, row.songs) == (("window",), ("monk misterioso",))


def test_a_file_without_a_genre_gives_rows_without_labels(mined: Mined) -> None:
    (row,) = [row for row in rows(mined) if row.songs == ("song number3",)]
    assert row.labels == ()


def test_rows_are_in_order_and_each_class_stands_once(mined: Mined) -> None:
    result = rows(mined)
    assert result == sorted(result, key=lambda row: (row.songs, row.code))
    assert len({canonical(row.code) for row in result}) == len(result) == FILES - 6


def test_refusals_are_reported_with_their_reasons(mined: Mined) -> None:
    assert mined.files == FILES
    assert mined.refused == [
        ("rock/broken.mid", "malformed: cut short: the file ends within its header"),
        ("rock/waltz.mid", "in 3/4"),
    ]
    assert dict(mined.patterns_refused) == {"entropy too low": 1}


def test_repeats_and_entropy_of_a_job_reach_its_workers(
    tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    write_midi(tmp_path / "plain.mid", [*hits_of(DULL, 2), (4 * BAR, 49)])
    result = mine(find_sources([tmp_path], []), label, Rules(2, 0.5))
    assert [row.code for row in rows(result)] == [DULL]
