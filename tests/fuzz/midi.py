"""The borders where MIDI comes in: bytes on a wire, messages, files."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import mido
from hypothesis import strategies as st

from drumatlas.atlas.read import read_builtin
from drumatlas.beat.smf import read_drums
from drumatlas.daemon import Listener
from drumatlas.engine import Engine
from drumatlas.midi.parser import MessageParser
from drumatlas.panel.midi_cc import MidiPanel
from drumatlas.panel.midi_map import MidiMap
from drumatlas.play.clock_follower import ClockSource, Follower
from drumatlas.play.events import Event
from drumatlas.play.settings import PlaySettings
from drumatlas.web.dropped_file import beat_of
from fuzz.borders import Border
from fuzz.inputs import changed_bytes

_LENGTHS = {0x80: 3, 0x90: 3, 0xA0: 3, 0xB0: 3, 0xC0: 2, 0xD0: 2, 0xE0: 3}
_SYSTEM = {0xF1: 2, 0xF2: 3, 0xF3: 2, 0xF6: 1, 0xF8: 1, 0xFA: 1, 0xFB: 1, 0xFC: 1, 0xFE: 1, 0xFF: 1}

# Bytes

_DATA = st.integers(0, 127)
_STATUS = st.integers(0x80, 0xFF)
WIRE = st.lists(
    st.one_of(
        st.binary(max_size=6),
        st.tuples(_STATUS, _DATA, _DATA).map(bytes),
        st.just(b"\xf0" + bytes(5000)),
    ),
    max_size=12,
)


def take_wire(pieces: list[bytes]) -> None:
    parser, messages = MessageParser(), []
    for piece in pieces:
        messages += parser.feed(piece)
        assert len(parser._data) <= 2
    assert MessageParser().feed(b"".join(pieces)) == messages, "pieces make a difference"
    for message in messages:
        wanted = _LENGTHS.get(message[0] & 0xF0) or _SYSTEM[message[0]]
        assert len(message) == wanted
        assert max(message[1:], default=0) < 0x80


# Messages: clock and transport to a follower, the rest to the panel; whole or not

_SPELT = st.one_of(
    st.sampled_from([b"\xf8", b"\xfa", b"\xfb", b"\xfc"]),
    st.tuples(st.just(0xF2), _DATA, _DATA).map(bytes),
    st.tuples(st.sampled_from([0x99, 0xB0, 0x90, 0x89]), _DATA, _DATA).map(bytes),
    st.tuples(st.just(0xC0), _DATA).map(bytes),
)
_HEARD = st.one_of(_SPELT, _SPELT, _SPELT, st.binary(max_size=4))
_WAITS = st.sampled_from([0, 1, 8, 20, 21, 500, 3000])  # ms
MESSAGES = st.tuples(st.sampled_from(ClockSource), st.lists(st.tuples(_HEARD, _WAITS), max_size=60))
_ATLAS = read_builtin()


def take_messages(given: tuple[ClockSource, list[tuple[bytes, int]]]) -> None:
    source, heard = given
    engine = Engine(_ATLAS, PlaySettings(), [], 0)
    panel = MidiPanel(engine, MidiMap())
    engine.add_panel(panel)
    listener = Listener(Follower(engine.sequencer, source), panel.receive)
    now_ns, sounding = 0, set()
    for message, wait_ms in [*heard, (b"\xb0\x10\x40", 20)]:
        listener.take(message, now_ns)
        now_ns += wait_ms * 1_000_000
        listener.tick(now_ns)
        engine.tick(now_ns)
        _follow(engine.sequencer.advance(now_ns), sounding)
    assert engine.panels == (panel,), engine.faults
    told = ("our own", "without a voice")  # of the notes that came in, not of what broke
    wrong = [fault for fault in engine.faults if not any(words in fault for words in told)]
    assert not wrong, wrong
    engine.sequencer.stop()
    _follow(engine.sequencer.advance(now_ns), sounding)
    assert not sounding, "notes left hanging"


def _follow(outputs: list[Any], sounding: set[tuple[int, int]]) -> None:
    for output in outputs:
        if isinstance(output, Event) and output.data[0] & 0xE0 == 0x80:
            key = (output.data[0] & 0x0F, output.data[1])
            (sounding.add if output.data[0] & 0x10 else sounding.discard)(key)


# Files


def _song() -> bytes:
    """Four bars of drums with what files have: metre, tempo, names, SysEx."""
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="drums")])
    track.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    track.append(mido.MetaMessage("set_tempo", tempo=500_000))
    track.append(mido.Message("sysex", data=[1, 2, 3]))
    for step in range(64):
        note = 36 if step % 4 == 0 else 42
        track.append(mido.Message("note_on", channel=9, note=note, velocity=90, time=60))
        track.append(mido.Message("note_off", channel=9, note=note, time=60))
    song = mido.MidiFile(type=1, ticks_per_beat=480, tracks=[track])
    buffer = BytesIO()
    song.save(file=buffer)
    return buffer.getvalue()


_EVENTS = st.one_of(
    st.tuples(_DATA, st.just(0x99), _DATA, _DATA).map(bytes),
    st.tuples(_DATA, _DATA, _DATA).map(bytes),
    st.tuples(_DATA, _STATUS, _DATA).map(bytes),
    st.binary(max_size=8),
    st.tuples(_DATA, st.just(0xFF), st.sampled_from([0x2F, 0x58, 0x51]), _DATA, _DATA).map(bytes),
    st.just(b"\xff\xff\xff\x7f\x99\x24\x40"),
)


@st.composite
def _files(draw: Callable[[Any], Any]) -> bytes:
    """A header and tracks whose lengths may be wrong."""
    division = draw(st.sampled_from([1, 24, 96, 480, 960, 0x7FFF, 0, 0xE728]))
    tracks = draw(st.lists(st.lists(_EVENTS, max_size=20).map(b"".join), max_size=3))
    data = b"MThd" + (6).to_bytes(4) + draw(st.sampled_from([b"\0\0", b"\0\1", b"\0\2"]))
    data += len(tracks).to_bytes(2) + division.to_bytes(2)
    for body in tracks:
        size = draw(st.sampled_from([len(body), len(body) + 1, max(len(body) - 1, 0), 2**32 - 1]))
        data += b"MTrk" + size.to_bytes(4) + body
    return data


FILES = st.one_of(st.binary(max_size=64), _files(), changed_bytes(_song()))


def take_file(data: bytes) -> None:
    track = read_drums(data)
    assert track.notes == sorted(track.notes)
    assert all(tick >= 0 and note < 128 and 0 < loud < 128 for tick, note, loud in track.notes)
    beat_of(data)


MIDI: list[Border] = [
    Border("midi-bytes", WIRE, take_wire),
    Border("midi-messages", MESSAGES, take_messages),
    Border("midi-file", FILES, take_file),
]
