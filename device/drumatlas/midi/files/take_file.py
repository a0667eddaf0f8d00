"""Write outputs as a Standard MIDI File on the grid, with mido.

If the notes are not General MIDI drums on channel 10, the file carries a mark that names their
voices (`beat.mark`). With it, the same beats come back when the file is dropped or encoded.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from math import ceil

import mido

from drumatlas.beat.mark import Hit, mark_bytes
from drumatlas.beat.smf.track import packed_note
from drumatlas.beat.steps import STEPS, STEPS_PER_BEAT
from drumatlas.play.events import Event, Output, TempoChange, is_system, note_key
from drumatlas.play.timeline import PPQN, STEP_TICKS, Timeline

TICKS_PER_BEAT = 480  # of the file; a MIDI clock is 20 of them
_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
_FILE_TICKS = TICKS_PER_BEAT // PPQN


class _SingleByte(mido.UnknownMetaMessage):  # type: ignore[misc]
    """A clock, Start or Stop in a file. mido reads these but refuses to write them."""

    def bytes(self) -> list[int]:
        return [self.type_byte]


class _Ruler:
    """Converts monotonic time to ticks of the file, through all tempo changes.

    After a stop and a new start, the file continues at its next 16th, so that all of it stays on
    the grid.
    """

    def __init__(self) -> None:
        self._line: Timeline | None = None  # its ticks count from the file's beginning
        self._offset = 0  # from the sequencer's ticks to those of `_line`

    def tick(self, at_ns: int) -> int:
        """Return the file's tick at `at_ns`; 0 before the first start."""
        return max(round(self._line.tick_at(at_ns) * _FILE_TICKS), 0) if self._line else 0

    def change(self, change: TempoChange) -> None:
        """Follow a new tempo or a new start; a stop becomes silence of the same length."""
        if change.is_start and self._line:
            behind = self._line.tick_at(change.at_ns) - change.line.anchor_tick
            self._offset = ceil(behind / STEP_TICKS) * STEP_TICKS
        self._line = change.line.renumbered(self._offset)


def _messages(outputs: Iterable[Output], clock: bool) -> Iterator[tuple[int, object, Output]]:
    """Yield (tick, mido's message, the output it was made from) in order."""
    ruler = _Ruler()
    for output in outputs:
        if isinstance(output, TempoChange):
            if output.is_stop:
                continue
            ruler.change(output)
            # Microseconds per beat, 24 bits.
            tempo = min(round(output.line.ns_per_tick * PPQN / 1000), 0xFFFFFF)
            yield ruler.tick(output.at_ns), mido.MetaMessage("set_tempo", tempo=tempo), output
        elif not is_system(output.data):
            message = mido.Message.from_bytes(output.data)
            yield ruler.tick(output.at_ns), message, output
        elif clock:
            yield ruler.tick(output.at_ns), _SingleByte(output.data[0]), output


def _hit(tick: int, data: bytes, voice: int, step: int) -> Hit:
    note = packed_note(tick, *note_key(data), data[2])
    return Hit(note, voice, (step - round(tick / _STEP)) % STEPS)


def file_bytes(outputs: Iterable[Output], clock: bool, name: str) -> bytes:
    """Return the bytes of the file; see `take.take_bytes`."""
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=name))
    track.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    first, last = len(track), 0
    hits: list[Hit] = []
    for tick, message, output in _messages(outputs, clock):
        tick = max(tick, last)  # noqa: PLW2901 - rounding must not turn time back
        track.append(message.copy(time=tick - last))  # type: ignore[attr-defined]
        last = tick
        if isinstance(output, Event) and output.voice is not None and output.step is not None:
            hits.append(_hit(tick, output.data, output.voice, output.step))
    mark = mark_bytes(hits)
    if mark:
        track.insert(first, mido.MetaMessage("sequencer_specific", data=tuple(mark)))
    track.append(mido.MetaMessage("end_of_track"))
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track])
    buffer = BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()
