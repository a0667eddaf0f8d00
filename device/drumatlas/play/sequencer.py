"""The sequencer: pattern and transport in, time-stamped messages out. Pure; exact under a
virtual clock.

`advance(until)` gives every message due up to `until`, in order. Ticks are looked at a little
earlier than they are due, so that notes may come before their grid point.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, STEPS_PER_BEAT
from drumatlas.beat.pattern import Pattern, Step
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.errors import ConfigError
from drumatlas.play.events import (
    CLOCK,
    NOTE_OFF,
    NOTE_ON,
    RANK_CLOCK,
    RANK_OFF,
    RANK_ON,
    RANK_TRANSPORT,
    RELEASE_VELOCITY,
    START,
    STOP,
    Event,
    Output,
    TempoChange,
    panic,
)
from drumatlas.play.feel import HUMANIZE_NS, HUMANIZE_VELOCITY, SWING_MOST, Chance, Feel
from drumatlas.play.transport import (
    MAX_TEMPO,
    MIN_TEMPO,
    STEP_TICKS,
    Timeline,
    ns_per_tick,
)

EARLY_NS = HUMANIZE_NS  # how much before its time a tick is looked at
# From Start to the first clock: receivers want 1 ms at least, and a JACK port that delivers on
# a raster of 256 samples (5.3 ms) must not squeeze them into one period.
START_LEAD_NS = 10_000_000

# Where a new pattern comes in: every so many steps.
SWAPS = {"step": 1, "beat": STEPS_PER_BEAT, "bar": STEPS_PER_BAR, "end": STEPS}


@dataclass(frozen=True, slots=True)
class VoiceOut:
    """Where a voice goes: MIDI note 0..127, channel 0..15, or nowhere."""

    note: int
    channel: int = 9
    is_muted: bool = False


DEFAULT_VOICES = tuple(VoiceOut(voice.note) for voice in VOICE_TABLE)


@dataclass(frozen=True, slots=True)
class PlaySettings:
    """What does not change while playing. `gate` is a note's length in steps."""

    bpm: float = 120.0
    seed: int = 0
    swap: str = "bar"  # one of SWAPS
    gate: float = 0.5
    voices: tuple[VoiceOut, ...] = field(default=DEFAULT_VOICES)

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels that notes go out on."""
        return tuple(sorted({voice.channel for voice in self.voices}))


_Due = tuple[int, int, int, Output]  # at_ns, rank, order among equals, what
_Key = tuple[int, int]  # channel, note


class Sequencer:
    """One player. The slow loop calls `start`, `stop`, `set_*`, `play_fill` and `panic` from
    its own thread: each only appends to a queue, which `advance` takes at its next call."""

    def __init__(self, settings: PlaySettings, pattern: Pattern, now_ns: int) -> None:
        if settings.swap not in SWAPS:
            raise ConfigError(f"swap '{settings.swap}' is none of: {', '.join(SWAPS)}")
        self.settings = settings
        self.is_playing = False
        self.pattern = pattern  # what sounds
        self.on_step: Callable[[int, Pattern, Step], None] | None = None  # for recorders
        self._commands: deque[Callable[[], None]] = deque()
        self._waiting: Pattern | None = None  # swaps in at the next grid point
        self._fill: Pattern | None = None  # plays until the end of the bar
        self._feel = Feel()
        self._chance = Chance(settings.seed)
        self._timeline = Timeline(now_ns, 0, ns_per_tick(settings.bpm))
        self._next_tick = 0
        self._horizon_ns = now_ns  # everything up to here has been given out
        self._due: list[_Due] = []
        self._order = 0
        self._sounding: dict[_Key, int] = {}  # when each sounding note ends
        self._out: list[Output] = []

    # Called by the slow loop.

    def start(self) -> None:
        """Play from the top; nothing if it plays already."""
        self._commands.append(self._start)

    def stop(self) -> None:
        """End all notes and send Stop; nothing if it is stopped."""
        self._commands.append(self._stop)

    def toggle(self) -> None:
        """Start if stopped, stop if playing."""
        self._commands.append(lambda: self._stop() if self.is_playing else self._start())

    def set_pattern(self, pattern: Pattern) -> None:
        """Play `pattern` from the next grid point on; the newest wins."""
        self._commands.append(lambda: self._set_pattern(pattern))

    def play_fill(self, pattern: Pattern) -> None:
        """Play `pattern` from the next step to the end of the bar."""
        self._commands.append(lambda: self._set_fill(pattern))

    def set_tempo(self, bpm: float) -> None:
        """New tempo (clipped to 20..300 BPM) from the next tick on; the phase is kept."""
        bpm = min(max(bpm, MIN_TEMPO), MAX_TEMPO)
        self._commands.append(lambda: self._set_tempo(ns_per_tick(bpm)))

    def set_feel(self, feel: Feel) -> None:
        """Swing and humanize, from the next step on."""
        self._commands.append(lambda: self._set_feel(feel))

    def panic(self) -> None:
        """End every note, ours and others', on all channels in use."""
        self._commands.append(self._panic)

    def position_at(self, now_ns: int) -> int:
        """The step (0..31) that sounds at `now_ns`, for displays."""
        return max(int(self._timeline.tick_at(now_ns)) // STEP_TICKS, 0) % STEPS

    @property
    def bpm(self) -> float:
        """The tempo in force."""
        return ns_per_tick(1.0) / self._timeline.ns_per_tick

    # Called by the performer.

    def advance(self, until_ns: int) -> list[Output]:
        """Every message due after the last call and up to `until_ns`, in order of time.

        Commands take effect where the last call ended. A caller that comes late gets all that
        was due meanwhile, unless it called `skip_to` before.
        """
        self._out = []
        while self._commands:
            self._commands.popleft()()
        while self.is_playing:
            at_ns = self._timeline.time_of(self._next_tick)
            if at_ns > until_ns + EARLY_NS:
                break
            self._tick(self._next_tick, at_ns)
            self._next_tick += 1
        while self._due and self._due[0][0] <= until_ns:
            self._give(heapq.heappop(self._due))
        self._horizon_ns = max(until_ns, self._horizon_ns)
        return self._out

    def skip_to(self, now_ns: int) -> None:
        """Leave out the time from the last call to `now_ns`: all that is to come comes later by
        that much, at the same position. For a machine that slept: who follows our clock counts
        clocks, and a burst of them would throw it off."""
        gap_ns = now_ns - self._horizon_ns
        if gap_ns <= 0:
            return
        self._horizon_ns = now_ns
        self._timeline.anchor_ns += gap_ns
        self._due = [
            (at_ns + gap_ns, rank, order, replace(what, at_ns=what.at_ns + gap_ns))
            for at_ns, rank, order, what in self._due
        ]
        self._sounding = {key: ends_ns + gap_ns for key, ends_ns in self._sounding.items()}

    @property
    def horizon_ns(self) -> int:
        """Everything up to here has been given out."""
        return self._horizon_ns

    def _tick(self, tick: int, at_ns: int) -> None:
        self._push(RANK_CLOCK, Event(at_ns, CLOCK))
        if tick % STEP_TICKS:
            return
        step = tick // STEP_TICKS
        if self._waiting and step % SWAPS[self.settings.swap] == 0:
            self.pattern, self._waiting = self._waiting, None
        if step % STEPS_PER_BAR == 0:
            self._fill = None
        self._play_step(step, at_ns)

    def _play_step(self, step: int, at_ns: int) -> None:
        cycle = step // STEPS
        pattern = self._fill or self.pattern
        variant = self._chance.pick(len(pattern.cycles), cycle)
        hits = pattern.cycles[variant][step % STEPS]
        if self.on_step:
            self.on_step(step, pattern, hits)
        step_ns = self._timeline.ns_per_tick * STEP_TICKS
        late_ns = round(self._feel.swing * SWING_MOST * step_ns) if step % 2 else 0
        for voice, velocity in hits:
            out = self.settings.voices[voice]
            if out.is_muted:
                continue
            shift, loud = 0, velocity
            if self._feel.humanize:
                place = (cycle, step, voice)
                shift = round(self._chance.at(*place, 1) * self._feel.humanize * HUMANIZE_NS)
                more = self._chance.at(*place, 2) * self._feel.humanize * HUMANIZE_VELOCITY
                loud = min(max(velocity + round(more), 1), 127)
            # Never before the first clock after Start.
            due_ns = max(at_ns + late_ns + shift, self._timeline.anchor_ns if step == 0 else 0)
            message = bytes((NOTE_ON | out.channel, out.note, loud))
            self._push(RANK_ON, Event(due_ns, message))

    def _push(self, rank: int, what: Output) -> None:
        self._order += 1
        heapq.heappush(self._due, (what.at_ns, rank, self._order, what))

    def _give(self, due: _Due) -> None:
        """Give out one message; a note-on first ends the same note, and arranges for its end."""
        at_ns, rank, _, what = due
        if isinstance(what, Event) and rank in {RANK_ON, RANK_OFF}:
            key = (what.data[0] & 0x0F, what.data[1])
            if rank == RANK_OFF and self._sounding.get(key) != at_ns:
                return  # the note was struck again since; that one's end comes later
            if self._sounding.pop(key, None) is not None and rank == RANK_ON:
                self._out.append(_note_off(at_ns, key))
            if rank == RANK_ON:
                self._end_later(key, at_ns)
        self._out.append(what)

    def _end_later(self, key: _Key, at_ns: int) -> None:
        length_ns = round(self._timeline.ns_per_tick * STEP_TICKS * self.settings.gate)
        ends_ns = at_ns + max(length_ns, 1)
        self._sounding[key] = ends_ns
        self._push(RANK_OFF, _note_off(ends_ns, key))

    # Commands, run by `advance` at the horizon.

    def _start(self) -> None:
        if self.is_playing:
            return
        at_ns = self._horizon_ns
        first_ns = at_ns + START_LEAD_NS
        self._apply_now()
        self._timeline = Timeline(first_ns, 0, self._timeline.ns_per_tick)
        self._next_tick = 0
        self.is_playing = True
        self._out.append(Event(at_ns, START))
        change = TempoChange(first_ns, 0, self._timeline.ns_per_tick, is_start=True)
        self._push(RANK_TRANSPORT, change)

    def _stop(self) -> None:
        if not self.is_playing:
            return
        self.is_playing = False
        self._due.clear()
        self._fill = None
        self._silence()
        self._out.append(Event(self._horizon_ns, STOP))
        self._apply_now()

    def _silence(self) -> None:
        for key in sorted(self._sounding):
            self._out.append(_note_off(self._horizon_ns, key))
        self._sounding.clear()

    def _panic(self) -> None:
        self._due = [due for due in self._due if due[1] != RANK_OFF]
        heapq.heapify(self._due)
        self._silence()
        self._out.extend(panic(self._horizon_ns, self.settings.channels))

    def _apply_now(self) -> None:
        """What waits for a grid point comes in at once while stopped."""
        if self._waiting:
            self.pattern, self._waiting = self._waiting, None

    def _set_pattern(self, pattern: Pattern) -> None:
        self._waiting = pattern
        if not self.is_playing:
            self._apply_now()

    def _set_fill(self, pattern: Pattern) -> None:
        if self.is_playing:
            self._fill = pattern

    def _set_feel(self, feel: Feel) -> None:
        self._feel = feel

    def _set_tempo(self, tick_ns: float) -> None:
        """At the next tick, which is not given out yet, so that no two clocks bunch."""
        line = self._timeline
        if not self.is_playing:
            line.ns_per_tick = tick_ns
        elif tick_ns != line.ns_per_tick:
            line.change_tempo(self._next_tick, tick_ns)
            change = TempoChange(line.anchor_ns, line.anchor_tick, tick_ns)
            self._push(RANK_TRANSPORT, change)


def _note_off(at_ns: int, key: _Key) -> Event:
    channel, note = key
    return Event(at_ns, bytes((NOTE_OFF | channel, note, RELEASE_VELOCITY)))
