"""Finds the tracks of a damaged file: each is read to its End of Track, whatever its length
says."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from drumatlas.beat.smf.chunks import HEAD_BYTES, HEADER, NAMED_CHUNK, TRACK, Layout, Span, bytes_of
from drumatlas.beat.smf.events import (
    END_OF_TRACK,
    META,
    SYSEX,
    BrokenTrackError,
    PastEndError,
    SmfEvent,
    events,
)
from drumatlas.errors import MidiFileError

END_BYTES = b"\xff\x2f\x00"
TORN = "its notes don't match their ends: bytes are missing"
MAX_WORK = 8  # times the file's size that may be read to find the ends of its tracks


class _Stop(NamedTuple):
    """How a track ends: its complete events end at `place`, and the search for the next chunk goes
    on at `next`. Without End of Track it is either `is_cut`, or complete except for that. With a
    `fault` the rest means nothing."""

    place: int
    next: int
    is_marked: bool = False
    is_cut: bool = False
    fault: BrokenTrackError | None = None


class Search:
    """Finds the tracks of `data` and adds them to `layout`, with remarks on their damage."""

    def __init__(self, data: bytes, layout: Layout) -> None:
        self._data, self._layout = data, layout
        self._number = 0
        self._left = MAX_WORK * len(data)

    def all(self, at: int) -> None:
        """Find all tracks, beginning with the chunk that should be at `at`; MidiFileError if there
        are none."""
        while (place := self._next_chunk(at)) is not None:
            if self._data.startswith(TRACK, place):
                self._number += 1
                span = Span(self._number, place + HEAD_BYTES, self._end_of_chunk(place))
                at = span.end if self._is_likely(span) else self.track(span)
            else:
                at = self._end_of_chunk(place)
        if not self._number:
            raise MidiFileError("no track in the file")

    def track(self, declared: Span) -> int:
        """Find the true end of a track; return where to search for the next chunk."""
        number, start, end = declared.number, declared.start, declared.end
        if self._comes_out(start, end):
            self._layout.spans.append(Span(number, start, end, is_settled=True))
            return end
        is_next_there = self._is_next_at(end)
        stop = self._walk(start, end)
        if stop.fault is None and not is_next_there:
            stop = stop._replace(fault=torn(self._data, start, stop.place, is_cut=stop.is_cut))
        if stop.fault is not None:
            self._layout.spans.append(Span(number, start, stop.place, True, True))
            self._leave_out(number, stop)
            return end if is_next_there else stop.next
        self._layout.spans.append(Span(number, start, stop.place, is_settled=True))
        if stop.is_cut:
            self._say(f"track {number} is cut short and was read up to byte {stop.place}")
        elif not stop.is_marked:
            self._say(f"track {number} has no End of Track and was read up to byte {stop.place}")
        elif is_next_there and stop.place < end <= self._next_head(stop.place):
            self._say(f"track {number}: {bytes_of(end - stop.place)} after its end were left out")
            return end
        elif stop.place != end:
            wrong = bytes_of(abs(end - stop.place))
            self._say(f"track {number}: its length is wrong by {wrong}; it was read to its end")
        return stop.next

    def _is_likely(self, span: Span) -> bool:
        """Accept a track unread if everything around it agrees with its length; return whether it
        does."""
        data, end = self._data, span.end
        is_likely = self._is_next_at(end) and data[end - 3 : end] == END_BYTES
        if is_likely := is_likely and data.find(TRACK, span.start, end) < 0:
            self._layout.spans.append(span)
        return is_likely

    def _is_next_at(self, end: int) -> bool:
        return end == len(self._data) or self._data.startswith(TRACK, end)

    def _leave_out(self, number: int, stop: _Stop) -> None:
        fault = stop.fault
        if fault is None:
            return
        words = f"track {number} is broken at byte {fault.at} ({fault.why})"
        self._layout.faults.append(words)
        is_timed = self._data.find(b"\xff\x58\x04", stop.place, stop.next) >= 0
        self._say(f"{words} and was left out{', with its time signatures' if is_timed else ''}")

    def _say(self, words: str) -> None:
        self._layout.remarks.append(words)

    def _walk(self, start: int, declared: int) -> _Stop:
        """Read a track's events until it ends, at the latest where the next track begins."""
        data, place = self._data, start
        head = self._next_head(start)
        try:
            for event in self._events(start, len(data)):
                while event.end > head:
                    if event.at == head:
                        return _Stop(head, head)
                    if event.status < SYSEX or event.data > head or self._is_sure(head, declared):
                        return _Stop(place, head, is_cut=True)
                    head = self._next_head(head + 1)  # those letters were in a text
                if _is_end(event):
                    return self._marked_end(event, head)
                place = event.end
        except BrokenTrackError as error:
            is_file_cut = isinstance(error, PastEndError) and head == len(data) < declared
            if error.at >= head or is_file_cut:
                return _Stop(place, head, is_cut=True)
            return _Stop(place, head, fault=error)
        return _Stop(place, place, is_cut=declared > len(data))

    def _marked_end(self, event: SmfEvent, head: int) -> _Stop:
        """Return how the track ends at this End of Track. If its last byte is missing, the next
        head must follow."""
        if event.end > event.data:
            return _Stop(event.end, event.end, is_marked=True)
        if event.end == head:
            return _Stop(event.end, head, is_cut=True)
        fault = BrokenTrackError(event.at, "an End of Track with data")
        return _Stop(event.at, head, fault=fault)

    def _comes_out(self, start: int, end: int) -> bool:
        """Return whether the first End of Track from `start` on is the one right before `end`."""
        if end > len(self._data) or self._data[end - 3 : end] != END_BYTES:
            return False
        try:
            last = max(self._events(start, end), key=lambda event: event.end, default=None)
        except BrokenTrackError:
            return False
        return last is not None and _is_end(last) and last.end == end

    def _events(self, start: int, end: int) -> Iterator[SmfEvent]:
        for event in events(self._data, start, end):
            self._left -= event.end - event.at
            if self._left < 0:
                raise MidiFileError("too many broken tracks")
            yield event

    def _next_chunk(self, at: int) -> int | None:
        """Return the position of the next chunk, at `at` or later; None if there is none."""
        data = self._data
        if at >= len(data) or data.startswith(TRACK, at) or self._is_foreign(at):
            return at if at < len(data) else None
        place = self._next_head(at)
        is_file = data.startswith(HEADER, place)
        # A file written over a longer one is followed by the rest of that one.
        is_rest = place > at and 0 < self._layout.promised <= self._number
        if is_rest and not is_file:
            place = len(data)
        is_last = is_file or place == len(data)
        if at < place:
            where = "after the last track" if is_last else f"before track {self._number + 1}"
            self._say(f"{bytes_of(place - at)} {where} (byte {at}) were left out")
        if is_file:
            self._say(f"another MIDI file begins at byte {place} and was left out")
        return None if is_last else place

    def _next_head(self, at: int) -> int:
        """Return the position of the next head of a track or a file, at `at` or later; else the
        end."""
        data = self._data
        while True:
            places = [place for kind in (TRACK, HEADER) if (place := data.find(kind, at)) >= 0]
            if not places:
                return len(data)
            if self._is_head(at := min(places)):
                return at
            at += 1

    def _is_head(self, at: int) -> bool:
        """Return whether the letters at `at` are a real head and not text: a track's first event
        has a status."""
        data, start = self._data, at + HEAD_BYTES
        if data.startswith(HEADER, at):
            return data[at + 4 : start] == b"\0\0\0\6"
        if start >= len(data) or data.startswith(TRACK, start):
            return True  # cut there, or empty
        try:
            return next(events(data, start, len(data)), None) is not None
        except BrokenTrackError:
            return data[at + 4] == 0  # a damaged track, but a likely length

    def _is_sure(self, head: int, declared: int) -> bool:
        """Return whether the track with this head begins where one ended, or ends where its length
        says."""
        end = self._end_of_chunk(head)
        ends = (self._data[head - 3 : head], self._data[end - 3 : end])
        return head == declared or END_BYTES in ends

    def _is_foreign(self, at: int) -> bool:
        """Return whether a chunk of another kind is at `at`, followed by a chunk or the file's
        end."""
        data = self._data
        if not NAMED_CHUNK.match(data, at) or data.startswith(HEADER, at):
            return False
        end = self._end_of_chunk(at)
        return end == len(data) or bool(NAMED_CHUNK.match(data, end))

    def _end_of_chunk(self, at: int) -> int:
        start = at + HEAD_BYTES
        return start + int.from_bytes(self._data[at + 4 : start])


def torn(data: bytes, start: int, end: int, *, is_cut: bool) -> BrokenTrackError | None:
    """Return the fault if bytes seem to be missing within a track, [start, end), that reads well
    but differs in length from what it says. The signs are a note-off that ends nothing, or, unless
    the track `is_cut`, a note without an end among notes that have one."""
    sounding: Counter[bytes] = Counter()  # by channel and key
    ends = 0
    for event in events(data, start, end):
        kind = event.status >> 4
        if kind not in {0x8, 0x9}:
            continue
        note = bytes((event.status & 0x0F, data[event.data]))
        is_on = kind == 0x9 and data[event.data + 1] > 0
        if not is_on and not sounding[note]:
            return BrokenTrackError(event.at, TORN)
        sounding[note] += 1 if is_on else -1
        ends += not is_on
    if ends and sounding.total() and not is_cut:
        return BrokenTrackError(end, TORN)
    return None


def _is_end(event: SmfEvent) -> bool:
    return event.status == META and event.kind == END_OF_TRACK
