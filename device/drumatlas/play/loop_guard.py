"""Keeps our own clock from being followed when it comes back. Pure; see `own_clock`."""

from math import inf

from drumatlas.play.clock_count import Expected
from drumatlas.play.own_clock import LATE_NS, PROBE, PROBE_TICKS, OwnClock, ThruLoop
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.timeline import ns_per_tick

_DUE = 0.12  # of a period: a clock this close to its time is the leader's
_TOGETHER_NS = 6_000_000  # two clocks this close are one of ours and one of the leader's
_EXTRA = 0.3  # of a period: a clock this early is an extra one
_CALM = 0.1  # of a period: with a larger mean error of the leader, extra clocks don't show
_TOLERANCE = 0.002  # relative; a tempo that differs by more was set by the player


class LoopGuard:
    """Filters clocks between the input and the follower. Feed it from one thread."""

    def __init__(self, sequencer: Sequencer, own: OwnClock) -> None:
        self._sequencer, self._own = sequencer, own
        self._probe: list[tuple[int, float]] = []  # (when, tempo) still to be set
        self._probed: ThruLoop | None = None
        self._set = 0.0  # the tempo that the probe has set
        self._counted_ns = -1 << 62  # when the leader's last clock came
        self._pair_ns: int | None = None  # a clock that may be ours or the leader's
        self._held_ns: int | None = None  # a clock that may be an extra one

    def leads(self, at_ns: int) -> bool:
        """Return, while leading, whether a clock is or may be somebody else's."""
        period_ns = ns_per_tick(self._sequencer.bpm)
        loop = self._own.loop(at_ns, period_ns)
        if loop is None:
            return True
        if self._own.needs_probe(loop) and not self._probe and self._sequencer.is_playing:
            self._begin_probe(loop, at_ns, period_ns)
        return not loop.is_ours

    def is_free(self) -> bool:
        """Return whether no incoming clock may be ours."""
        return not self._own.has_suspect()

    def _begin_probe(self, loop: ThruLoop, at_ns: int, period_ns: float) -> None:
        bpm, length_ns = self._sequencer.bpm, round(PROBE_TICKS * period_ns)
        self._probed, self._set = loop, bpm * (1 + PROBE)
        self._sequencer.set_tempo(self._set)
        self._probe = [
            (at_ns + length_ns, bpm * (1 - PROBE)),
            (at_ns + 2 * length_ns, bpm),
            (at_ns + 2 * length_ns + LATE_NS, 0.0),
        ]

    def tick(self, now_ns: int) -> None:
        """Let time pass: advance the probe."""
        if not self._probe:
            return
        if self._probed and not self._own.is_there(self._probed):
            self._own.acquit()
            self._probed = None
            del self._probe[:-2]  # restore our tempo
        elif now_ns < self._probe[0][0]:
            return
        _, bpm = self._probe.pop(0)
        if self._sequencer.is_following:
            self._probe.clear()
        elif not bpm:
            if self._probed and self._own.is_there(self._probed):
                self._probed.is_ours = True
        elif abs(self._sequencer.bpm / self._set - 1) < _TOLERANCE:
            self._set = bpm
            self._sequencer.set_tempo(bpm)

    def follows(self, at_ns: int, expected: Expected) -> list[int]:
        """Return the clocks to count, by their arrivals (monotonic ns), while following and passing
        the clock on. A clock that may be ours waits for the next one, which shows whether it was an
        extra one."""
        pair_ns, self._pair_ns = self._pair_ns, None
        error_ns = self._own.return_error_ns(at_ns)
        if pair_ns is not None and at_ns - pair_ns < _TOGETHER_NS:
            self._own.note_ours(at_ns)
            self._counted_ns = at_ns
            is_first_ours = self._own.return_error_ns(pair_ns) < error_ns
            return [at_ns if is_first_ours else pair_ns]
        before = [] if pair_ns is None else [pair_ns]
        if error_ns < inf and self._own.comes_with_leader(expected.period_ns):
            if at_ns - self._counted_ns < _TOGETHER_NS:
                self._own.note_ours(at_ns)
            else:
                self._pair_ns = at_ns
            return before
        self._counted_ns = at_ns
        return before + self._between_clocks(at_ns, error_ns < inf, expected)

    def _between_clocks(self, at_ns: int, may_return: bool, expected: Expected) -> list[int]:
        """Do the same as `follows` where our clocks come back between two of the leader's."""
        held_ns, self._held_ns = self._held_ns, None
        early_ns, period_ns = expected.due_ns - at_ns, expected.period_ns
        is_due = expected.is_locked and abs(early_ns) < _DUE * period_ns
        if may_return and not is_due:
            self._own.note_ours(at_ns)
            self._held_ns = held_ns
            return []
        if not expected.is_locked:
            return [at_ns]
        if held_ns is not None:
            if abs(early_ns) < _EXTRA * period_ns:
                self._own.note_ours(held_ns)
                return [at_ns]
            if early_ns > 0:  # another loop
                self._held_ns = held_ns
                return []
            return [held_ns, at_ns]
        is_extra = early_ns > _EXTRA * period_ns and expected.spread_ns < _CALM * period_ns
        if is_extra and self._own.is_sending(at_ns):
            self._held_ns = at_ns
            return []
        return [at_ns]
