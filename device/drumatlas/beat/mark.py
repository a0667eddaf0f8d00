"""The mark in our own MIDI files, which says which voice played each note.

A kit may play two voices with one note, or with notes that mean something else in General MIDI.
Such a take carries a sequencer-specific meta event (FF 7F, "Standard MIDI Files 1.0"), which other
programs skip, with the manufacturer ID 7D, which MIDI 1.0 leaves to non-commercial use. The ID is
followed by text:

    drumatlas voices 1 lead=16 10:36=0 10:38=1 10:50=6b66b crc=0badc0de

In this example the file begins with step 16 of two bars. The notes of channel 10 with key 36 are
voice 0, the kick. Those with key 50 are several voices: one hexadecimal digit each, in order of
time, channel, key and velocity. The checksum covers the notes of all keys with several voices. If
it does not match, somebody has moved these notes, and each gets the lowest voice of its key.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from drumatlas.beat.drum_map import GM_CHANNEL, KEYS, DrumMap, base_table, map_for
from drumatlas.beat.smf.track import KEY, DrumTrack
from drumatlas.beat.voices import VOICE_TABLE

HEAD = b"\x7ddrumatlas voices 1 "
META = b"\xff\x7f"
ENTRY = re.compile(rb"([1-9]|1[0-6]):(\d{1,3})=([0-9a-d]+)")
LEAD = re.compile(rb"lead=([12]?\d|3[01])")
END = re.compile(rb"crc=([0-9a-f]{8})")
_PLACE_BITS = 0x7FF  # channel and key of a packed note

_NAME = "of the file"

APPLIED = DrumMap(_NAME, bytes(base_table({GM_CHANNEL})), frozenset({GM_CHANNEL}))


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A packed note (`smf.track`), its voice (bit), and its lead: the step 0..31 of the beat at
    tick 0 of the file, if this note is where its beat has it."""

    note: int
    voice: int
    lead: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """Voices by channel and key (`channel * 128 + key`): one for all notes, or one for each note;
    and the step 0..31 of the two bars with which the file begins."""

    voices: Mapping[int, Sequence[int]]
    checksum: int
    lead: int = 0

    @property
    def drum_map(self) -> DrumMap:
        """The map that the mark names, with the lowest voice of keys that have several. On channel
        10, all other notes are General MIDI's: somebody has added them."""
        channels = frozenset(place // KEYS for place in self.voices)
        table = base_table(channels)
        for place, voices in self.voices.items():
            table[place] = min(voices)
        return DrumMap(_NAME, bytes(table), channels)

    def applied(self, track: DrumTrack) -> DrumTrack | None:
        """Return `track` with each marked note as the General MIDI note of its voice on channel 10,
        to be read with `APPLIED`; None if the notes are not those that were marked."""
        several = {place: voices for place, voices in self.voices.items() if len(voices) > 1}
        shared = [note for note in track.packed if note >> KEY & _PLACE_BITS in several]
        if _checksum(shared) != self.checksum:
            return None
        left = {place: iter(voices) for place, voices in several.items()}
        packed = []
        for note in track.packed:
            place = note >> KEY & _PLACE_BITS
            bit = next(left[place], None) if place in left else self._only(place)
            packed.append(note if bit is None else _as_gm(note, bit))
        return replace(track, packed=sorted(packed))

    def _only(self, place: int) -> int | None:
        voices = self.voices.get(place)
        return voices[0] if voices else None


def _as_gm(note: int, bit: int) -> int:
    place = GM_CHANNEL * KEYS + VOICE_TABLE[bit].note
    return note & ~(_PLACE_BITS << KEY) | place << KEY


def _checksum(notes: Sequence[int]) -> int:
    return crc32(b"".join(note.to_bytes(8) for note in notes))


def find_mark(data: bytes) -> Mark | None:
    """Return the mark in a MIDI file's bytes; None if there is no valid one."""
    at = data.find(HEAD)
    while at >= 0:
        mark = _parse(_payload(data, at))
        if mark:
            return mark
        at = data.find(HEAD, at + 1)
    return None


def _payload(data: bytes, at: int) -> bytes:
    """Return the text of the meta event whose data begins at `at`; empty if there is no such
    event."""
    for width in range(1, 5):  # bytes of the length
        start = at - width - len(META)
        length = data[at - width : at] if start >= 0 else b""
        if data[start : start + len(META)] != META or not length:
            continue
        size = 0
        for byte in length:
            size = size << 7 | byte & 0x7F
        return data[at + len(HEAD) : at + size]
    return b""


def _parse(text: bytes) -> Mark | None:
    first, *words = text.split(b" ")
    last = words.pop() if words else b""
    lead, end = LEAD.fullmatch(first), END.fullmatch(last)
    entries = [ENTRY.fullmatch(word) for word in words]
    if lead is None or end is None or not entries or None in entries:
        return None
    voices: dict[int, list[int]] = {}
    for entry in filter(None, entries):
        channel, key = int(entry[1]) - 1, int(entry[2])
        if key >= KEYS:
            return None
        voices[channel * KEYS + key] = [int(chr(digit), 16) for digit in entry[3]]
    return Mark(voices, int(end[1], 16), int(lead[1]))


def mark_bytes(hits: Sequence[Hit]) -> bytes:
    """Return the data of the meta event for a file's notes, in any order. Empty if the file needs
    no mark, because channel 10 and each note's voice are found without it."""
    lead = _lead_of(hits)
    if not lead and not _needs_names(hits):
        return b""
    by_place: dict[int, list[int]] = {}
    for hit in sorted(hits):
        by_place.setdefault(_place_of(hit), []).append(hit.voice)
    several = {place for place, voices in by_place.items() if len(set(voices)) > 1}
    checksum = _checksum(sorted(hit.note for hit in hits if _place_of(hit) in several))
    names = [
        f"{place // KEYS + 1}:{place % KEYS}="
        + "".join(f"{bit:x}" for bit in (voices if place in several else voices[:1]))
        for place, voices in sorted(by_place.items())
    ]
    return HEAD + " ".join([f"lead={lead}", *names, f"crc={checksum:08x}"]).encode("ascii")


def _place_of(hit: Hit) -> int:
    return hit.note >> KEY & _PLACE_BITS


def _lead_of(hits: Sequence[Hit]) -> int:
    """Return the lead of most notes; swing and humanize move some of them to other steps."""
    leads = Counter(hit.lead for hit in hits).most_common(1)
    return leads[0][0] if leads else 0


def _needs_names(hits: Sequence[Hit]) -> bool:
    names = {(_place_of(hit), hit.voice) for hit in hits}
    found = map_for({place % KEYS for place, _ in names})
    return any(place // KEYS != GM_CHANNEL or found.table[place] != bit for place, bit in names)
