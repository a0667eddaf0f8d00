"""Takes as a box writes them, with any notes and channels."""

import numpy as np
from hypothesis import strategies as st

from drumatlas.beat.codes import CODE_LIMIT, STEPS, Code, grids
from drumatlas.beat.pattern import Pattern, cycles_of
from drumatlas.beat.voices import VOICES
from drumatlas.play.feel import Feel
from drumatlas.play.kits import KITS
from drumatlas.play.settings import PlaySettings, VoiceOut
from drumatlas.web.downloads import beat_take

CODES = st.lists(
    st.one_of(st.just(0), st.integers(0, CODE_LIMIT - 1)), min_size=STEPS, max_size=STEPS
).map(tuple)
LOUD = st.integers(1, 127)
NOTES = st.one_of(st.integers(0, 127), st.sampled_from([36, 38, 42, 22, 26, 55, 58]))
CHANNELS = st.one_of(st.just(9), st.integers(0, 15))
TABLES = st.lists(st.builds(VoiceOut, NOTES, CHANNELS), min_size=VOICES, max_size=VOICES).map(tuple)
KIT_TABLES = {
    name: tuple(VoiceOut(note, channel - 1) for note, channel in kit) for name, kit in KITS.items()
}


def pattern_of_code(code: Code, loud: int = 100) -> Pattern:
    return Pattern(cycles_of(grids([code]).astype(np.uint8) * np.uint8(loud)), code)


def take_of(code: Code, voices: tuple[VoiceOut, ...], loud: int = 100) -> bytes:
    return beat_take(pattern_of_code(code, loud), PlaySettings(voices=voices), 120, Feel())
