"""Assigns arrivals of MIDI clock to ticks, and fits the even grid that they lie on. Pure.

1. The period around each clock is the mean length of LAG clocks in a row, without those that
   contain a gap or a burst.
2. A gap of more than a beat is a pause. A period that moves by more than 5 % within two beats is a
   tempo change. Both split the clocks into stretches.
3. Within a stretch each clock falls into the nearest slot of a phase that follows slowly. Where a
   burst of clocks has more of them than slots, they first fill the empty slots before it (they were
   late). Clocks left over after that were sent twice. Slots that stay empty are missing clocks.
4. A straight line of least squares through (number, arrival) is the grid of the stretch.

Counts are exact where arrivals are off by at most a fifth of a period and one clock in twenty is
missing. Beyond that they are close.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from drumatlas.play.timeline import PPQN, ns_per_tick

MIN_CLOCKS = 8  # in a grid; a line through fewer fits too well to show anything
BUNCHED = 0.25  # of a period: a clock this soon after another is bunched
_BURST = 0.6  # of a period: a clock this soon after another catches up with it
NEW_TEMPO = 0.05  # relative, within two beats
LAG = 4  # clocks; this divides jitter by four, and one missing clock adds 25 %
_NEAR = 0.15  # relative distance from the median, up to which a value enters the mean
_WINDOW = 2 * PPQN + 1  # intervals around a clock; half of them may be outliers
_HOP = 6  # clocks from one window to the next
_GAIN = 0.2  # share of a phase error that the slots follow, as in ClockFilter

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grid:
    """A straight stretch of clocks. `phase_us` [n] holds the distance of each arrival from the
    line, `interval_us` [n-1] the distance of each interval from a whole number of periods; both
    absolute, in microseconds."""

    bpm: float
    phase_us: Floats
    interval_us: Floats

    @property
    def clocks(self) -> int:
        """How many clocks lie on the grid, without doubles."""
        return len(self.phase_us)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a run of clocks contains: its grids, and counts of faults."""

    grids: tuple[Grid, ...] = ()
    missing: int = 0
    bunched: int = 0
    pauses: int = 0
    tempo_changes: int = 0


def survey(arrivals_ns: Integers) -> Survey:
    """Analyse arrivals (monotonic ns, [n], in order) of one run of clocks."""
    times = np.maximum.accumulate(arrivals_ns)
    intervals = np.diff(times)
    if not len(intervals):
        return Survey()
    periods = _periods(times)
    holes = np.flatnonzero(intervals > PPQN * periods) + 1
    stretches: list[Integers] = []
    for run in np.split(times, holes):
        # A clock between two tempi ends one stretch and begins the next.
        edges = [0, *_tempo_changes(run), len(run) - 1]
        stretches += [run[a : b + 1] for a, b in pairwise(edges)]
    looked = [_stretch(stretch) for stretch in stretches]
    return Survey(
        grids=tuple(grid for grid, _ in looked if grid),
        missing=sum(missing for _, missing in looked),
        bunched=int(np.sum(intervals < BUNCHED * periods)),
        pauses=len(holes),
        tempo_changes=len(stretches) - len(holes) - 1,
    )


def _periods(times: Integers) -> Floats:
    """Return the usual interval (ns) around each one: [n + 1] clocks to [n]."""
    intervals = np.diff(times)
    windows, at = _windows(intervals)
    single = np.flatnonzero(np.append(True, intervals >= BUNCHED * _ranked(windows, 0.75)[at, 0]))
    lag = min(LAG, len(single) - 1)
    if lag == 0:
        return np.ones(len(intervals))  # all arrived in the same nanosecond
    windows, at = _windows((times[single[lag:]] - times[single[:-lag]]) / lag)
    usual = _ranked(windows, 0.3)  # below the median: gaps are likelier than leftover bursts
    is_near = np.abs(windows - usual) <= _NEAR * usual
    means = np.where(is_near, windows, 0).sum(1) / is_near.sum(1)
    middle = np.searchsorted(single, np.arange(len(intervals)), "right") - (lag + 1) // 2
    periods: Floats = means[at[np.clip(middle, 0, len(at) - 1)]]
    return np.maximum(periods, 1.0)


def _windows(values: NDArray[Any]) -> tuple[NDArray[Any], Integers]:
    """Return (windows [m, _WINDOW or less] of `values` [n], index of the window around each value
    [n])."""
    width = min(_WINDOW, len(values))
    windows = sliding_window_view(values, width)[::_HOP]
    at = np.arange(len(values)) - width // 2
    return windows, np.clip((at + _HOP // 2) // _HOP, 0, len(windows) - 1)


def _ranked(windows: NDArray[Any], rank: float) -> NDArray[Any]:
    """Return the value at `rank` 0..1 in the order of each window [m, w]: [m, 1]."""
    place = int(rank * windows.shape[1])
    return np.partition(windows, place, axis=1)[:, place, None]


def _tempo_changes(times: Integers) -> list[int]:
    """Return the indices of the clocks at which a new tempo begins."""
    if len(times) <= 2 * PPQN:
        return []
    periods, intervals = _periods(times), np.diff(times)
    before, after = periods[: -2 * PPQN], periods[2 * PPQN :]
    moved = np.abs(np.log(after / before)) > NEW_TEMPO
    edges = np.flatnonzero(np.diff(moved, prepend=False, append=False)).tolist()
    cuts = []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        # The split that best fits "old tempo until here, new tempo from here".
        span = intervals[first : last + 2 * PPQN]
        cost = np.cumsum(np.abs(span - before[first]) - np.abs(span - after[last - 1]))
        cuts.append(first + int(np.argmin(cost)) + 1)
    return cuts


def _stretch(times: Integers) -> tuple[Grid | None, int]:
    """Return (the grid if the stretch is long enough, number of missing clocks)."""
    if len(times) < 2:
        return None, 0
    position = np.append(0.0, np.cumsum(np.diff(times) / _periods(times)))
    slots = np.array(_slots(position.tolist()))
    follows = (np.diff(position) < _BURST) | (np.diff(slots) == 0)
    index, kept, missing = _number(slots, np.append(False, follows))
    if len(index) < MIN_CLOCKS:
        return None, missing
    return _fit(index, (times[kept] - times[0]).astype(np.float64)), missing


def _slots(positions: list[float]) -> list[int]:
    """Return the slot of each clock, from its position in periods."""
    slots: list[int] = []
    slot, phase, seen = -1, 0.0, 0
    for position in positions:
        at = position - phase
        nearest = max(floor(at + 0.5), slot)
        if nearest > slot:  # further clocks in the same slot say nothing about the phase
            slot, seen = nearest, seen + 1
            phase += max(_GAIN, 1 / seen) * (at - nearest)
        slots.append(slot)
    return slots


def _number(slots: Integers, follows: NDArray[np.bool_]) -> tuple[Integers, NDArray[np.bool_], int]:
    """Return (clock numbers without duplicates, mask [n] of the clocks kept, number missing).

    `follows` [n] says which clocks are in a burst with the one before.
    """
    is_first = np.append(True, np.diff(slots) > 0)  # of its slot
    burst = np.cumsum(~follows) - 1
    starts = np.flatnonzero(~follows)
    empty = np.diff(slots, prepend=slots[0] - 1) - 1
    surplus = np.bincount(burst, ~is_first).astype(np.int64)
    late = np.minimum(empty[starts], surplus)
    # The first surplus clocks of a burst are the late ones.
    rank = np.cumsum(~is_first) - np.repeat(np.cumsum(surplus) - surplus, np.bincount(burst))
    kept = is_first | (rank <= late[burst])
    used = np.concatenate([slots[is_first], *_before(slots[starts], late)])
    missing = int(np.sum(np.maximum(empty, 0))) - int(late.sum())
    return np.sort(used), kept, missing


def _before(slots: Integers, counts: Integers) -> list[Integers]:
    """Return the `counts` [n] slots just before each of `slots` [n]."""
    return [
        np.arange(slot - count, slot)
        for slot, count in zip(slots.tolist(), counts.tolist(), strict=True)
        if count
    ]


def _fit(index: Integers, times: Floats) -> Grid:
    away = index - index.mean()
    period = float(away @ times / (away @ away))
    phase = times - times.mean() - period * away
    interval = np.diff(times) - period * np.diff(index)
    return Grid(ns_per_tick(1.0) / period, np.abs(phase) / 1000, np.abs(interval) / 1000)
