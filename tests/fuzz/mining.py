"""MIDI files, broken in all ways, through the miner as it runs: `make fuzz-mine CORPUS=DIR`.

    PYTHONPATH=tests python tests/fuzz/mining.py DIR [--files 5000] [--seed 1] [--jobs N]

Files are drawn from DIR and changed: bytes flipped, cut out, doubled, put in from another file,
lengths forged, the end cut off. A file that ends its worker, hangs, swells, or raises anything is a
finding; exit code 1.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from drumatlas.beat.smf import MAX_BYTES
from drumatlas_export.mine.file import Rules
from drumatlas_export.mine.local import mine_locally
from drumatlas_export.mine.sources import Source, find_sources, read_source

BOUND = ("its worker died", "took over")  # what only the worker's own limits stopped

Change = Callable[[bytearray, bytes, random.Random], None]


def _flip(data: bytearray, _other: bytes, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 3, 30, 300))):
        data[rng.randrange(len(data))] = rng.randrange(256)


def _set(data: bytearray, _other: bytes, rng: random.Random) -> None:
    """Bytes that mean something: statuses, meta events, long numbers."""
    odd = (b"\xff\xff\xff\x7f", b"\xff\x2f\x00", b"\xff\x58\x04", b"\x99\x24\x64", b"\xf0", b"\x80")
    at, piece = rng.randrange(len(data)), rng.choice(odd)
    data[at : at + len(piece)] = piece


def _cut(data: bytearray, _other: bytes, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    del data[start : start + rng.choice((1, 2, 17, 1000))]


def _end(data: bytearray, _other: bytes, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def _double(data: bytearray, _other: bytes, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    piece = data[start : start + rng.choice((1, 40, 4000))]
    data[start:start] = piece * rng.choice((1, 2, 50))


def _graft(data: bytearray, other: bytes, rng: random.Random) -> None:
    start = rng.randrange(len(data))
    begin = rng.randrange(len(other))
    data[start : start + 100] = other[begin : begin + rng.choice((10, 100, 5000))]


def _forge(data: bytearray, _other: bytes, rng: random.Random) -> None:
    """A header or a length that lies."""
    at = rng.choice((8, 10, 12, max(data.find(b"MTrk"), 0) + 4))
    data[at : at + 4] = rng.choice((b"\0\0\0\0", b"\xff" * 4, b"\0\1\0\1", b"\x7f\xff\xff\xff"))


CHANGES: tuple[Change, ...] = (_flip, _set, _cut, _end, _double, _graft, _forge)


def broken(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """`data`, changed in one to four ways."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        if result:
            rng.choice(CHANGES)(result, other or b"\0", rng)
    return bytes(result)


def main() -> int:
    """Break, mine, count."""
    parser = argparse.ArgumentParser(description="broken MIDI files through the miner")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    there = find_sources([given.folder], [])
    with TemporaryDirectory() as folder:
        sources = []
        for number in range(given.files):
            one, other = (read_source(rng.choice(there), MAX_BYTES) for _ in range(2))
            path = Path(folder) / f"{number}.mid"
            path.write_bytes(broken(one, other, rng))
            sources.append(Source(path, path.name, "broken", number % 2 == 0))
        began = time.monotonic()
        reasons: Counter[str] = Counter()
        for result in mine_locally(sources, Rules(), given.jobs):
            reasons[result.refusal.split(":")[0] or "patterns"] += 1
    seconds = time.monotonic() - began
    print(f"{reasons.total()} of {given.files} broken files (seed {given.seed}), {seconds:.0f} s")
    for reason, count in reasons.most_common():
        print(f"{count:6} {reason}")
    return int(any(reason.startswith(BOUND) for reason in reasons))


if __name__ == "__main__":
    sys.exit(main())
