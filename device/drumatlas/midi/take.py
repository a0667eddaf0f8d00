"""A take: everything that was played, as a Standard MIDI File on the grid."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import mido

from drumatlas.files import atomic, check_writable
from drumatlas.play.events import Event, Output, TempoChange
from drumatlas.play.transport import PPQN, STEP_TICKS

TICKS_PER_BEAT = 480  # of the file; a MIDI clock is 20 of them
_FILE_TICKS = TICKS_PER_BEAT // PPQN


class _SingleByte(mido.UnknownMetaMessage):  # type: ignore[misc]
    """A clock, Start or Stop in a file. mido reads these but refuses to write them."""

    def bytes(self) -> list[int]:
        return [self.type_byte]


class _Ruler:
    """Monotonic time to ticks of the file, along the tempo changes.

    A take that was stopped and started again goes on at the next 16th of the file, so all of it
    stays on the grid.
    """

    def __init__(self) -> None:
        self._change: TempoChange | None = None
        self._offset = 0.0  # clocks, of this start against the file's beginning

    def tick(self, at_ns: int) -> int:
        """File tick of a time; 0 before the first start."""
        return max(round(self._clocks(at_ns) * _FILE_TICKS), 0)

    def _clocks(self, at_ns: int) -> float:
        if self._change is None:
            return 0.0
        since = (at_ns - self._change.at_ns) / self._change.ns_per_tick
        return self._offset + self._change.tick + since

    def change(self, change: TempoChange) -> None:
        """Follow a new tempo, or a new start."""
        if change.is_start and self._change is not None:
            steps = -(-self._clocks(change.at_ns) // STEP_TICKS)  # rounded up
            self._offset = steps * STEP_TICKS
        self._change = change


def _messages(outputs: Iterable[Output], clock: bool) -> Iterator[tuple[int, object]]:
    ruler = _Ruler()
    for output in outputs:
        if isinstance(output, TempoChange):
            ruler.change(output)
            # Microseconds a beat, 24 bits.
            tempo = min(round(output.ns_per_tick * PPQN / 1000), 0xFFFFFF)
            yield ruler.tick(output.at_ns), mido.MetaMessage("set_tempo", tempo=tempo)
        elif output.data[0] < 0xF0:
            yield ruler.tick(output.at_ns), mido.Message.from_bytes(output.data)
        elif clock:
            yield ruler.tick(output.at_ns), _SingleByte(output.data[0])


def take_bytes(outputs: Iterable[Output], *, clock: bool = False, name: str = "drumatlas") -> bytes:
    """The outputs of a sequencer, in order, as bytes of a .mid file (format 0, 480 ticks a beat).

    `clock` keeps clock, Start and Stop as single bytes, as mido writes and reads them (the
    standard has no place for them; leave them out for a DAW).
    """
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=name))
    track.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    last = 0
    for tick, message in _messages(outputs, clock):
        tick = max(tick, last)  # noqa: PLW2901 - rounding may not turn time back
        track.append(message.copy(time=tick - last))  # type: ignore[attr-defined]
        last = tick
    track.append(mido.MetaMessage("end_of_track"))
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track])
    buffer = BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


class TakePort:
    """An output that records into a .mid file, written whole when it is closed."""

    fault = ""
    delivery = "written at the end"
    guard_ns = 0

    def __init__(self, path: Path, *, clock: bool = False) -> None:
        self.name = f"file:{path}"
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


def notes_in(outputs: Iterable[Output]) -> int:
    """How many note-ons there are (velocity 0 is an off)."""
    return sum(
        1
        for output in outputs
        if isinstance(output, Event) and output.data[0] & 0xF0 == 0x90 and output.data[2]
    )
