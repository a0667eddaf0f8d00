"""Parts of the slow loop of a box that plays: faults, takes, status and state."""

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
    """Prints each new fault once, and when it is over: for a box without a screen."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._said: set[str] = set()

    def tick(self, _now_ns: int) -> None:
        """Look for new ones."""
        now = set(self._engine.faults)
        for fault in sorted(now - self._said):
            say(fault)
        for fault in sorted(self._said - now):
            say(f"over: {fault}")
        self._said = now  # one that comes again is said again

    def close(self) -> None:
        """The last ones."""
        self.tick(0)


class PortFaults:
    """Shows the faults of the MIDI ports among the engine's."""

    def __init__(self, engine: "Engine", ports: "Sequence[InputPort | OutputPort]") -> None:
        self._engine, self._ports = engine, ports

    def tick(self, _now_ns: int) -> None:
        """Look at each."""
        self._engine.set_faults("ports", *(port.fault for port in self._ports))

    def close(self) -> None:
        """Leave the ports open: `play` closes them."""


class OwnClockFault:
    """Shows it among the engine's faults if our own clock comes back at the MIDI input."""

    def __init__(self, engine: "Engine", own: "OwnClock") -> None:
        self._engine, self._own = engine, own

    def tick(self, now_ns: int) -> None:
        """Look whether it comes in."""
        self._engine.set_faults("own clock", self._own.fault(now_ns))

    def close(self) -> None:
        """Nothing to let go of."""


class KeepLastBars:
    """Writes the last bars of the tape when the button asks for them."""

    def __init__(
        self, engine: "Engine", tape: "Tape", takes: "Takes | None", talks: bool = False
    ) -> None:
        from drumatlas.explore.controls import Press

        self._engine, self._tape, self._takes, self._talks = engine, tape, takes, talks
        self._written: Path | None = None
        self._is_asked = False
        self._button = Press("keep")
        engine.listeners.append(self._hear)

    def _hear(self, change: "Change") -> None:
        """Write the last 8 bars at the next tick if the button asks for them."""
        self._is_asked |= change == self._button

    def tick(self, now_ns: int) -> None:
        """Take over what was played; write it if that was asked for."""
        self._tape.tick(now_ns)
        if self._is_asked:
            self._is_asked = False
            if self._takes is None:
                self._engine.set_faults("keep", "keep: no folder for takes; give one with --state")
            elif outputs := self._tape.last_bars(now_ns):
                self._takes.keep(outputs)
            else:
                self._engine.set_faults("keep", "keep: nothing was played yet")
        if self._takes and self._takes.fault:
            self._engine.set_faults("keep", self._takes.fault)
        if self._takes and self._takes.last != self._written:
            self._show(self._takes.last)

    def _show(self, path: "Path | None") -> None:
        self._engine.set_faults("keep")
        self._written = path
        self._engine.set_notice("keep", f"kept {path}")
        if self._talks:
            say(f"kept the last bars: {path}")

    def close(self) -> None:
        """Wait until what was asked for is written."""
        if self._takes:
            self._takes.close()
        self.tick(0)


def open_parts(
    box: "Box", tape: "Tape", input_port: "InputPort | None", *, talks: bool
) -> "list[Part]":
    """All of them; `talks` where no screen shows the faults."""
    from drumatlas.service.state_saver import StateSaver
    from drumatlas.service.status import StatusFile, own_folder
    from drumatlas.service.takes import Takes

    takes = Takes(box.store.folder) if box.store else None
    box.midi.echo.sent = tape.sent_since
    ports = [tape, input_port] if input_port else [tape]

    def names() -> dict[str, str]:
        return {"out": tape.name, "in": input_port.name if input_port else ""}

    parts: list[Part] = [
        PortFaults(box.engine, ports),
        KeepLastBars(box.engine, tape, takes, talks),
        StatusFile(box.engine, own_folder(), names, box.store.folder if box.store else None),
    ]
    if box.store:
        parts.append(StateSaver(box.engine, box.store, lambda: box.midi.learn.learned))
    parts += box.parts
    return [*parts, FaultLog(box.engine)] if talks else parts
