"""A take: a recording of everything that was played, as a Standard MIDI File on the grid."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from drumatlas.files import atomic, check_writable
from drumatlas.midi.targets import Kind, MidiTarget
from drumatlas.play.events import Output


def take_bytes(outputs: Iterable[Output], *, clock: bool = False, name: str = "drumatlas") -> bytes:
    """Return a .mid file (format 0, 480 ticks per beat) of a sequencer's outputs, in their order.

    With `clock`, clock, Start and Stop are written as single bytes, as mido reads them. The file
    format does not allow them, so leave them out for a DAW. `name` is the name of the track.
    """
    from drumatlas.midi.files.take_file import file_bytes  # noqa: PLC0415 - mido takes 60 ms to load

    return file_bytes(outputs, clock, name)


class TakePort:
    """An output that records into a .mid file, which is written when the port is closed.

    Raises FileError at once if `path` can't be written.
    """

    fault = ""
    delivery = "written at the end"
    guard_ns = 0

    def __init__(self, path: Path, *, clock: bool = False) -> None:
        self.name = MidiTarget(Kind.FILE, str(path)).word
        self._path = path
        self._clock = clock
        self._outputs: list[Output] = []
        check_writable(path)  # fail now, not after the recording

    def send(self, outputs: Sequence[Output]) -> None:
        """Record the outputs."""
        self._outputs.extend(outputs)

    def withdraw(self, after_ns: int) -> None:
        """Remove the outputs due after `after_ns`."""
        while self._outputs and self._outputs[-1].at_ns > after_ns:
            self._outputs.pop()

    def close(self) -> None:
        """Write the file; FileError if it can't be written."""
        with atomic(self._path) as stream:
            stream.write(take_bytes(self._outputs, clock=self._clock))
