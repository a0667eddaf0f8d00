"""Finds drums on channels other than 10: where the file says so, or where nothing else is possible.

In order of trust: messages that switch a synthesizer's part to drums (General MIDI 2, Yamaha XG,
Roland GS), the name of a track, and notes that no melody has. If channel 10 has drums, only the
first adds others: a synth plays both as one kit, while a track that is named "Drums" may double the
drums on channel 10.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.smf.declared import Declared
from drumatlas.beat.smf.kit import is_kit, may_be_kit
from drumatlas.beat.smf.notes import TrackEvents
from drumatlas.beat.smf.track import CHANNEL, DRUM_CHANNEL, KEY, TICK

# Channels customary for drums: the second drum part of XG and GS, and 16 in the "base-level" files
# of Windows 3 (MCI reference, "Authoring Guidelines for MIDI Files").
USUAL_CHANNELS = (10, 15)

# Words in a track's name. A word that means a drum kit is believed if the keys agree.
KIT_WORDS = re.compile(
    r"drums?|drum(kit|set|loop|beat|track|machine|rack|l|r)s?|batterie|batteria|bater[ií]a|schlagzeug"
    r"|trommeln|slagwerk|drumstel|slagverk|trummor|trommer|trommesett|perkusja|rummut|ударные"
    r"|барабаны|ドラム|드럼|鼓"
)
VAGUE_WORDS = re.compile(r"beats?|kit|groove|loop|rhythm|perc|percuss.*|percus.*|perkus.*|rytm.*")
# Instruments that play melodies, or one drum by pitch.
NOT_KITS = re.compile(
    r"steel|taiko|talking|synth.*|syn|melodic|pitched|tuned|mallets?|bass|timpani|organ|guitars?"
    r"|piano|war|tom"
)
NO_PROGRAMS = frozenset((None, 0))


@dataclass(frozen=True, slots=True)
class DrumPart:
    """The drums of a channel (0..15), packed as in DrumTrack, and why they are drums."""

    channel: int
    why: str
    packed: list[int]


@dataclass(frozen=True, slots=True)
class _Notes:
    """The notes of a channel, of one track or of all tracks."""

    channel: int
    packed: NDArray[np.int64]
    division: int

    @property
    def _what(self) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        return self.packed >> TICK, self.packed >> KEY & 0x7F, self.division

    def is_kit(self) -> bool:
        return is_kit(*self._what)

    def may_be_kit(self) -> bool:
        return may_be_kit(*self._what)


def find_parts(tracks: Sequence[TrackEvents], division: int, *, has_drums: bool) -> list[DrumPart]:
    """Return the drums on channels other than 10. `tracks` hold `everything`; `division` is in
    ticks a beat; `has_drums`: channel 10 has some."""
    found = _declared(tracks)
    if has_drums or found:
        return found
    return list(_named(tracks, division)) or list(_by_sound(tracks, division))


def channels_of(tracks: Sequence[TrackEvents]) -> list[int]:
    """Return the channels (0..15) that have notes."""
    return sorted({note >> CHANNEL & 0x0F for track in tracks for note in track.packed})


def _declared(tracks: Sequence[TrackEvents]) -> list[DrumPart]:
    """Return the parts that synthesizers play on a drum kit."""
    declared = Declared(message for track in tracks for message in track.setup)
    parts: dict[int, DrumPart] = {}
    for track in tracks if declared.channels else ():
        for note in track.packed:
            channel = note >> CHANNEL & 0x0F
            if channel not in declared.channels or channel == DRUM_CHANNEL:
                continue
            if why := declared.at(channel, note >> TICK):
                parts.setdefault(channel, DrumPart(channel, why, [])).packed.append(note)
    return [parts[channel] for channel in sorted(parts)]


def _named(tracks: Sequence[TrackEvents], division: int) -> Iterator[DrumPart]:
    """Yield tracks with one channel whose name says drums, and whose keys agree."""
    for track in tracks:
        split = _split(track.packed, division)
        name = next(filter(None, map(_drum_name, track.names)), "")
        if len(split) != 1 or not name:
            continue
        (notes,) = split
        is_plain = _programs(track, notes.channel) <= NO_PROGRAMS
        is_named_kit = is_plain and _has(KIT_WORDS, name) and notes.may_be_kit()
        if is_named_kit or notes.is_kit():
            yield DrumPart(notes.channel, f"track {track.number} is named {name!r}", track.packed)


def _by_sound(tracks: Sequence[TrackEvents], division: int) -> Iterator[DrumPart]:
    """Yield the only channel of a file, or a customary drum channel, if no melody sounds like
    it."""
    split = _split([note for track in tracks for note in track.packed], division)
    for notes in split:
        is_only = len(split) == 1
        if (is_only or notes.channel in USUAL_CHANNELS) and notes.is_kit():
            why = "the only channel; it" if is_only else "it"
            yield DrumPart(notes.channel, f"{why} plays a drum kit's keys", notes.packed.tolist())


def _split(packed: list[int], division: int) -> list[_Notes]:
    notes = np.array(packed, np.int64)
    of = notes >> CHANNEL & 0x0F
    return [_Notes(one, notes[of == one], division) for one in np.unique(of).tolist()]


def _programs(track: TrackEvents, channel: int) -> set[int | None]:
    return {message[1] for _, message in track.setup if message[0] == 0xC0 | channel}


def _drum_name(raw: bytes) -> str:
    """Return the name if drums may have it, else ''."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        name = raw.decode("latin-1")
    name = "".join(filter(str.isprintable, name)).strip()
    is_drums = _has(KIT_WORDS, name) or _has(VAGUE_WORDS, name)
    return name if is_drums and not _has(NOT_KITS, name) else ""


def _has(words: re.Pattern[str], name: str) -> bool:
    return any(words.fullmatch(word) for word in re.findall(r"[^\W\d_]+", name.casefold()))
