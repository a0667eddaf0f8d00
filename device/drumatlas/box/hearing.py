"""The MIDI input of `play`: a leader's clock to the sequencer, the rest to the MIDI panel."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drumatlas.errors import ConfigError

if TYPE_CHECKING:
    from drumatlas.box.box import Box
    from drumatlas.config.settings import PortSettings
    from drumatlas.daemon import Listener
    from drumatlas.play.port import InputPort


@dataclass(frozen=True, slots=True)
class Hearing:
    """An open input `port` and the `listener` that takes its messages, both None where there is
    no input; `source` is the clock in force: internal, external or auto."""

    source: str = "internal"  # without an input there is nobody to follow
    listener: "Listener | None" = None
    port: "InputPort | None" = None

    def close(self) -> None:
        """Close the port."""
        if self.port:
            self.port.close()


def open_input_of(box: "Box", arguments: argparse.Namespace, ports: "PortSettings") -> Hearing:
    """Open what `--midi-in`, else the configuration, names. ConfigError if there is no input but a
    clock to follow; unattended, an input that can't be opened is one of the engine's faults."""
    from drumatlas.box.unattended import open_anyhow

    if not arguments.unattended:
        return _open(box, arguments, ports)
    return open_anyhow(
        box.engine, "midi in", lambda: _open(box, arguments, ports), instead=Hearing()
    )


def _open(box: "Box", arguments: argparse.Namespace, ports: "PortSettings") -> Hearing:
    from drumatlas.daemon import Listener
    from drumatlas.midi.choose import open_input
    from drumatlas.play.clock_follower import Follower
    from drumatlas.play.settings import ClockSource

    source = arguments.clock or ports.clock.value
    wanted = arguments.midi_in or ports.input
    if wanted == "none" and source == "external":
        raise ConfigError("--clock external: needs --midi-in NAME (or virtual)")
    # The input first: where there is none, nobody may wait for a leader. What it hears before
    # somebody listens is lost; nothing plays yet.
    listening: list[Listener] = []

    def take(message: bytes, at_ns: int) -> None:
        for listener in listening:
            listener.take(message, at_ns)

    port = open_input(wanted, take, arguments.unattended)
    if port is None:
        return Hearing()
    follower = Follower(box.engine.sequencer, ClockSource(source))
    listening.append(listener := Listener(follower, box.midi.take))
    return Hearing(source, listener, port)
