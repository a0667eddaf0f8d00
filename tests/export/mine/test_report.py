import io
import json
from collections import Counter

import pytest
from rich.console import Console

from drumatlas_export.mine.climate import Measured, SongClimate
from drumatlas_export.mine.job import Mined, _Class
from drumatlas_export.mine.report import passed_over, report, show
from drumatlas_export.mine.sources import SearchResult

pytestmark = pytest.mark.export


NAMED = "drums found on channel 1 (track 2 is named 'Jane's 2 \"Drums\"')"


def mined() -> Mined:
    one = _Class(
        phases=Counter({(1,) * 32: 2}),
        songs={"a"},
        genres=Counter({"rock": 2, "pop": 1}),
        collections={"loops", "songs"},
        is_repeated=True,
    )
    other = _Class(genres=Counter({"rock": 1}), collections={"loops"})
    refused = [
        ("a.mid", "malformed: byte 3: bad"),
        ("b.mid", "malformed: cut"),
        ("c", "in 3/4"),
    ]
    return Mined(
        classes={(1,) * 32: one, (2,) * 32: other},
        files=9,
        refused=refused,
        patterns_refused=Counter({"swing or triplets": 4}),
        errors=[0.0, 0.1, 0.0],
        unvoiced=Counter({33: 2, 3: 5}),
        files_with_unvoiced=2,
        climates=[Measured("rock", "a", "loops", SongClimate(119.96, 0.25, "room"))],
        remarks=[
            ("d.mid", ["track 3 is cut short"]),
            ("e.mid", ["track 12 is cut short", NAMED]),
        ],
    )


def printed(counts: dict[str, object]) -> str:
    console = Console(file=io.StringIO(), width=200)
    show(counts, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_the_report_counts_files_patterns_and_reasons() -> None:
    assert report(mined()) == {
        "files_read": 9,
        "files_without_patterns": 3,
        "reasons": {"malformed": 2, "in 3/4": 1},
        "files_with_remarks": 2,
        "remarks": {"track … is cut short": 2, "drums found on channel … (track … is named …)": 1},
        "notes_without_voice": {"3": 5, "33 (metronome click)": 2},
        "files_with_notes_without_voice": 2,
        "patterns_found": 7,
        "patterns_refused": {"swing or triplets": 4},
        "beats": 2,
        "beats_from_repeats": 1,
        "beats_per_source": {"loops": 2, "songs": 1},
        "beats_per_genre": {"rock": 2, "pop": 1},
        "climates": {
            "rock": {"songs": 1, "bpm": [120.0, 120.0, 120.0], "swing": 0.25, "kit": "room"}
        },
        "quantisation_error_steps": {"mean": 0.0333, "p95": 0.09},
        "refused_files": [
            {"file": "a.mid", "reason": "malformed: byte 3: bad"},
            {"file": "b.mid", "reason": "malformed: cut"},
            {"file": "c", "reason": "in 3/4"},
        ],
        "files_remarked": [
            {"file": "d.mid", "remarks": ["track 3 is cut short"]},
            {
                "file": "e.mid",
                "remarks": ["track 12 is cut short", NAMED],
            },
        ],
    }


def test_files_passed_over_are_counted_and_archives_named() -> None:
    found = SearchResult([], Counter({"a": 1, "b": 2}), [("x.rar", "a: b")])
    assert passed_over(found) == {
        "passed_over": {"b": 2, "a": 1},
        "passed_over_files": [{"file": "x.rar", "reason": "a: b"}],
    }
    assert "x.rar" not in printed(passed_over(found))
    assert list(passed_over(found)["passed_over"]) == ["b", "a"]


def test_collections_stand_in_the_same_order_in_each_run() -> None:
    names = [f"collection {number}" for number in range(20)]
    one = Mined(classes={(1,) * 32: _Class(collections=set(names))})
    assert list(report(one)["beats_per_source"]) == sorted(names)


def test_report_of_nothing_is_json() -> None:
    counts = json.loads(json.dumps(report(Mined())))
    assert (counts["files_read"], counts["beats"], counts["patterns_found"]) == (0, 0, 0)
    assert counts["quantisation_error_steps"] == {"mean": 0, "p95": 0}


def test_the_table_has_every_count_but_no_file_names() -> None:
    text = printed(report(mined()))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "files read 9" in lines
    assert "beats per genre rock 2, pop 1" in lines
    assert "usual tempo bpm rock 120" in lines
    assert "notes without voice 3 5, 33 (metronome click) 2" in lines
    assert "reasons malformed 2, in 3/4 1" in lines
    assert "a.mid" not in text
    assert "d.mid" not in text


def test_brackets_in_a_name_are_printed() -> None:
    assert "[live] 3" in printed({"beats_per_source": {"[live]": 3}})
