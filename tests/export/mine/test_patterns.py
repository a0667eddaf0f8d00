from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drumatlas.beat.codes import Code, canonical
from drumatlas.beat.grid import MAX_ERROR, Region
from drumatlas_export.mine.patterns import (
    PAUSE,
    Found,
    downbeat,
    lively,
    repeated,
    sections,
    windows,
)
from support.beats import rotate

pytestmark = pytest.mark.export

STEP_CODES = st.integers(0, 16383) | st.just(0)
HIT_CODES = st.integers(1, 16383)
REPEATS = 3

# A hit on the first and on the last step, so that a section holds whole turns.
FIRST_BAR = (1, 0, 4, 0, 6, 0, 4, 8, 5, 0, 4, 0, 6, 1, 4, 0)
FULL: Code = (*FIRST_BAR, 1, 0, 4, 0, 6, 0, 4, 0, 5, 0, 4, 0, 6, 0, 4, 2)


def region(codes: Sequence[int], error: float = 0.0, triplet_error: float = 0.5) -> Region:
    """`codes` as a region: one note a hit step, each with the same errors."""
    array = np.array(codes, np.uint16)
    hits = (array != 0).astype(np.int32)
    return Region(array, hits, hits * error, hits * triplet_error, hits * 0.0)


def widest_gap(code: Code) -> int:
    """Steps between two neighbouring hits, over the loop's end, too; 33 for silence."""
    hits = [i for i, step in enumerate(code * 2) if step]
    return max((b - a for a, b in pairwise(hits)), default=33)


beats = st.lists(STEP_CODES, min_size=32, max_size=32).map(tuple)
steady = beats.filter(lambda code: widest_gap(code) <= PAUSE)  # no pause inside
whole = st.tuples(HIT_CODES, st.lists(STEP_CODES, min_size=30, max_size=30), HIT_CODES).map(
    lambda parts: (parts[0], *parts[1], parts[2])
)
bars = st.integers(0, 3).flatmap(
    lambda n: st.lists(STEP_CODES, min_size=16 * n, max_size=16 * n).map(tuple)
)


@pytest.mark.parametrize(
    ("codes", "ranges"),
    [
        ([], []),
        ([0] * 40, []),
        ([1], [(0, 1)]),
        ([0, 0, 1, 0, 1, 0], [(2, 5)]),
        ([1, *[0] * (PAUSE - 1), 1], [(0, PAUSE + 1)]),
        ([1, *[0] * PAUSE, 1], [(0, 1), (PAUSE + 1, PAUSE + 2)]),
    ],
)
def test_sections_end_at_a_silent_bar(codes: list[int], ranges: list[tuple[int, int]]) -> None:
    assert list(sections(np.array(codes, np.uint16))) == ranges


@given(st.integers(0, 1 << 18))
def test_downbeat_is_the_first_place_in_phase_with_the_nearest_bar_line(start: int) -> None:
    place = downbeat(start)
    assert place % 16 == 0
    assert start <= place < start + 32
    bars_away = (place - start) % 32  # from the bar line that the place is in phase with
    assert min(bars_away, 32 - bars_away) <= 8


@pytest.mark.parametrize(
    ("start", "place"), [(0, 0), (1, 32), (7, 32), (9, 16), (15, 16), (16, 16), (17, 48), (31, 32)]
)
def test_downbeats_of_starts_around_bar_lines(start: int, place: int) -> None:
    assert downbeat(start) == place


@given(steady, st.integers(REPEATS + 1, 6), bars, bars)
def test_a_repeated_beat_is_found_once_and_starts_on_a_bar_line(
    beat: Code, times: int, before: Code, after: Code
) -> None:
    found = list(repeated(region(before + beat * times + after), REPEATS))
    assert len(found) == 1
    assert canonical(found[0].code) == canonical(beat)
    assert found[0].code in {beat, rotate(beat, 16)}
    assert found[0].refusal == ""


@given(whole, st.integers(2, 5), st.integers(2, 5), st.integers(0, 4))
def test_a_beat_is_found_iff_it_stands_often_enough(
    beat: Code, times: int, wanted: int, silent_bars: int
) -> None:
    assume(widest_gap(beat) <= PAUSE)
    silence = (0,) * 16 * silent_bars
    found = list(repeated(region(silence + beat * times + silence), wanted))
    expected = [Found(beat, 0.0, times)] if times >= wanted else []
    assert found == expected


@pytest.mark.parametrize("beat", [(*FULL[:31], 0), (0, *FULL[1:])], ids=["rest last", "rest first"])
def test_a_beat_with_a_rest_at_its_end_is_found_when_it_stands_often_enough(beat: Code) -> None:
    found = list(repeated(region(beat * REPEATS + (0,) * 32), REPEATS))
    assert [canonical(one.code) for one in found] == [canonical(beat)]


def test_turns_are_counted_with_the_rests_at_the_ends() -> None:
    beat = (*FULL[:31], 0)
    assert [one.repeats for one in repeated(region(beat * 4 + (0,) * 32), REPEATS)] == [4]


def test_the_rest_behind_the_last_note_of_a_file_counts() -> None:
    beat = (*FULL[:30], 0, 0)
    codes = (beat * REPEATS)[:-2]
    assert [one.code for one in repeated(region(codes), REPEATS)] == [beat]


def test_two_runs_are_two_beats() -> None:
    other = (*rotate(FULL, 5)[:31], 9)
    found = list(repeated(region(FULL * 3 + other * 4), 3))
    assert [(canonical(one.code), one.repeats) for one in found] == [
        (canonical(FULL), 3),
        (canonical(other), 4),
    ]


def test_a_pause_parts_two_runs_of_one_beat() -> None:
    found = list(repeated(region(FULL * 3 + (0,) * 16 + FULL * 4), 3))
    assert found == [Found(FULL, 0.0, 3), Found(FULL, 0.0, 4)]


def test_a_pattern_says_where_it_stands() -> None:
    codes = region(FULL * 3 + (0,) * 16 + FULL * 4)
    assert [one.steps for one in repeated(codes, 3)] == [(0, 96), (112, 240)]
    # A window with a silent bar is left out.
    expected = [(place, place + 32) for place in (0, 32, 64, 128, 160, 192)]
    assert [one.steps for one in windows(codes)] == expected


def test_a_run_that_starts_behind_a_crash_still_starts_on_the_downbeat() -> None:
    codes = list(FULL * 4)
    codes[0] |= 1 << 7
    assert list(repeated(region(codes), 3)) == [Found(FULL, 0.0, 3)]


def test_a_run_that_starts_early_since_the_bar_before_ends_alike_starts_on_the_downbeat() -> None:
    before = (9,) * 12 + FULL[28:]
    assert [one.code for one in repeated(region(before + FULL * 4), 3)] == [FULL]


def test_a_one_bar_beat_is_found_in_its_own_phase() -> None:
    beat = FIRST_BAR * 2
    assert [one.code for one in repeated(region(beat * 4), 3)] == [beat]


@pytest.mark.parametrize(
    ("error", "triplet_error", "refusal"),
    [
        (0.0, 0.5, ""),
        (0.0, 0.0, ""),
        (MAX_ERROR - 0.01, 0.3, ""),
        (MAX_ERROR + 0.01, 0.3, "off the 16th grid"),
        (0.1, 0.09, "swing or triplets"),
        (0.3, 0.0, "swing or triplets"),
    ],
)
def test_what_is_off_the_grid_is_refused(error: float, triplet_error: float, refusal: str) -> None:
    played = region(FULL * 4, error, triplet_error)
    (found,) = repeated(played, 3)
    (first, _) = list(windows(played))[:2]
    assert (found.refusal, first.refusal) == (refusal, refusal)
    assert (found.error, first.error) == pytest.approx((error, error))


def test_only_the_notes_of_the_run_count_for_its_error() -> None:
    filler = (9,) * 16
    played = region(filler + FULL * 3)
    played.error[:16] = 0.5
    assert [one.error for one in repeated(played, 3)] == [0.0]


def test_all_turns_of_the_run_count_for_its_error() -> None:
    played = region(FULL * 4)
    played.error[32:] = played.hits[32:] * 0.12
    (late,) = repeated(played, 3)
    assert late.error == pytest.approx(0.12 * 3 / 4)


def test_windows_are_two_bars_after_two_bars() -> None:
    codes = tuple(range(1, 97))
    assert [one.code for one in windows(region(codes))] == [codes[:32], codes[32:64], codes[64:]]
    assert {one.repeats for one in windows(region(codes))} == {1}


@pytest.mark.parametrize(
    ("codes", "count"),
    [
        (FIRST_BAR, 0),
        (FIRST_BAR + (0,) * 16, 0),
        ((0,) * 16 + FIRST_BAR, 0),
        (FULL + FIRST_BAR, 1),
        ((0,) * 32 + FULL, 1),
    ],
    ids=["one bar", "silent second bar", "silent first bar", "half a window", "later"],
)
def test_a_window_needs_hits_in_both_bars(codes: Code, count: int) -> None:
    assert [one.code for one in windows(region(codes))] == [FULL] * count


def test_the_last_window_is_filled_with_rests() -> None:
    codes = (*FIRST_BAR, 5, 0, 0, 5)
    assert [one.code for one in windows(region(codes))] == [codes + (0,) * 12]


def test_lively_is_the_entropy_rule() -> None:
    two_codes = Found((1, 2) * 16, 0.0, 3)  # entropy ln 2
    assert lively([two_codes], 0.69) == [True]
    assert lively([two_codes, two_codes], 0.70) == [False, False]
    assert lively([], 0.69) == []
