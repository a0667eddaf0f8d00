"""What the page as a file reads in a .mid file, compared with what the box reads in it."""

import base64
from io import BytesIO
from typing import Any

import mido

from drumatlas.errors import MidiFileError
from drumatlas.web.dropped_file import beat_of

READ = """(encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    try {
        return drumatlas.beatOf(bytes);
    } catch (error) {
        return error.message;
    }
}"""


def reads_as_the_box(page: Any, data: bytes) -> Any:
    """Return what both read: a beat with remarks, or why there is none."""
    try:
        dropped = beat_of(data)
    except MidiFileError as error:
        expected: Any = str(error)
    else:
        expected = {"code": list(dropped.code), "remarks": list(dropped.remarks)}
    assert page.evaluate(READ, base64.b64encode(data).decode()) == expected
    return expected


def midi_file(
    notes: list[tuple[int, int, int]], division: int, metres: list[tuple[int, int, int]]
) -> bytes:
    """A file of note-ons (tick, key, velocity) and metres (tick, numerator, denominator)."""
    events: list[tuple[int, int, Any]] = [
        (tick, 1, mido.Message("note_on", channel=9, note=key, velocity=velocity))
        for tick, key, velocity in notes
    ]
    events += [
        (tick, 0, mido.MetaMessage("time_signature", numerator=n, denominator=d))
        for tick, n, d in metres
    ]
    track, last = mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - last))
        last = tick
    out = BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=division, tracks=[track]).save(file=out)
    return out.getvalue()
