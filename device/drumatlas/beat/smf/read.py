"""Reads drum note-ons and metre from the bytes of a Standard MIDI File.

It reads only what a drum pattern needs. We wrote it because the two fast or common libraries lose
notes or stop: symusic drops note-ons that have no note-off (whole drum tracks in some collections),
mido raises five unrelated exceptions on malformed files.
"""

from operator import itemgetter

from drumatlas.beat.codes import STEPS, STEPS_PER_BEAT
from drumatlas.beat.smf.chunks import (
    Layout,
    Span,
    declared_tracks,
    find_header,
    read_header,
)
from drumatlas.beat.smf.declared import may_declare
from drumatlas.beat.smf.events import BrokenTrackError
from drumatlas.beat.smf.notes import (
    TrackEvents,
    Wanted,
    check_bounds,
    everything,
    notes_of,
    read_notes,
)
from drumatlas.beat.smf.parts import channels_of, find_parts
from drumatlas.beat.smf.search import Search
from drumatlas.beat.smf.track import DRUM_CHANNEL, TICK, DrumTrack
from drumatlas.errors import MidiFileError

MAX_BYTES = 8 << 20  # a long orchestral file has under 1 MB
MAX_REMARKS = 20  # for one file; the first remarks say most
MOST_FORMAT = 2
NOTES_PER_UNSOUND = 50  # a track with more than one forbidden byte in so many notes is broken
PATTERN_BEATS = STEPS // STEPS_PER_BEAT  # format 2: patterns begin on multiples of these


def read_drums(data: bytes, channels: frozenset[int] | None = None) -> DrumTrack:
    """Return the drums and time signatures in a file's bytes; MidiFileError if it can't be read.

    `channels` (0..15) are those that play drums; None means channel 10 and any others that
    certainly play drums. From a damaged file it returns the notes of the sound tracks, and from a
    track that is cut short those before the cut; `remarks` say what is missing. Tracks with neither
    drums nor times are skipped unread.
    """
    if len(data) > MAX_BYTES:
        raise MidiFileError(f"{len(data)} bytes; a song has at most {MAX_BYTES >> 20} MiB")
    layout = _layout(data)
    named = frozenset((DRUM_CHANNEL,)) if channels is None else channels
    result = DrumTrack(layout.division, remarks=layout.remarks, channels=named)
    _add(result, _read_all(data, layout, notes_of(named)))
    if channels is None and (not result.packed or may_declare(data)):
        _add_parts(data, layout, result)
    if not result.packed and layout.faults:
        raise MidiFileError("; ".join(layout.faults[:MAX_REMARKS]))
    if len(result.remarks) > MAX_REMARKS:
        more = len(result.remarks) - MAX_REMARKS
        result.remarks[MAX_REMARKS:] = [f"and {more} more"]
    return result


def _layout(data: bytes) -> Layout:
    """Return the positions of the tracks, and remarks about the file as a whole."""
    start, remarks = find_header(data)
    layout, at = read_header(data, start)
    layout.remarks = remarks = remarks + layout.remarks
    spans = declared_tracks(data, at)
    if spans is None:
        Search(data, layout).all(at)
    else:
        layout.spans = spans
    count = len(layout.spans)
    if count != layout.promised:
        remarks.append(f"the header promises {_tracks(layout.promised)}; the file has {count}")
    if layout.form > MOST_FORMAT and count > 1:
        raise MidiFileError(f"format {layout.form} of {count} tracks; only 0, 1 and 2 exist")
    if layout.form == 0 and count > 1:
        remarks.append(f"format 0 has one track; the {count} were read together, as in format 1")
    if layout.form == MOST_FORMAT:
        remarks.append(f"format 2: {_tracks(count)} read, each a pattern of its own")
    return layout


def _tracks(count: int) -> str:
    return f"{count} track{'s' * (count != 1)}"


def _read_all(data: bytes, layout: Layout, wanted: Wanted) -> list[TrackEvents]:
    """Return the wanted events of each track; tracks of format 2 follow one another."""
    patterns = layout.form == MOST_FORMAT
    pattern_ticks = layout.division * PATTERN_BEATS
    spans, layout.spans = layout.spans, []
    parts, start = [], 0
    for span in spans:
        if not _may_matter(data, span, wanted):
            layout.spans.append(span)
            continue
        part = _read(data, layout, span, wanted, start)
        parts.append(part)
        if patterns:
            if not any(tick == start for tick, _, _ in part.signatures):
                part.signatures.insert(0, (start, 4, 4))
            last = max((part.packed[-1:] or [start << TICK])[0] >> TICK, start)
            start = (last // pattern_ticks + 2) * pattern_ticks
    return parts


def _may_matter(data: bytes, span: Span, wanted: Wanted) -> bool:
    """Return whether a track may contain a wanted message, a metre or a tempo.

    Most tracks of a song play other instruments and need not be read. A track with notes has their
    status byte somewhere, even with running status.
    """
    start, end = span.start, span.end
    return any(data.find(mark, start, end) >= 0 for mark in wanted.marks)


def _read(data: bytes, layout: Layout, span: Span, wanted: Wanted, start: int) -> TrackEvents:
    """Return the events of one track from tick `start` on; of a damaged one, those before the
    damage."""
    part = TrackEvents(span.number)
    if not span.is_settled:
        try:
            end = read_notes(data, span.start, span.end, wanted, part, tick=start)
            if end == (span.end, True) and part.unsound * NOTES_PER_UNSOUND <= len(part.packed):
                layout.spans.append(_with_unsound(layout, span, part.unsound))
                return part
        except (BrokenTrackError, IndexError):
            pass
        Search(data, layout).track(span)
        span = layout.spans.pop()
        part = TrackEvents(span.number)
    layout.spans.append(span)
    read_notes(data, span.start, span.end, wanted, part, tick=start)
    if span.is_broken:
        part.packed, part.programs, part.setup = [], [], []
    return part


def _with_unsound(layout: Layout, span: Span, unsound: int) -> Span:
    """Remark, once, that a sound track has invalid notes."""
    if not unsound:
        return span
    notes = "1 note has" if unsound == 1 else f"{unsound} notes have"
    layout.remarks.append(f"track {span.number}: {notes} a key or velocity over 127; left out")
    return span._replace(is_settled=True)


def _add(result: DrumTrack, parts: list[TrackEvents]) -> None:
    """Merge the tracks in order of time; at the same time, in the order of the file."""
    for part in parts:
        result.packed += part.packed
        result.signatures += part.signatures
        result.tempos += part.tempos
        result.programs += part.programs
    check_bounds(result.packed, result.signatures)
    result.packed.sort()
    result.signatures.sort(key=itemgetter(0))
    result.tempos.sort(key=itemgetter(0))
    result.programs.sort(key=itemgetter(0))


def _add_parts(data: bytes, layout: Layout, result: DrumTrack) -> None:
    """Add the drums of channels other than 10, if they are certain."""
    try:
        tracks = _read_all(data, layout, everything())
    except MidiFileError:
        return  # too many notes for a song
    for part in find_parts(tracks, layout.division, has_drums=bool(result.packed)):
        result.packed += part.packed
        result.remarks.append(f"drums found on channel {part.channel + 1} ({part.why})")
    result.packed.sort()
    if not result.packed:
        result.unread = channels_of(tracks)
