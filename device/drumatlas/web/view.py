"""Snapshots of a running box for the page: plain values, taken by the slow loop in one go."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from drumatlas.atlas.model import Atlas
from drumatlas.beat.pattern import Pattern
from drumatlas.engine import Engine
from drumatlas.explore.controls import SLOTS
from drumatlas.play.chance import Chance
from drumatlas.play.timeline import CYCLE_TICKS, Timeline, ns_per_tick

_ADRIFT = 0.25  # ticks (5 ms at 120 BPM): largest error of a playhead before it is corrected


@dataclass(frozen=True, slots=True)
class Run:
    """The transport: at `at_ns` (monotonic) it is at `tick` (24 a beat). While playing it advances
    at `bpm`, the tempo in force; while stopped it stays there."""

    tick: float
    at_ns: int
    bpm: float
    is_playing: bool
    is_following: bool
    is_locked: bool

    def goes_on_as(self, later: "Run") -> bool:
        """Return whether a page that knows this run can compute `later` from it."""
        if (self.is_playing, self.is_following, self.is_locked) != (
            later.is_playing,
            later.is_following,
            later.is_locked,
        ):
            return False
        line = Timeline(self.at_ns, self.tick, ns_per_tick(self.bpm))
        expected = line.tick_at(later.at_ns) if self.is_playing else self.tick
        return self.bpm == later.bpm and abs(expected - later.tick) < _ADRIFT


@dataclass(frozen=True, slots=True)
class View:
    """The state of a box at one moment. `knobs` and `z` [4] are where the player asked to be, in
    `atlas`. `plays` is the pattern that sounds (its cycle `variant`), `comes` the next one."""

    run: Run = field(compare=False)
    atlas: Atlas
    wanted_bpm: float
    values: Mapping[str, float]
    knobs: tuple[float, ...]
    z: tuple[float, ...]
    point: int | None  # of the map, if the player went there and still is there
    plays: Pattern
    variant: int
    comes: Pattern
    map_mode: str
    mutes: tuple[int, ...]
    slots: tuple[str, ...]
    learned: Mapping[int, str]
    flags: Mapping[str, bool]
    notices: Mapping[str, str]
    faults: tuple[str, ...]
    ports: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """State from outside the engine: the names of the ports, whether a leader's clock is locked,
    the learnt controllers, and the map point that knobs [4] were set to."""

    ports: Callable[[], Mapping[str, str]]
    is_locked: Callable[[], bool]
    learned: Callable[[], Mapping[int, str]]
    point_at: Callable[[tuple[float, ...]], int | None]


class ViewReader:
    """Takes views of an engine. Called by the slow loop."""

    def __init__(self, engine: Engine, facts: Facts) -> None:
        self.engine, self._facts = engine, facts
        self._chance = Chance(engine.sequencer.settings.seed)

    def look(self, now_ns: int) -> View:
        """Return a view at `now_ns` (monotonic). It reads only values that are already computed."""
        engine, explorer = self.engine, self.engine.explorer
        sequencer = engine.sequencer
        tick = sequencer.tick_at(now_ns)
        plays = sequencer.pattern
        knobs = tuple(explorer.knobs.tolist())
        return View(
            run=Run(
                tick,
                now_ns,
                sequencer.bpm,
                sequencer.is_playing,
                sequencer.is_following,
                self._facts.is_locked(),
            ),
            atlas=explorer.atlas,
            wanted_bpm=engine.bpm,
            values=dict(engine.values),
            knobs=knobs,
            z=tuple(explorer.latent.tolist()),
            point=self._facts.point_at(knobs),
            plays=plays,
            variant=self._variant(plays, tick),
            comes=explorer.pattern,
            map_mode=explorer.map_mode,
            mutes=self._mutes(),
            slots=tuple(slot for slot in SLOTS if slot in explorer.snapshots),
            learned=self._facts.learned(),
            flags={
                "frozen": explorer.frozen,
                "wandering": explorer.is_wandering,
                "novelty": explorer.novelty,
                **engine.flags,
            },
            notices=dict(engine.notices),
            faults=tuple(engine.faults),
            ports=self._facts.ports(),
        )

    def _variant(self, pattern: Pattern, tick: float) -> int:
        if len(pattern.cycles) == 1:
            return 0
        return self._chance.pick(len(pattern.cycles), max(int(tick), 0) // CYCLE_TICKS)

    def _mutes(self) -> tuple[int, ...]:
        voices = self.engine.sequencer.settings.voices
        return tuple(bit for bit, out in enumerate(voices) if out.is_muted)
