"""Parts of the slow loop of a running box: faults, takes, status and state."""

from typing import TYPE_CHECKING

from drumatlas.commandline import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drumatlas.box.box import Box
    from drumatlas.daemon import Part
    from drumatlas.engine import Engine
    from drumatlas.explore.controls import Change
    from drumatlas.midi.files.tape import Tape
    from drumatlas.play.own_clock import OwnClock
    from drumatlas.play.port import InputPort, OutputPort
    from drumatlas.service.takes import Takes


class FaultLog:
    """Prints each fault when it begins and when it ends, for a box without a screen."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._before: set[str] = set()

    def tick(self, _now_ns: int) -> None:
        """Print the faults that began or ended since the last tick."""
        now = set(self._engine.faults)
        for fault in sorted(now - self._before):
            say(fault)
        for fault in sorted(self._before - now):
            say(f"resolved: {fault}")
        self._before = now

    def close(self) -> None:
        """Print the last faults."""
        self.tick(0)


class PortFaults:
    """Shows the faults of the MIDI ports among the engine's."""

    def __init__(self, engine: "Engine", ports: "Sequence[InputPort | OutputPort]") -> None:
        self._engine, self._ports = engine, ports

    def tick(self, _now_ns: int) -> None:
        """Copy the ports' faults to the engine."""
        self._engine.set_faults("ports", *(port.fault for port in self._ports))

    def close(self) -> None:
        """Leave the ports open: `play` closes them."""


class OwnClockFault:
    """Shows a fault of the engine while our own clock comes back at the MIDI input."""

    def __init__(self, engine: "Engine", own: "OwnClock") -> None:
        self._engine, self._own = engine, own

    def tick(self, now_ns: int) -> None:
        """Copy the fault, if there is one, to the engine."""
        self._engine.set_faults("own clock", self._own.fault(now_ns))

    def close(self) -> None:
        """Do nothing: nothing is open."""


class KeepLastBars:
    """Saves the last bars of the tape when the keep button is pressed."""

    def __init__(
        self, engine: "Engine", tape: "Tape", takes: "Takes | None", prints: bool = False
    ) -> None:
        from drumatlas.explore.controls import Press

        self._engine, self._tape, self._takes, self._prints = engine, tape, takes, prints
        self._written: Path | None = None
        self._is_asked = False
        self._button = Press("keep")
        engine.listeners.append(self._on_control)

    def _on_control(self, change: "Change") -> None:
        """Save the last 8 bars at the next tick if the button asks for them."""
        self._is_asked |= change == self._button

    def tick(self, now_ns: int) -> None:
        """Store what was played since the last tick; save the last bars if the button asked."""
        self._tape.tick(now_ns)
        if self._is_asked:
            self._is_asked = False
            if self._takes is None:
                self._engine.set_faults(
                    "keep", "keep: no folder for takes; choose one with --state"
                )
            elif outputs := self._tape.last_bars(now_ns):
                self._takes.keep(outputs)
            else:
                self._engine.set_faults("keep", "keep: nothing played yet")
        if self._takes and self._takes.fault:
            self._engine.set_faults("keep", self._takes.fault)
        if self._takes and self._takes.last != self._written:
            self._show(self._takes.last)

    def _show(self, path: "Path | None") -> None:
        self._engine.set_faults("keep")
        self._written = path
        self._engine.set_notice("keep", f"kept {path}")
        if self._prints:
            say(f"saved the last bars: {path}")

    def close(self) -> None:
        """Wait until the bars that were asked for are written."""
        if self._takes:
            self._takes.close()
        self.tick(0)


def open_parts(
    box: "Box", tape: "Tape", input_port: "InputPort | None", *, prints: bool
) -> "list[Part]":
    """Return all parts; with `prints`, faults go to stderr because no screen shows them."""
    from drumatlas.folders import runtime_folder
    from drumatlas.service.state_saver import StateSaver
    from drumatlas.service.status import StatusFile
    from drumatlas.service.takes import Takes

    takes = Takes(box.store.folder) if box.store else None
    box.midi.echo.sent = tape.sent_since
    ports = [tape, input_port] if input_port else [tape]

    def names() -> dict[str, str]:
        return {"out": tape.name, "in": input_port.name if input_port else ""}

    parts: list[Part] = [
        PortFaults(box.engine, ports),
        KeepLastBars(box.engine, tape, takes, prints),
        StatusFile(box.engine, runtime_folder(), names, box.store.folder if box.store else None),
    ]
    if box.store:
        parts.append(StateSaver(box.engine, box.store, lambda: box.midi.learn.learned))
    parts += box.parts
    return [*parts, FaultLog(box.engine)] if prints else parts
