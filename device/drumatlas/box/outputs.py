"""The MIDI outputs of `play`, opened while the rest of the box is loaded.

A synth that a crashed run has left hanging hears panic as soon as its port is open, which must
not wait for NumPy, the decoder and the atlas.
"""

import argparse
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drumatlas.errors import DrumatlasError
from drumatlas.midi.choose import open_outputs
from drumatlas.midi.port import NullPort, SeveralPorts
from drumatlas.midi.targets import Kind, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drumatlas.config.settings import Config
    from drumatlas.play.port import OutputPort


@dataclass(slots=True)
class Opened:
    """`hints` are for the user; `faults` what could not be had, by its source."""

    port: "OutputPort"
    hints: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


def open_all(wanted: "Sequence[str]", channels: tuple[int, ...], unattended: bool) -> Opened:
    """All that are `wanted`. Unattended each is on its own, and one that can't be had is done
    without; else it is a PortError."""
    if not unattended:
        return Opened(*open_outputs(wanted, channels))
    opened = Opened(NullPort())
    ports: list[OutputPort] = []
    for one in wanted:
        try:
            port, more = open_outputs([one], channels, waits=True)
        except DrumatlasError as error:
            opened.faults[f"midi out {one}"] = str(error)
        else:
            ports.append(port)
            opened.hints += more
    if ports:
        opened.port = ports[0] if len(ports) == 1 else SeveralPorts(ports)
    return opened


class Outputs:
    """Opens them in a thread. A take is opened when it is asked for: a start that fails must
    not leave an empty one."""

    def __init__(self, arguments: argparse.Namespace, config: "Config") -> None:
        self._wanted = arguments.midi_out or [config.ports.output]
        self._channels = config.player.channels
        self._unattended = bool(arguments.unattended)
        self._opened: Opened | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._open, name="midi-open", daemon=True)
        if Kind.FILE not in map(kind_of, self._wanted):
            self._thread.start()

    def _open(self) -> None:
        try:
            self._opened = open_all(self._wanted, self._channels, self._unattended)
        except BaseException as error:  # raised again where the port is asked for
            self._error = error

    def take(self) -> Opened:
        """What was opened, to be closed by the caller; the error that opening it gave."""
        if self._thread.ident is None:
            self._open()
        else:
            self._thread.join()
        if self._error:
            raise self._error
        assert self._opened is not None
        opened, self._opened = self._opened, None
        return opened

    def close(self) -> None:
        """Close what nobody has taken."""
        if self._thread.ident is not None:
            self._thread.join()
        if self._opened:
            self._opened.port.close()
            self._opened = None
