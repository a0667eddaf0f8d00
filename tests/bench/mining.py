"""How fast mining is, beside the same job on two well-known parsers: `make bench-mine CORPUS=DIR`.

    python tests/bench/mining.py DIR [DIR ...] [--files 300] [--seed 1]

One process, one core, one run: ours, one on plain mido, one on pretty_midi (which reads with mido
and lays notes out in seconds). All find the same runs in the notes by the same code; what differs
is how a file becomes notes, which is nearly all of the time. Files are read beforehand, so that the
disk has no say, and the three take turns, file by file, so that what else the machine does hits
all alike. CPU time.
"""

import argparse
import random
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import mido
from mido.midifiles.meta import KeySignatureError

from drumatlas.beat.drums import Drums
from drumatlas.beat.smf import DRUM_CHANNEL, DrumTrack
from drumatlas.errors import MidiFileError
from drumatlas_export.mine.file import Rules, mine_drums, mine_file
from drumatlas_export.mine.sources import Source, find_sources

Parser = Callable[[Path], DrumTrack]
# What the two raise on malformed files.
FAULTS = (
    *(OSError, EOFError, ValueError, IndexError, KeyError, TypeError, AttributeError),
    KeySignatureError,
)


def packed(notes: Sequence[tuple[int, int, int]]) -> list[int]:
    """(tick, key, velocity) as DrumTrack has them."""
    return sorted(tick << 18 | DRUM_CHANNEL << 14 | key << 7 | loud for tick, key, loud in notes)


def by_mido(path: Path) -> DrumTrack:
    """As one would write it: all tracks, absolute ticks."""
    file = mido.MidiFile(path, clip=True)
    notes, signatures = [], []
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.channel == DRUM_CHANNEL and message.velocity:
                notes.append((tick, message.note, message.velocity))
            elif message.type == "time_signature":
                signatures.append((tick, message.numerator, message.denominator))
    return DrumTrack(file.ticks_per_beat, packed(notes), sorted(signatures))


def by_pretty_midi(path: Path) -> DrumTrack:
    """Its instruments' notes, and its seconds made ticks again."""
    import pretty_midi  # only the bench asks for it

    file = pretty_midi.PrettyMIDI(str(path))
    notes = [
        (file.time_to_tick(note.start), note.pitch, note.velocity)
        for instrument in file.instruments
        if instrument.is_drum
        for note in instrument.notes
    ]
    signatures = [
        (file.time_to_tick(one.time), one.numerator, one.denominator)
        for one in file.time_signature_changes
    ]
    return DrumTrack(file.resolution, packed(notes), sorted(signatures))


class Runner:
    """One way to do the job; adds up its CPU time and what it found."""

    def __init__(self, name: str, parse: Parser | None) -> None:
        self.name, self._parse = name, parse
        self.seconds, self.patterns = 0.0, 0

    def take(self, source: Source) -> None:
        """One file."""
        began = time.process_time()
        if self._parse is None:
            found = mine_file(source, Rules()).found
        else:
            try:
                found = mine_drums(Drums(self._parse(source.path)), False, Rules()).found
            except (*FAULTS, MidiFileError):
                found = []
        self.seconds += time.process_time() - began
        self.patterns += sum(not one.refusal for one in found)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="files/s and core of mining")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--files", type=int, default=300, help="drawn from each folder")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # pretty_midi's, about files as they are
    for folder in given.folders:
        sources = [one for one in find_sources([folder], []) if one.member is None]
        random.Random(given.seed).shuffle(sources)
        chosen = sources[: given.files]
        if not chosen:
            print(f"{folder}: no MIDI files in it", file=sys.stderr)
            return 2
        measure(folder, chosen)
    return 0


def measure(folder: Path, sources: list[Source]) -> None:
    """One table."""
    runners = [
        Runner("drumatlas", None),
        Runner("mido", by_mido),
        Runner("pretty_midi", by_pretty_midi),
    ]
    for runner in runners:  # what a first file costs: imports, caches
        runner.take(sources[0])
    for runner in runners:
        runner.seconds, runner.patterns = 0.0, 0
    for source in sources:
        source.path.read_bytes()
        for runner in runners:
            runner.take(source)
    kb = sum(source.path.stat().st_size for source in sources) / len(sources) / 1024
    print(f"{folder}: {len(sources)} files of {kb:.0f} KB, one core")
    ours = runners[0].seconds
    for one in runners:
        rate, ratio = len(sources) / one.seconds, one.seconds / ours
        print(f"{one.name:12} {rate:8.0f} files/s  {ratio:5.1f} x  {one.patterns} patterns")


if __name__ == "__main__":
    sys.exit(main())
