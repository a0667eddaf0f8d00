"""The MIDI input of `play`: clock goes to the follower, everything else to the MIDI panel."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drumatlas.errors import ConfigError

if TYPE_CHECKING:
    from drumatlas.box.box import Box
    from drumatlas.config.keys import Config
    from drumatlas.daemon import Listener
    from drumatlas.play.port import InputPort


@dataclass(frozen=True, slots=True)
class MidiInput:
    """An open input.

    `source` is the clock source in use: internal, external or auto. `listener` receives the
    messages of `port`; both are None if there is no input.
    """

    source: str = "internal"  # without an input there is no clock to follow
    listener: "Listener | None" = None
    port: "InputPort | None" = None

    def close(self) -> None:
        """Close the port."""
        if self.port:
            self.port.close()


def open_midi_input(box: "Box", arguments: argparse.Namespace, config: "Config") -> MidiInput:
    """Open the input that `--midi-in`, else the configuration, names.

    Raises ConfigError if the clock is external but there is no input, and PortError if the port
    can't be opened. With --unattended, either is shown as a fault of the engine instead.
    """
    from drumatlas.box.unattended import open_or_report

    if not arguments.unattended:
        return _open(box, arguments, config)
    return open_or_report(
        box.engine, "midi in", lambda: _open(box, arguments, config), default=MidiInput()
    )


def _open(box: "Box", arguments: argparse.Namespace, config: "Config") -> MidiInput:
    from drumatlas.daemon import Listener
    from drumatlas.midi.choose import open_input
    from drumatlas.play.clock_follower import Follower
    from drumatlas.play.settings import ClockSource

    source = arguments.clock or str(config["clock.source"])
    wanted = arguments.midi_in or str(config["midi.in"])
    if wanted == "none" and source == "external":
        raise ConfigError("--clock external: needs --midi-in NAME (or virtual)")
    # Open the port before making a follower: without a port, the box must not wait for a clock.
    # Messages that arrive before the listener exists are lost, but nothing plays yet.
    listeners: list[Listener] = []

    def receive(message: bytes, at_ns: int) -> None:
        for listener in listeners:
            listener.take(message, at_ns)

    port = open_input(wanted, receive, arguments.unattended)
    if port is None:
        return MidiInput()
    follower = Follower(box.engine.sequencer, ClockSource(source))
    listeners.append(listener := Listener(follower, box.midi.receive))
    return MidiInput(source, listener, port)
