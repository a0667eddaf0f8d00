"""The engine: panels -> explorer -> sequencer. It is the slow loop, live or on a virtual clock.

The owner of the clock calls `tick(now)` about 100 times a second: the daemon with monotonic time,
`render` with a counter.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from drumatlas.atlas.model import Atlas
from drumatlas.beat.codes import Code, grids
from drumatlas.errors import one_line
from drumatlas.explore.control_values import ControlValues
from drumatlas.explore.controls import BY_NAME, Change, Press, Turn
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.snapshot import Snapshot, place_of_program
from drumatlas.play.feel import Feel
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings
from drumatlas.play.tap import TapTempo
from drumatlas.play.timeline import BAR_TICKS, CYCLE_TICKS, STEP_TICKS

TICK_NS = 10_000_000  # period of the slow loop


class Panel(Protocol):
    """A source of controls. The slow loop polls it about 100 times a second."""

    name: str

    def poll(self, now_ns: int) -> list[Change]:
        """Return the changes since the last call, in order. Never blocks."""

    def close(self) -> None:
        """Release the hardware, and leave the terminal as it was."""


class Engine:
    """Owns the explorer and the values of the controls, and feeds the sequencer."""

    def __init__(
        self, atlas: Atlas, settings: PlaySettings, panels: Sequence[Panel], now_ns: int
    ) -> None:
        self.values = ControlValues(settings.bpm)
        self.explorer = Explorer(atlas, settings.seed, settings.map_mode, self.values)
        self.sequencer = Sequencer(settings, self.explorer.pattern, now_ns)
        self._played = settings.bpm, Feel()  # tempo and feel that the sequencer was given last
        self.panels = panels
        self._faults: dict[str, tuple[str, ...]] = {}
        self._sent = self.explorer.pattern
        self._has_failed = False  # whether the explorer has failed in this tick
        self._taps = TapTempo()
        self._recall: tuple[str, int] | None = None  # (snapshot, cycle of the request)
        self.flags: dict[str, bool] = {}  # further states to show, by name
        # Called for each change, by MIDI learn; and to write the last bars to a file.
        self.on_change: Callable[[Change], None] = lambda _: None
        self.on_keep: Callable[[], None] = lambda: None

    @property
    def bpm(self) -> float:
        """The tempo that hands have set, BPM. `sequencer.bpm` is the one in force, which may be a
        leader's."""
        return self.values.bpm

    @property
    def feel(self) -> Feel:
        """Swing and humanize as hands have set them."""
        return Feel(self.values["swing"], self.values["humanize"])

    @property
    def faults(self) -> list[str]:
        """The present faults, in lines for displays."""
        return [line for lines in self._faults.values() for line in lines]

    def tell(self, source: str, *lines: str) -> None:
        """Set the present faults of `source` to `lines`; none (or '') if there are none. Each
        becomes one line that can be shown anywhere."""
        self._faults[source] = tuple(filter(None, map(one_line, lines)))

    def tick(self, now_ns: int, publishes: bool = True) -> None:
        """Read the panels, travel and publish at `now_ns`. A panel that fails is removed; nothing
        else stops.

        Without `publishes` the new pattern is not computed yet: for a renderer, which knows that
        none can come in.
        """
        self._has_failed = False
        for panel in list(self.panels):
            try:
                changes = panel.poll(now_ns)
            except Exception as error:  # a broken panel must not stop the beat
                self.panels = [other for other in self.panels if other is not panel]
                self.tell(f"panel {panel.name}", f"panel {panel.name}: {error}")
                continue
            for change in changes:
                self._explore(lambda change=change: self.handle(change, now_ns))  # type: ignore[misc]
        self._explore(lambda: self._recall_when_due(now_ns))
        self._explore(lambda: self.explorer.tick(now_ns, self._bar_at(now_ns)))
        if self.explorer.fill is not None:
            self.sequencer.play_fill(self.explorer.fill)
            self.explorer.fill = None
        if publishes:
            self.publish()

    def publish(self) -> None:
        """Hand the present pattern to the sequencer. Before Start, it plays from the first step on;
        later, it comes in at the next point where patterns are swapped."""
        self._explore(self._publish)

    def attempt(
        self, source: str, step: Callable[[], object], label: str = "", *, clears: bool = True
    ) -> bool:
        """Call `step` and return whether it succeeded; the beat goes on in any case.

        A failure is shown as the fault of `source`, beginning with `label` (default: `source`),
        until an attempt of the same source succeeds. Without `clears` it stays until `tell` clears
        it.
        """
        try:
            step()
        except Exception as error:
            self.tell(source, f"{label or source}: {type(error).__name__}: {error}")
            return False
        if clears:
            self.tell(source)
        return True

    def _explore(self, step: Callable[[], None]) -> None:
        """Do a step that may decode a place. If it can't, the last beat goes on, and the fault is
        shown until another place is decoded (which `_publish` knows)."""
        self._has_failed |= not self.attempt("explorer", step, clears=False)

    def handle(self, change: Change, now_ns: int) -> None:
        """Apply one change: transport and tempo here, everything else in the explorer."""
        if isinstance(change, Press):
            if change.button == "play":
                self.sequencer.toggle()
            elif change.button == "panic":
                self.sequencer.panic()
            elif change.button == "tap":
                self._tap(now_ns)
            elif change.button == "keep":
                self.on_keep()
        self.on_change(change)
        self.explorer.handle(change, now_ns)
        if isinstance(change, Turn) and BY_NAME[change.control].moves == "tempo":
            self.set_bpm(self.bpm)
        self._pass_on()

    def recall(self, program: int, now_ns: int) -> None:
        """Load the snapshot of `program` (0..127) at the end of the two bars that play, or at once
        while stopped. Nothing happens if there is none. The last request wins."""
        name = place_of_program(program, self.explorer.snapshots)
        if name:
            self._recall = name, self._cycle_at(now_ns)
            self._recall_when_due(now_ns)

    def land(self, code: Code) -> None:
        """Jump to the place of a beat, found with the atlas' encoder."""
        self.explorer.go(self.explorer.atlas.encode(grids([code]).astype("float32"))[0])

    def visit(self, kept: Snapshot) -> None:
        """Jump to a snapshot from outside."""
        self.explorer.visit(kept)
        self._pass_on()

    def restore(self, kept: Snapshot) -> None:
        """Be where a snapshot was taken; `undo` does not take it back."""
        self.explorer.restore(kept)
        self._pass_on()

    def _pass_on(self) -> None:
        """Give tempo and feel to the sequencer if a hand or a snapshot has changed them."""
        bpm, feel = self._played
        if self.bpm != bpm:
            self.set_bpm(self.bpm)
        if self.feel != feel:
            self.sequencer.set_feel(self.feel)
        self._played = self.bpm, self.feel

    def _cycle_at(self, now_ns: int) -> int:
        return int(self.sequencer.tick_at(now_ns)) // CYCLE_TICKS

    def _bar_at(self, now_ns: int) -> int | None:
        """Return the bar that plays. In the second half of its last step it is already the next
        one, whose line is then the next grid point for any `swap`. None while stopped."""
        if not self.sequencer.is_playing:
            return None
        return int(self.sequencer.tick_at(now_ns) + STEP_TICKS // 2) // BAR_TICKS

    def _recall_when_due(self, now_ns: int) -> None:
        """Load the requested snapshot in the last step of the cycle: the next grid point is then
        its end, for any `swap`."""
        if self._recall is None:
            return
        name, cycle = self._recall
        tick = self.sequencer.tick_at(now_ns) % CYCLE_TICKS
        is_last = tick >= CYCLE_TICKS - STEP_TICKS
        if is_last or self._cycle_at(now_ns) != cycle or not self.sequencer.is_playing:
            self._recall = None
            self.explorer.load(name)
            self._pass_on()

    def change_atlas(self, fresh: Explorer) -> None:
        """Go on with the explorer of another atlas; its beat comes in at the next swap point."""
        fresh.take_over(self.explorer)
        self.explorer = fresh

    def set_bpm(self, bpm: float) -> None:
        """Set the tempo (BPM) from the next tick on, also where the sequencer has kept the tempo
        of a leader that is gone."""
        self.values.bpm = bpm
        self._played = bpm, self._played[1]
        self.sequencer.set_tempo(bpm)

    def _tap(self, now_ns: int) -> None:
        bpm = self._taps.tap(now_ns)
        if bpm is not None:
            self.set_bpm(bpm)

    def _publish(self) -> None:
        pattern = self.explorer.pattern
        if pattern is self._sent:
            return
        if pattern != self._sent:
            self.sequencer.set_pattern(pattern)
        self._sent = pattern
        if not self._has_failed:
            self.tell("explorer")
