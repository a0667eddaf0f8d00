"""Reading .mid files on the page as a file, compared with the box: same beat, same words."""

from io import BytesIO
from typing import Any

import mido
import pytest

from drumatlas.web.dropped_file import MAX_STRETCHES
from support.midi_bytes import (
    END,
    FOUR_FOUR,
    GM_ON,
    GS_RESET,
    XG_ON,
    bank,
    beat,
    chunk,
    file_of,
    gs_part,
    header,
    meta,
    named,
    played,
    with_length,
    xg_part,
)
from support.own_takes import KIT_TABLES, take_of
from support.page_reading import midi_file, reads_as_the_box

pytestmark = pytest.mark.browser


METRE = FOUR_FOUR + END
DRUMS = played(beat())
MELODY = played([(480 * i, 60 + i % 5) for i in range(20)], channel=0)
CONGAS = [(tick, 62) for tick in range(0, 4 * 1920, 240)]
WHOLE = file_of(METRE, MELODY, DRUMS)
SMPTE = header(1, 0, 0xE728)


def metre(numerator: int, power: int) -> bytes:
    return meta(0x58, bytes((numerator, power, 24, 8))) + END


def keys(*some: int, channel: int = 9, every: int = 480, before: bytes = b"") -> bytes:
    """A key on each beat."""
    return played([(every * i, key) for i, key in enumerate(some)], channel, before)


SOUND = {
    "4/4": WHOLE,
    "no metre": file_of(DRUMS),
    "2/2": file_of(metre(2, 1), DRUMS),
    "2/4": file_of(metre(2, 2), DRUMS),
    "4/2": file_of(metre(4, 1), DRUMS),
    "8/4": file_of(metre(8, 2), DRUMS),
    "4/8": file_of(metre(4, 3), DRUMS),
    "3/4": file_of(metre(3, 2), DRUMS),
    "6/8": file_of(metre(6, 3), DRUMS),
    "hat edges": file_of(keys(36, 22, 38, 26)),
    "V-Drums": file_of(keys(36, 22, 38, 26, 39, 55, 58, 42)),
    "no V-Drums": file_of(keys(36, 22, 38, 26, 39, 55, 58, 60)),
    "snaps of GS": file_of(GS_RESET + keys(36, 26, 38, 26, 60)),
    "snaps of XG": file_of(XG_ON + keys(36, 26, 38, 26, 60)),
    "surdos": file_of(keys(36, 86, 38, 87)),
    "lost notes": file_of(keys(36, 27, 33, 33, 1, 127, 38)),
    "many lost keys": file_of(keys(*range(24), *range(27, 35), *range(88, 128))),
    "no voice at all": file_of(keys(1, 2, 2)),
    "no note": file_of(METRE),
    "triplets": file_of(keys(*[42] * 24, every=160)),
    "swing": file_of(played([(480 * (i // 2) + 320 * (i % 2), 42) for i in range(32)])),
    "off the grid": file_of(played([(120 * i + 59 * (i % 2), 42) for i in range(32)])),
    "late": file_of(played([(tick + 25, key) for tick, key in beat()])),
    "format 2": file_of(played(beat(2)), keys(36, 38, 42), form=2),
    "format 2, one track": file_of(DRUMS, form=2),
    "format 3, one track": file_of(DRUMS, form=3),
    "format 0, two tracks": file_of(METRE, DRUMS, form=0),
    "a chunk of another kind": header(1) + chunk(b"XFIH", b"abc") + chunk(b"MTrk", DRUMS),
    "RIFF": b"RIFF\0\0\0\0RMIDdata\0\0\0\0" + WHOLE,
}
CHANNELS = {
    "1 alone": file_of(METRE, played(beat(), 0)),
    "1 beside a melody": file_of(METRE, played(beat(), 0), played([(0, 60)], 1)),
    "11 and 16": file_of(MELODY, played(beat(), 10), played(beat(), 15)),
    "named": file_of(MELODY, played(beat(), 5, named("Drum kit's \\ loop"))),
    "named in Latin-1": file_of(MELODY, played(beat(), 5, meta(4, b"Bater\xeda"))),
    "named in capitals": file_of(MELODY, played(beat(), 5, named("УДАРНЫЕ 2"))),
    "named vaguely": file_of(MELODY, played(CONGAS, 5, named("Percussion"))),
    "named otherwise": file_of(MELODY, played(beat(), 5, named("Steel Drums"))),
    "named, with a program": file_of(MELODY, played(beat(), 5, named("Drums") + b"\0\xc5\x20")),
    "GM2": file_of(MELODY, played(CONGAS, 10, bank(10, 120))),
    "GM2, reset": file_of(MELODY, played(CONGAS, 10, bank(10, 120) + GM_ON)),
    "XG bank": file_of(DRUMS, played(CONGAS, 10, XG_ON + bank(10, 127))),
    "XG bank without XG": file_of(DRUMS, played(CONGAS, 10, bank(10, 127))),
    "XG part": file_of(MELODY, played(CONGAS, 10, XG_ON + xg_part(10, 2))),
    "GS part": file_of(DRUMS, played(CONGAS, 10, GS_RESET + gs_part(0xA, 1))),
    "GS part taken back": file_of(MELODY, played(CONGAS, 10, gs_part(0xA, 1) + gs_part(0xA, 0))),
    "no drums": file_of(MELODY, played([(0, 60)], 3)),
}
DAMAGES = {
    "nothing": b"",
    "nonsense": b"nonsense that is no file",
    "a head alone": b"MThd",
    "no ticks": header(1, 0, 0),
    "SMPTE": SMPTE + chunk(b"MTrk", DRUMS),
    "no track": header(1),
    "a length too long by 1": header(2) + with_length(METRE, 1) + chunk(b"MTrk", DRUMS),
    "a length too short by 1": header(2) + chunk(b"MTrk", METRE) + with_length(DRUMS, -1),
    "a length far too long": header(2) + with_length(METRE, 10**6) + chunk(b"MTrk", DRUMS),
    "a pad byte": header(2) + chunk(b"MTrk", METRE) + b"\0" + chunk(b"MTrk", DRUMS),
    "MacBinary": b"\0\x08beat.mid" + bytes(118) + WHOLE,
    "an HTTP head": b"HTTP/1.1 200 OK\r\n\r\n" + WHOLE,
    "junk before": b"?" * 1000 + WHOLE,
    "last byte missing": WHOLE[:-1],
    "cut within the drums": WHOLE[:-100],
    "cut within its header": WHOLE[:12],
    "no End of Track": file_of(METRE, DRUMS.removesuffix(END)),
    "another track broken": file_of(METRE, b"\x00\x3c\x40\x99" + MELODY, DRUMS),
    "a broken track of times": file_of(b"\x00\x3c\x40" + METRE, DRUMS),
    "the drums broken": file_of(METRE, b"\x00\x3c\x40" + DRUMS),
    "many tracks broken": file_of(*[b"\x00\x3c\x40\x99" + END] * 40, DRUMS),
    "all tracks broken": file_of(*[b"\x00\x3c\x40\x99" + END] * 40),
    "a byte lost": header(2) + chunk(b"MTrk", METRE) + with_length(DRUMS[:60] + DRUMS[61:], 1),
    "keys over 127": file_of(DRUMS[: -len(END)] + b"\0\x99\xa4\x64" + END),
    "events after the end": file_of(METRE, DRUMS + b"\x00\x99\x24\x64" + END),
    "a second file": WHOLE + file_of(DRUMS),
    "a rest behind it": WHOLE + DRUMS + chunk(b"MTrk", DRUMS),
    "more tracks promised": header(9) + WHOLE[14:],
    "a header's length": b"MThd\0\0\0\x09" + WHOLE[8:],
    "format 3": file_of(METRE, DRUMS, form=3),
    "a time without end": file_of(b"\xff\xff\xff\x7f\x99\x24\x64" * 3 + END),
    "letters in a text": header(2) + with_length(meta(1, b"an MTrk in it") + END, 3)
    + chunk(b"MTrk", DRUMS),
}  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(data, id=name)
        for kind in (SOUND, CHANNELS, DAMAGES)
        for name, data in kind.items()
    ],
)
def test_each_kind_of_file_reads_as_on_the_box(page: Any, data: bytes) -> None:
    reads_as_the_box(page, data)


def test_the_kinds_are_what_they_are_called(page: Any) -> None:
    """So that equal answers are not equal refusals."""

    def code(data: bytes) -> list[int]:
        found: list[int] = reads_as_the_box(page, data)["code"]
        return found

    whole = code(WHOLE)
    refused = {"3/4", "6/8", "no voice at all", "no note"}
    assert all(isinstance(reads_as_the_box(page, SOUND[name]), str) for name in refused)
    for name in ("2/2", "2/4", "4/2", "8/4", "4/8", "late", "RIFF", "format 2, one track"):
        assert code(SOUND[name]) == whole, name
    refused = {"nothing", "nonsense", "a head alone", "no ticks", "SMPTE", "no track", "format 3"}
    refused |= {"cut within its header", "the drums broken", "a time without end", "a byte lost"}
    refused |= {"all tracks broken"}
    for name, data in DAMAGES.items():
        found = reads_as_the_box(page, data)
        assert isinstance(found, str) == (name in refused), name
        assert name in refused or found["remarks"], name
    for name in ("1 alone", "11 and 16", "named", "GM2", "XG part", "GS part"):
        assert "drums found on channel" in reads_as_the_box(page, CHANNELS[name])["remarks"][0]


def test_each_key_has_the_box_s_voice(page: Any) -> None:
    for key in range(128):
        reads_as_the_box(page, file_of(keys(key)))
        reads_as_the_box(page, file_of(keys(22, key)))
        reads_as_the_box(page, file_of(GS_RESET + keys(26, key)))


def test_a_take_that_was_edited_says_so(page: Any) -> None:
    code = (1 << 6 | 1 << 11, *[0] * 31)  # high tom and low bongo: one note of a TR-8S
    file = mido.MidiFile(file=BytesIO(take_of(code, KIT_TABLES["tr-8s"])))
    next(one for one in file.tracks[0] if one.type == "note_on").time += 240
    out = BytesIO()
    file.save(file=out)
    assert "edited" in reads_as_the_box(page, out.getvalue())["remarks"][0]


@pytest.mark.parametrize(
    ("stretches", "steps"), [(5, 1 << 17), (MAX_STRETCHES + 1, 1)], ids=["long", "many"]
)
def test_music_without_bounds_is_refused(page: Any, stretches: int, steps: int) -> None:
    notes = [(i * steps * 60, 36, 100) for i in range(4 * stretches)]
    metres = [(i * steps * 120, 3 + i % 2, 4) for i in range(2 * stretches)]
    assert isinstance(reads_as_the_box(page, midi_file(notes, 480, metres)), str)
