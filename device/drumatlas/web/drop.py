"""A .mid file that was dropped on the page: the beat that it is about. Pure."""

from collections import Counter

import numpy as np

from drumatlas.beat.codes import STEPS, Code
from drumatlas.beat.grid import four_four, quantise
from drumatlas.beat.smf import read_drums
from drumatlas.errors import MidiFileError

MAX_BYTES = 256 << 10  # songs have 50 to 150 KB; reading one holds up nothing but the page


def beat_of(data: bytes) -> Code:
    """The two bars that the file's drums play most often (of equals the first); MidiFileError
    if it is malformed or has no drums in 4/4."""
    track = read_drums(data)
    counts: Counter[Code] = Counter()
    for start, end in four_four(track):
        region = quantise(track, start, end)
        if region is None:
            continue
        pad = np.zeros(-len(region.codes) % STEPS, np.uint16)
        windows = np.concatenate([region.codes, pad]).reshape(-1, STEPS)
        counts.update(tuple(window) for window in windows.tolist() if any(window))
    if not counts:
        raise MidiFileError("no drums (channel 10) in 4/4")
    return counts.most_common(1)[0][0]
