"""A pack: one Standard MIDI File per beat, aligned with the grid of any DAW, and an index.

The packs published with the article have steps of a third of a beat, no note-offs, no tempo, and
velocity 127 throughout. These have format 0, 480 ticks per beat, a tempo, 4/4, and a note-off for
each note-on. The track ends on a bar line, so that a clip has the right length.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import mido
import numpy as np
from numpy.typing import NDArray

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Code, canonical
from drumatlas.beat.smf import DRUM_CHANNEL
from drumatlas.beat.tsv import BeatRow, format_row
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.mine.genres import first_genre

TICKS_PER_BEAT = 480
STEP_TICKS = TICKS_PER_BEAT // 4
NOTE_TICKS = STEP_TICKS // 2  # so that every note ends before its next can begin
REPEATS = 3  # the default of `mine --repeats`, so that `mine` finds the beats again
INDEX = "index.tsv"  # a genre table, as `mine --genres` reads it
_MAX_NAME = 40  # characters of a genre in a file name
_UNNAMED = "beat"  # in the file name of a beat without a genre


@dataclass(frozen=True, slots=True)
class Clip:
    """One beat to write: `velocity` [32, 14] is 1..127, or 0 for no hit."""

    row: BeatRow
    velocity: NDArray[np.uint8]

    @property
    def genre(self) -> str:
        """Its first label that is a genre, or ''."""
        return first_genre(self.row.labels)

    @property
    def place(self) -> str:
        """Its latent point, else its map point, as part of a file name; else ''."""
        if self.row.latent is not None:
            return " z " + " ".join(f"{value:+.2f}" for value in self.row.latent)
        if self.row.xy is not None:
            return " map " + " ".join(f"{value:+.3f}" for value in self.row.xy)
        return ""


def _plain(text: str) -> str:
    """Return `text` as a part of a path that is valid on every system."""
    return re.sub(r"[^\w-]+", "-", text).strip("-")[:_MAX_NAME]


def names(clips: Sequence[Clip]) -> list[str]:
    """Return a path for each clip, `GENRE/0001 GENRE z ....mid`, numbered in order."""
    digits = max(4, len(str(len(clips))))
    result = []
    for number, clip in enumerate(clips, 1):
        genre = _plain(clip.genre) or _UNNAMED
        result.append(f"{genre}/{number:0{digits}} {genre}{clip.place}.mid")
    return result


def _events(velocity: NDArray[np.uint8], repeats: int) -> list[tuple[int, int, int, int]]:
    """Return (tick, 1 for a note-on or 0 for a note-off, key, velocity), sorted; kick first."""
    events = []
    for step, bit in np.argwhere(velocity).tolist():
        for turn in range(repeats):
            tick = (turn * STEPS + step) * STEP_TICKS
            key = VOICE_TABLE[bit].note
            events.append((tick, 1, bit, key, int(velocity[step, bit])))
            events.append((tick + NOTE_TICKS, 0, bit, key, 0))
    return [(tick, kind, key, loud) for tick, kind, _, key, loud in sorted(events)]


def clip_bytes(clip: Clip, name: str, bpm: float = 120.0, repeats: int = REPEATS) -> bytes:
    """Return a MIDI file that plays a beat `repeats` times; the same input gives the same bytes.

    `bpm` is in beats per minute.
    """
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("track_name", name=name))
    track.append(mido.MetaMessage("text", text=format_row(clip.row)))  # exact code and point
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)))
    track.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    last = 0
    for tick, kind, key, loud in _events(clip.velocity, repeats):
        note = "note_on" if kind else "note_off"
        words = {"channel": DRUM_CHANNEL, "note": key, "velocity": loud}
        track.append(mido.Message(note, time=tick - last, **words))
        last = tick
    end = repeats * STEPS * STEP_TICKS
    track.append(mido.MetaMessage("end_of_track", time=end - last))
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8", tracks=[track])
    buffer = BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def pack_files(
    clips: Sequence[Clip], bpm: float = 120.0, repeats: int = REPEATS
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a pack as (path within it, bytes), the index last."""
    paths = names(clips)
    index = ["file\tgenre\tbeat\n"]
    for path, clip in zip(paths, clips, strict=True):
        title = path.removesuffix(".mid").split("/")[-1]
        yield path, clip_bytes(clip, title, bpm, repeats)
        index.append(f"{path}\t{clip.genre}\t{','.join(map(str, clip.row.code))}\n")
    yield INDEX, "".join(index).encode()


def lost_in_mining(codes: Sequence[Code]) -> dict[str, int]:
    """Return how many beats of a pack `mine` would not find again, by reason.

    `mine` ends a section at a pause of over a bar, drops monotonous beats, and keeps one beat per
    rotation class.
    """
    lively = BeatFilter().lively(codes).tolist() if codes else []
    kept = [code for code, is_one in zip(codes, lively, strict=True) if is_one]
    whole = [code for code in kept if _longest_gap(code) <= STEPS_PER_BAR]
    return {
        "low entropy": len(codes) - len(kept),
        "a pause of over a bar": len(kept) - len(whole),
        "rotations of another": len(whole) - len({canonical(code) for code in whole}),
    }


def _longest_gap(code: Code) -> int:
    """Return the largest number of steps from a hit to the next; the beat wraps around."""
    hits = np.flatnonzero(code)
    if not len(hits):
        return STEPS
    return int(np.diff([*hits, hits[0] + STEPS]).max())
