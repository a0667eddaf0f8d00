from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import pytest

from drumatlas_export.mine.job import Mined, _Class
from drumatlas_export.mine.reasons import by_number, no_beats, no_files, windows_hint
from drumatlas_export.mine.sources import SearchResult

pytestmark = pytest.mark.export

NOTHING = SearchResult([], Counter(), [])


def mined(beats: int, **files: tuple[int, int]) -> Mined:
    """Collections: (files, of these without two bars that repeat)."""
    return Mined(
        classes={(number,) * 32: _Class() for number in range(beats)},
        files_of=Counter({name: count for name, (count, _) in files.items()}),
        unrepeated=Counter({name: count for name, (_, count) in files.items()}),
    )


def test_reasons_stand_by_number_the_most_frequent_first() -> None:
    assert by_number("x", {"b": 2, "c": 10, "a": 2}) == "x: 10 c, 2 a, 2 b"
    assert by_number("x", {}) == ""


def test_no_beat_is_one_line_with_all_that_was_lost() -> None:
    one = Mined(files=120, patterns_refused=Counter({"entropy too low": 3}))
    one.refused = [("x", "no drums on channel 10")] * 80 + [("y", "malformed: cut short")] * 10
    found = SearchResult([], Counter({"not a MIDI file": 2}), [])
    assert no_beats([Path("a"), Path("b")], found, one) == (
        "a and 1 more: 120 files, no beat: 80 no drums on channel 10, 10 malformed; "
        "patterns: 3 entropy too low; passed over: 2 not a MIDI file"
    )
    assert no_beats([Path("a")], NOTHING, Mined(files=1)) == "a: 1 file, no beat"


def test_no_files_says_what_lay_there_instead() -> None:
    found = SearchResult([], Counter({"archive other than .zip (unpack it)": 1}), [])
    assert no_files([Path("a")], found).endswith(
        " in it; passed over: 1 archive other than .zip (unpack it)"
    )


def test_the_hint_names_collections_that_mostly_repeat_nothing() -> None:
    assert windows_hint(mined(5, songs=(10, 5), loops=(3, 2))) == (
        "in 2 of 3 files no two bars repeat often enough; if those are loops, add --windows loops"
    )
    assert windows_hint(mined(5, songs=(10, 5))) == ""
    assert windows_hint(Mined()) == ""


def test_without_beats_any_loop_is_worth_a_hint() -> None:
    assert windows_hint(mined(0, songs=(10, 1))).endswith("add --windows songs")


def test_many_collections_are_all_and_odd_names_are_quoted() -> None:
    many = {f"c{number}": (1, 1) for number in range(4)}
    assert windows_hint(mined(1, **many)).endswith("add --windows '*'")
    odd = windows_hint(mined(1, **{"[old] 'n\N{REPLACEMENT CHARACTER}w'": (1, 1)}))
    assert odd.endswith("""add --windows '[[]old] '"'"'n*w'"'"''""")
    assert fnmatch("[old] 'n\udce9w'", "[[]old] 'n*w'")
