"""MIDI files drawn by Hypothesis: sound ones as mido writes them, damaged ones, kits."""

from io import BytesIO

import mido
from hypothesis import strategies as st

from support.midi_bytes import (
    END,
    FOUR_FOUR,
    beat,
    file_of,
    header,
    meta,
    named,
    played,
    with_length,
)

_FAULTS = [b"", b"\x00\x3c\x40", b"\xff\xff\xff\xff", b"\x00\xf0\xff\x7f"]
_JUNK = [b"", b"", bytes(128), b"HTTP/1.0 200 OK\r\n\r\n", b"\xef\xbb\xbf"]
_NAMES = ["", "Drums", "My  drum's \\ kit", 'a "beat"', "Steel Drums", "Ударные", "bass"]

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 2000),
        st.one_of(
            st.tuples(st.just("note_on"), st.integers(0, 15), st.integers(0, 127)),
            st.tuples(st.just("control_change"), st.integers(0, 15), st.integers(0, 127)),
            st.tuples(st.just("program_change"), st.integers(0, 15), st.integers(0, 127)),
            st.tuples(st.just("text"), st.text("MTrk hd\x00\x7f", max_size=20)),
            st.tuples(st.just("sysex"), st.lists(st.integers(0, 127), max_size=20)),
            st.tuples(st.just("time_signature"), st.integers(1, 12)),
        ),
    ),
    max_size=30,
)


def track_of(events: list[tuple[int, tuple]]) -> mido.MidiTrack:
    track = mido.MidiTrack()
    for time, (kind, *what) in events:
        if kind == "text":
            track.append(mido.MetaMessage("text", text=what[0], time=time))
        elif kind == "sysex":
            track.append(mido.Message("sysex", data=what[0], time=time))
        elif kind == "time_signature":
            track.append(mido.MetaMessage(kind, numerator=what[0], time=time))
        elif kind == "program_change":
            track.append(mido.Message(kind, channel=what[0], program=what[1], time=time))
        elif kind == "control_change":
            track.append(mido.Message(kind, channel=what[0], control=7, value=what[1], time=time))
        else:
            track.append(mido.Message(kind, channel=what[0], note=what[1], velocity=80, time=time))
    return track


@st.composite
def files(draw: st.DrawFn) -> tuple[int, list[bytes], list[list[tuple[int, int, int]]]]:
    """Format, the tracks' chunks as mido writes them, and the drum notes of each."""
    tracks = [track_of(events) for events in draw(st.lists(EVENTS, min_size=1, max_size=4))]
    chunks, notes = [], []
    for track in tracks:
        buffer = BytesIO()
        mido.MidiFile(type=0, tracks=[track]).save(file=buffer)
        chunks.append(buffer.getvalue()[14:])
        tick, mine = 0, []
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.channel == 9:
                mine.append((tick, message.note, message.velocity))
        notes.append(mine)
    return 0 if len(tracks) == 1 else 1, chunks, notes


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Any such file with wrong lengths, strays, a broken track or bytes changed, lost or put in."""
    form, chunks, _ = draw(files())
    if draw(st.booleans()):
        place = draw(st.integers(0, len(chunks) - 1))
        body, wrong = chunks[place][8:], draw(st.integers(-40, 300))
        fault = draw(st.sampled_from(_FAULTS))
        chunks[place] = with_length(fault + body, max(wrong, -len(fault + body)))
    junk = draw(st.sampled_from(_JUNK))
    pad = draw(st.sampled_from([b"", b"", b"\0", b"stray"]))
    rest = draw(st.sampled_from([b"", b"", b"\0", b"end of file", file_of(played(beat(1)))]))
    more, form = draw(st.integers(-1, 1)), draw(st.sampled_from([form, form, 0, 1, 2, 3]))
    data = bytearray(junk + header(max(len(chunks) + more, 0), form) + pad.join(chunks) + rest)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(data) - 1))
        data[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=2))
    return bytes(data)


@st.composite
def kits(draw: st.DrawFn) -> bytes:
    """A file whose drums stand on any channel, more or less like those of a kit, with a name and a
    melody or without."""
    keys = st.sampled_from([22, 26, 36, 38, 40, 42, 44, 46, 49, 51, 60, 62])
    changes = draw(st.lists(st.tuples(st.integers(0, 51), keys), max_size=20))
    notes = beat(4)
    for place, key in changes:
        notes[place] = (notes[place][0], key)
    name = draw(st.sampled_from(_NAMES))
    before = named(name) if name else b""
    if draw(st.booleans()):
        before += meta(4, "Percussión".encode("latin-1"))
    channel = draw(st.sampled_from([0, 9, 10, 15]))
    bodies = [FOUR_FOUR + END, played(sorted(set(notes)), channel, before)]
    if draw(st.booleans()):
        bodies.append(played([(480 * i, 60 + i * 7 % 12) for i in range(16)], channel=1))
    return file_of(*bodies)
