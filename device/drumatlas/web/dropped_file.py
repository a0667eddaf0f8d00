"""Finds the beat of a .mid file that was dropped on the page. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from drumatlas.beat.codes import Code
from drumatlas.beat.drum_map import GM_CHANNEL, Place, map_of_voices
from drumatlas.beat.drums import BY_ITSELF, Drums, Reading, misfit_line, read, unvoiced_line
from drumatlas.beat.grid import four_four
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.errors import MidiFileError

MAX_BYTES = 256 << 10  # songs have 50 to 150 KB
MAX_STRETCHES = 1000  # of 4/4 between other metres; each costs as much time as a few bars
_OWN = "read with this box's own notes and channels"


@dataclass(frozen=True, slots=True)
class Dropped:
    """The beat of a file, and remarks about notes of the file that the beat lacks or moves."""

    code: Code
    remarks: tuple[str, ...] = ()


def beat_of(data: bytes, own: Sequence[Place] = ()) -> Dropped:
    """Return the two bars that the file's drums play most often; of equally frequent ones, the
    first.

    `own` holds note and channel 0..15 of each of the box's voices. If they differ from General
    MIDI's, they are tried as well. They are used if they leave fewer notes without a voice, or find
    drums where there were none.

    MidiFileError if the file is malformed, far too long, or has no drums in 4/4.
    """
    remarks: list[str] = []
    drums = _read(data, BY_ITSELF)
    if _is_a_kit(own) and (drums is None or drums.unvoiced or not drums.voiced):
        by_own = _read(data, Reading(map_of_voices("own", own)))
        if by_own is not None and _is_better(by_own, drums):
            drums = by_own
            remarks.append(_OWN)
    if drums is None:
        drums = read(data)  # once more, for its error message
    code, misfits = _most_played(drums)
    lines = (*drums.track.remarks, unvoiced_line(drums.unvoiced), misfit_line(misfits))
    return Dropped(code, (*remarks, *filter(None, lines)))


def _is_a_kit(own: Sequence[Place]) -> bool:
    """Return whether these notes differ from General MIDI's, with which each file is tried."""
    general = [(voice.note, GM_CHANNEL) for voice in VOICE_TABLE]
    return bool(own) and list(own) != general


def _read(data: bytes, reading: Reading) -> Drums | None:
    try:
        return read(data, reading)
    except MidiFileError:
        return None


def _is_better(one: Drums, other: Drums | None) -> bool:
    if other is None or not other.voiced:
        return one.voiced > 0
    return one.voiced > other.voiced and one.unvoiced.total() < other.unvoiced.total()


def _most_played(drums: Drums) -> tuple[Code, list[str]]:
    """Return the code, and for each time it is played why that is not in straight 16ths, or ""."""
    ranges = four_four(drums.track)
    if len(ranges) > MAX_STRETCHES:
        raise MidiFileError(f"changes its metre more than {MAX_STRETCHES} times")
    counts: Counter[Code] = Counter()
    misfits: dict[Code, list[str]] = {}
    for code, reason in drums.two_bars(ranges):
        counts[code] += 1
        misfits.setdefault(code, []).append(reason)
    if not counts:
        lines = (*drums.track.remarks, unvoiced_line(drums.unvoiced))
        raise MidiFileError("; ".join(filter(None, (drums.why_empty, *lines))))
    code = counts.most_common(1)[0][0]
    return code, misfits[code]
