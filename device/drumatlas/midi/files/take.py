"""A take: everything that was played, as a Standard MIDI File on the grid."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from drumatlas.files import atomic, check_writable
from drumatlas.midi.targets import Kind, MidiTarget
from drumatlas.play.events import Output


def take_bytes(outputs: Iterable[Output], *, clock: bool = False, name: str = "drumatlas") -> bytes:
    """The outputs of a sequencer, in order, as bytes of a .mid file (format 0, 480 ticks a beat).

    `clock` keeps clock, Start and Stop as single bytes, as mido writes and reads them (the
    standard has no place for them; leave them out for a DAW).
    """
    from drumatlas.midi.files.take_file import file_bytes  # noqa: PLC0415 - mido takes 60 ms to load

    return file_bytes(outputs, clock, name)


class TakePort:
    """An output that records into a .mid file, written whole when it is closed."""

    fault = ""
    delivery = "written at the end"
    guard_ns = 0

    def __init__(self, path: Path, *, clock: bool = False) -> None:
        self.name = MidiTarget(Kind.FILE, str(path)).word
        self._path = path
        self._clock = clock
        self._outputs: list[Output] = []
        check_writable(path)  # now, not after the take, is the time to fail

    def send(self, outputs: Sequence[Output]) -> None:
        """Keep them."""
        self._outputs.extend(outputs)

    def withdraw(self, after_ns: int) -> None:
        """Forget what would come later."""
        while self._outputs and self._outputs[-1].at_ns > after_ns:
            self._outputs.pop()

    def close(self) -> None:
        """Write the file."""
        with atomic(self._path) as stream:
            stream.write(take_bytes(self._outputs, clock=self._clock))
