import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.grid import MAX_STEPS, four_four, quantise, regions, why_empty
from drumatlas.beat.smf import DrumTrack
from drumatlas.errors import MidiFileError


def kicks_at(steps: list[float], ticks_per_beat: int = 480, key: int = 36) -> DrumTrack:
    """Kicks at places given in 16ths."""
    return drums(
        [(round(step * ticks_per_beat / 4), key) for step in sorted(steps)], ticks_per_beat
    )


def drums(notes: list[tuple[int, int]], ticks_per_beat: int = 480) -> DrumTrack:
    """Notes of (tick, key)."""
    return DrumTrack(ticks_per_beat, [tick << 18 | 9 << 14 | key << 7 | 90 for tick, key in notes])


def test_no_signature_means_four_four() -> None:
    track = kicks_at([0, 10])
    assert four_four(track) == [(0, track.notes[-1][0] + 1)]


def test_only_stretches_in_four_four_count() -> None:
    track = kicks_at([0, 100])
    track.signatures = [(0, 4, 4), (1920, 3, 4), (3000, 4, 4), (4000, 4, 4)]
    assert four_four(track) == [(0, 1920), (3000, 12001)]


def test_a_file_in_another_metre_has_no_stretch() -> None:
    track = kicks_at([0, 100])
    track.signatures = [(0, 6, 8)]
    assert four_four(track) == []


@given(st.sets(st.integers(0, 63), min_size=1), st.floats(-0.2, 0.2))
def test_a_constant_shift_is_taken_out(steps: set[int], shift: float) -> None:
    places = [step + 8 + shift for step in steps]
    region = quantise(kicks_at(places, 960), 0, 1 << 20)
    assert region is not None
    assert np.flatnonzero(region.codes).tolist() == [step + 8 for step in sorted(steps)]
    assert region.misfit(0, 80)[0] < 0.01


def test_voices_meet_in_a_step() -> None:
    track = drums([(0, 35), (0, 36), (2, 57), (4, 3)])
    region = quantise(track, 0, 1000)
    assert region is not None
    assert region.codes.tolist() == [1 | 1 << 7]
    assert region.hits.tolist() == [3]  # key 3 is no drum


def test_swung_eighths_fit_triplets_better() -> None:
    swung = [beat * 4 + place for beat in range(8) for place in (0, 8 / 3)]
    straight = [beat * 4 + place for beat in range(8) for place in (0, 2)]
    on_grid, on_triplets = quantise(kicks_at(swung), 0, 1 << 20).misfit(0, 32)
    assert on_triplets < on_grid
    on_grid, on_triplets = quantise(kicks_at(straight), 0, 1 << 20).misfit(0, 32)
    assert on_grid < on_triplets


@given(st.floats(0.05, 0.3), st.integers(1, 3))
def test_how_late_the_notes_of_a_step_are_adds_up(late: float, notes: int) -> None:
    track = kicks_at([*range(0, 32, 2), *[5 + late] * notes, 11 - late], 9600)
    region = quantise(track, 0, 1 << 20)
    assert region is not None
    assert region.hits[5] == notes
    assert region.late[5] == pytest.approx(notes * late, abs=0.001)
    assert region.late[11] == pytest.approx(-late, abs=0.001)
    assert np.delete(region.late, [5, 11]) == pytest.approx(0)


def test_without_notes_there_is_nothing_to_quantise() -> None:
    assert quantise(kicks_at([]), 0, 100) is None
    assert quantise(kicks_at([0], key=3), 0, 100) is None
    assert quantise(kicks_at([0, 1e7]), 0, 1 << 40) is None  # an absurd time


def test_all_stretches_together_are_bounded() -> None:
    length = MAX_STEPS // 8 * 120
    notes = [place for i in range(9) for place in (i * length, (i + 1) * length - 120)]
    for count in (8, 9):
        track = drums([(tick, 36) for tick in notes[: 2 * count]])
        ranges = [(i * length, (i + 1) * length) for i in range(count)]
        if count == 8:
            found = list(regions(track, [*ranges, (9 * length, 10 * length)]))
            assert [where for where, _ in found] == ranges
            assert sum(len(region.codes) for _, region in found) == MAX_STEPS
        else:
            with pytest.raises(MidiFileError, match=f"over {MAX_STEPS} steps"):
                list(regions(track, ranges))


def in_metres(*signatures: tuple[int, int, int]) -> DrumTrack:
    """Kicks on each beat of 40, with signatures at beats."""
    track = kicks_at([4 * beat for beat in range(40)])
    track.signatures = [(beat * 480, numerator, of) for beat, numerator, of in signatures]
    return track


def beats_of(track: DrumTrack) -> list[tuple[float, float]]:
    """Its ranges of 4/4, in beats; the last note's tick does not count."""
    return [(start / 480, end // 480) for start, end in four_four(track)]


@pytest.mark.parametrize(
    "metre", [(4, 4), (2, 2), (2, 4), (4, 2), (8, 4), (8, 8), (16, 16), (4, 8), (1, 1)]
)
def test_metres_whose_bars_lie_on_those_of_four_four(metre: tuple[int, int]) -> None:
    assert beats_of(in_metres((0, *metre))) == [(0, 39)]
    assert beats_of(in_metres((0, 4, 4), (8, *metre), (16, 4, 4))) == [(0, 39)]
    assert beats_of(in_metres((0, 3, 4), (9, *metre))) == [(9, 39)]


@pytest.mark.parametrize("metre", [(3, 4), (6, 8), (12, 8), (6, 4), (1, 4), (5, 4), (3, 2), (0, 4)])
def test_other_metres_are_named(metre: tuple[int, int]) -> None:
    track = in_metres((0, *metre))
    assert four_four(track) == []
    assert why_empty(track) == f"in {metre[0]}/{metre[1]}"


def test_several_metres_are_named_once_and_only_where_drums_are() -> None:
    track = in_metres((0, 3, 4), (6, 6, 8), (12, 3, 4), (50, 5, 4))
    assert why_empty(track) == "in 3/4, 6/8"


def test_a_bar_of_two_four_that_is_left_over_is_in_no_range() -> None:
    # Three bars of 2/4, then 4/4 from there on.
    track = in_metres((0, 4, 4), (8, 2, 4), (14, 4, 4))
    assert beats_of(track) == [(0, 12), (14, 39)]


def test_a_single_bar_of_two_four_moves_the_bar_lines() -> None:
    assert beats_of(in_metres((0, 4, 4), (8, 2, 4), (10, 4, 4))) == [(0, 8), (10, 39)]


def test_a_metre_that_begins_within_a_bar_begins_a_range() -> None:
    assert beats_of(in_metres((0, 4, 4), (6, 2, 2))) == [(0, 6), (6, 39)]


def test_a_signature_that_repeats_the_one_in_force_begins_none() -> None:
    assert beats_of(in_metres((0, 2, 2), (6, 2, 2), (13, 2, 2))) == [(0, 39)]


def test_why_a_file_without_drums_is_empty() -> None:
    assert why_empty(DrumTrack(480)) == "no drums on channel 10"
    assert why_empty(DrumTrack(480, unread=[0, 3])) == "no drums on channel 10: notes only on 1, 4"
    assert why_empty(DrumTrack(480, channels=frozenset((0, 2)))) == "no drums on channel 1, 3"
