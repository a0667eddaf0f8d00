"""A .mid file that was dropped on the page: the beat that it is about. Pure."""

from collections import Counter

import numpy as np

from drumatlas.beat.codes import STEPS, Code
from drumatlas.beat.grid import four_four, regions, why_empty
from drumatlas.beat.smf import read_drums
from drumatlas.errors import MidiFileError

MAX_BYTES = 256 << 10  # songs have 50 to 150 KB; reading one holds up nothing but the page
MAX_STRETCHES = 1000  # of 4/4 between other metres; each takes as long as some bars do


def beat_of(data: bytes) -> Code:
    """The two bars that the file's drums play most often (of equals the first); MidiFileError
    if it is malformed, absurdly long, or has no drums in 4/4."""
    track = read_drums(data)
    ranges = four_four(track)
    if len(ranges) > MAX_STRETCHES:
        raise MidiFileError(f"changes its metre over {MAX_STRETCHES} times")
    counts: Counter[Code] = Counter()
    for _, region in regions(track, ranges):
        pad = np.zeros(-len(region.codes) % STEPS, np.uint16)
        windows = np.concatenate([region.codes, pad]).reshape(-1, STEPS)
        counts.update(tuple(window) for window in windows.tolist() if any(window))
    if not counts:
        raise MidiFileError("; ".join([why_empty(track), *track.remarks]))
    return counts.most_common(1)[0][0]
