import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.grid import MAX_STEPS, four_four, quantise, regions
from drumatlas.beat.smf import DrumTrack
from drumatlas.errors import MidiFileError


def track_of(steps: list[float], ticks_per_beat: int = 480, key: int = 36) -> DrumTrack:
    """Kicks at places given in 16ths."""
    return drums(
        [(round(step * ticks_per_beat / 4), key) for step in sorted(steps)], ticks_per_beat
    )


def drums(notes: list[tuple[int, int]], ticks_per_beat: int = 480) -> DrumTrack:
    """Notes of (tick, key)."""
    return DrumTrack(ticks_per_beat, [tick << 18 | 9 << 14 | key << 7 | 90 for tick, key in notes])


def test_no_signature_means_four_four() -> None:
    track = track_of([0, 10])
    assert four_four(track) == [(0, track.notes[-1][0] + 1)]


def test_only_stretches_in_four_four_count() -> None:
    track = track_of([0, 100])
    track.signatures = [(0, 4, 4), (1920, 3, 4), (3000, 4, 4), (4000, 4, 4)]
    assert four_four(track) == [(0, 1920), (3000, 12001)]


def test_a_file_in_another_metre_has_none() -> None:
    track = track_of([0, 100])
    track.signatures = [(0, 6, 8)]
    assert four_four(track) == []


@given(st.sets(st.integers(0, 63), min_size=1), st.floats(-0.2, 0.2))
def test_a_constant_shift_is_taken_out(steps: set[int], shift: float) -> None:
    places = [step + 8 + shift for step in steps]
    region = quantise(track_of(places, 960), 0, 1 << 20)
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
    on_grid, on_triplets = quantise(track_of(swung), 0, 1 << 20).misfit(0, 32)
    assert on_triplets < on_grid
    on_grid, on_triplets = quantise(track_of(straight), 0, 1 << 20).misfit(0, 32)
    assert on_grid < on_triplets


def test_nothing_to_quantise() -> None:
    assert quantise(track_of([]), 0, 100) is None
    assert quantise(track_of([0], key=3), 0, 100) is None
    assert quantise(track_of([0, 1e7]), 0, 1 << 40) is None  # an absurd time


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
