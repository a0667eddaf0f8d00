"""The engine: panels -> explorer -> sequencer. It is the slow loop, live or on a virtual clock.

The owner of the clock calls `tick(now)` about 100 times a second: the daemon with monotonic time,
`render` with a counter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from drumatlas.atlas.model import Atlas
from drumatlas.beat.codes import Code
from drumatlas.errors import one_line
from drumatlas.explore.control_values import ControlValues
from drumatlas.explore.controls import BY_NAME, Change, Press, Turn
from drumatlas.explore.encode import encode_beat
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.snapshot import Snapshot, name_of_program
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


@dataclass(frozen=True, slots=True)
class Fault:
    """A line for displays about something that does not work at present. `source` names the part
    of the box that found it."""

    source: str
    text: str


class Engine:
    """Owns the explorer and the values of the controls, and feeds the sequencer."""

    def __init__(
        self, atlas: Atlas, settings: PlaySettings, panels: Sequence[Panel], now_ns: int
    ) -> None:
        self.values = ControlValues(settings.bpm)
        self.explorer = Explorer(atlas, settings.seed, values=self.values)
        self.sequencer = Sequencer(settings, self.explorer.pattern, now_ns)
        self._played = settings.bpm, Feel()  # tempo and feel that the sequencer was given last
        self._panels = [*panels]
        self._faults: dict[str, tuple[Fault, ...]] = {}
        self._sent = self.explorer.pattern
        self._has_failed = False  # whether the explorer has failed in this tick
        self._taps = TapTempo()
        self._recall: tuple[str, int] | None = None  # (snapshot, cycle of the request)
        self.flags: dict[str, bool] = {}  # of other parts, for lamps: by the `lamp` of a control
        self.notices: dict[str, str] = {}  # what to tell the player, by the part that says it
        self.listeners: list[Callable[[Change], None]] = []  # each is called with each change

    @property
    def bpm(self) -> float:
        """The tempo to play at, BPM: the one that was set (`values.bpm`) or, as far as the control
        `climate` is on, the usual one of the place. `sequencer.bpm` is the one in force, which may
        be a leader's."""
        bpm = self.values.bpm
        share, climate = self.values["climate"], self.sequencer.pattern.climate
        return bpm * (climate[0] / bpm) ** share if share and climate else bpm

    @property
    def feel(self) -> Feel:
        """The swing to play with, as set or moved by `climate`, and the humanize that was set."""
        swing = self.values["swing"]
        share, climate = self.values["climate"], self.sequencer.pattern.climate
        if share and climate:
            swing += share * (climate[1] - swing)
        return Feel(swing, self.values["humanize"])

    @property
    def panels(self) -> tuple[Panel, ...]:
        """The panels that are polled, in this order."""
        return tuple(self._panels)

    def add_panel(self, panel: Panel) -> None:
        """Poll `panel` from the next tick on, after the other panels."""
        self._panels.append(panel)

    def remove_panel(self, panel: Panel) -> None:
        """Stop polling `panel` and forget its fault. Nothing happens if it was removed already."""
        self._panels = [other for other in self._panels if other is not panel]
        self.set_faults(_source_of(panel))

    @property
    def fault_records(self) -> list[Fault]:
        """The present faults with their sources."""
        return [fault for faults in self._faults.values() for fault in faults]

    @property
    def faults(self) -> list[str]:
        """The present faults, in lines for displays."""
        return [fault.text for fault in self.fault_records]

    def set_faults(self, source: str, *lines: str) -> None:
        """Replace the present faults of `source`. Without lines (or with "") it has none. Each
        text becomes one line that can be shown anywhere."""
        texts = filter(None, map(one_line, lines))
        self._faults[source] = tuple(Fault(source, text) for text in texts)

    def set_notice(self, source: str, text: str = "") -> None:
        """Replace the notice of `source`, as one line that can be shown anywhere; "" removes it."""
        if line := one_line(text):
            self.notices[source] = line
        else:
            self.notices.pop(source, None)

    def tick(self, now_ns: int, publishes: bool = True) -> None:
        """Read the panels, travel and publish at `now_ns`. A panel that fails is removed; nothing
        else stops.

        Without `publishes` the new pattern is not computed yet: for a renderer, which knows that
        none can come in.
        """
        self._has_failed = False
        for panel in self.panels:
            try:
                changes = panel.poll(now_ns)
            except Exception as error:  # a broken panel must not stop the beat
                self.remove_panel(panel)
                self.set_faults(_source_of(panel), f"panel {panel.name}: {error}")
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
        if self.values["climate"]:
            self._pass_on()  # a beat that has come in brings its tempo

    def publish(self) -> None:
        """Hand the present pattern to the sequencer. Before Start, it plays from the first step on;
        later, it comes in at the next point where patterns are swapped."""
        self._explore(self._publish)

    def attempt(
        self, source: str, step: Callable[[], object], label: str = "", *, clears: bool = True
    ) -> bool:
        """Call `step` and return whether it succeeded; the beat goes on in any case.

        A failure is shown as the fault of `source`, beginning with `label` (default: `source`),
        until an attempt of the same source succeeds. Without `clears` it stays until
        `set_faults` clears it.
        """
        try:
            step()
        except Exception as error:
            self.set_faults(source, f"{label or source}: {type(error).__name__}: {error}")
            return False
        if clears:
            self.set_faults(source)
        return True

    def _explore(self, step: Callable[[], None]) -> None:
        """Run `step`, which may decode a place. If it fails, the last beat plays on, and the fault
        is shown until another place is decoded (`_publish` clears it)."""
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
        for listener in self.listeners:
            listener(change)
        self.explorer.handle(change, now_ns)
        if isinstance(change, Turn) and BY_NAME[change.control].moves == "tempo":
            self.set_bpm(self.values.bpm)
        self._pass_on()

    def recall(self, program: int, now_ns: int) -> None:
        """Load the snapshot of `program` (0..127) at the end of the two bars that play, or at once
        while stopped. Nothing happens if there is none. The last request wins."""
        name = name_of_program(program, self.explorer.snapshots)
        if name:
            self._recall = name, self._cycle_at(now_ns)
            self._recall_when_due(now_ns)

    def land(self, code: Code, *, is_edit: bool = False) -> None:
        """Jump to the place of a beat, found with the atlas' encoder and a search around its answer
        (up to 197 points to decode). `is_edit`: the beat was made from the present one, so the
        present place may be a better beginning."""
        near = self.explorer.latent if is_edit else None
        self.explorer.go(encode_beat(self.explorer.atlas, code, near))

    def visit(self, kept: Snapshot) -> None:
        """Jump to a snapshot from outside."""
        self.explorer.visit(kept)
        self._pass_on()

    def restore(self, kept: Snapshot) -> None:
        """Be where a snapshot was taken; `undo` does not take it back."""
        self.explorer.restore(kept)
        self._pass_on()

    def _pass_on(self) -> None:
        """Give tempo and feel to the sequencer if a control, a snapshot or the climate of a place
        has changed them."""
        bpm, feel = self._played
        if self.bpm != bpm:
            self.set_bpm(self.values.bpm)
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
        fresh.copy_state(self.explorer)
        self.explorer = fresh

    def set_bpm(self, bpm: float) -> None:
        """Set the tempo (BPM) from the next tick on, also where the sequencer has kept the tempo
        of a leader that is gone."""
        self.values.bpm = bpm
        self._played = self.bpm, self._played[1]
        self.sequencer.set_tempo(self.bpm)

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
            self.set_faults("explorer")


def _source_of(panel: Panel) -> str:
    """Return the source of the fault of a panel that broke."""
    return f"panel {panel.name}"
