"""The MIDI outputs of `play`, opened while the rest of the box is loaded.

If a run crashed and left notes hanging, the synth is sent panic messages as soon as its port is
open. This must not wait for NumPy, the decoder and the atlas.
"""

import argparse
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drumatlas.errors import DrumatlasError
from drumatlas.midi.choose import open_outputs
from drumatlas.midi.port import NullPort, SeveralPorts
from drumatlas.midi.targets import USAGES, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drumatlas.config.settings import Config
    from drumatlas.play.port import OutputPort


@dataclass(slots=True)
class OpenedOutputs:
    """Open outputs, joined to one `port`. `hints` are messages for the user; `faults` are the
    errors of outputs that could not be opened, by source."""

    port: "OutputPort"
    hints: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


def open_all(wanted: "Sequence[str]", channels: tuple[int, ...], unattended: bool) -> OpenedOutputs:
    """Open every output in `wanted`, to be sent panic on `channels` (0 to 15).

    Raises PortError if one can't be opened. If `unattended`, such an output is left out and
    reported in `faults`.
    """
    if not unattended:
        return OpenedOutputs(*open_outputs(wanted, channels))
    opened = OpenedOutputs(NullPort())
    ports: list[OutputPort] = []
    for name in wanted:
        try:
            port, hints = open_outputs([name], channels, waits=True)
        except DrumatlasError as error:
            opened.faults[f"midi out {name}"] = str(error)
        else:
            ports.append(port)
            opened.hints += hints
    if ports:
        opened.port = ports[0] if len(ports) == 1 else SeveralPorts(ports)
    return opened


class Outputs:
    """Opens the outputs in a thread.

    If one writes a file, all are opened in `result` instead, without a thread: a start that fails
    must not leave an empty file.
    """

    def __init__(self, arguments: argparse.Namespace, config: "Config") -> None:
        self._wanted = arguments.midi_out or [config.ports.output]
        self._channels = config.player.channels
        self._unattended = bool(arguments.unattended)
        self._opened: OpenedOutputs | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._open, name="midi-open", daemon=True)
        if not any(USAGES[kind_of(word)].writes_file for word in self._wanted):
            self._thread.start()

    def _open(self) -> None:
        try:
            self._opened = open_all(self._wanted, self._channels, self._unattended)
        except BaseException as error:  # raised again by `result`
            self._error = error

    def result(self) -> OpenedOutputs:
        """Wait for the outputs and return them; the caller must close them.

        Raises the error that opening them raised.
        """
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
        """Close the outputs, unless `result` gave them away."""
        if self._thread.ident is not None:
            self._thread.join()
        if self._opened:
            self._opened.port.close()
            self._opened = None
