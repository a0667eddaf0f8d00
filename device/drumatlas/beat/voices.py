"""The 14 voices: one table for mining, decoding and playing.

Bits 0-8 and their GM notes are LSTMetallica's nine classes; 10-13 are the bongos and
congas of the published data. Bit 9 is unused in the published samples; here it is
auxiliary percussion (tambourine, cowbell, shaker, claves and the like).
"""

from dataclasses import dataclass

VOICES = 14
GROUPS = ("kick", "snare", "hats", "toms", "cymbals", "percussion")


@dataclass(frozen=True, slots=True)
class Voice:
    """One percussion class: `bit` of a step code, the GM note it plays, what folds into it."""

    bit: int
    name: str
    short: str  # at most 4 letters, for grids
    note: int  # General MIDI percussion key, 0..127
    group: str  # one of GROUPS; the density knobs work on these
    folds: tuple[int, ...] = ()  # further GM keys that are heard as this voice


_AUXILIARY = (56, 58, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 85)

# fmt: off
VOICE_TABLE: tuple[Voice, ...] = (
    #     bit  name              short  note  group         folds
    Voice( 0, "kick",            "kick", 36, "kick",        (35,)),
    Voice( 1, "snare",           "snar", 38, "snare",       (37, 39, 40)),
    Voice( 2, "closed hat",      "chat", 42, "hats",        (44,)),
    Voice( 3, "low tom",         "ltom", 41, "toms",        (43,)),
    Voice( 4, "mid tom",         "mtom", 45, "toms",        (47,)),
    Voice( 5, "open hat",        "ohat", 46, "hats"),
    Voice( 6, "high tom",        "htom", 48, "toms",        (50,)),
    Voice( 7, "crash",           "crsh", 49, "cymbals",     (52, 57)),
    Voice( 8, "ride",            "ride", 51, "cymbals",     (53, 55, 59)),
    Voice( 9, "auxiliary",       "aux",  54, "percussion",  _AUXILIARY),
    Voice(10, "high bongo",      "hbon", 60, "percussion"),
    Voice(11, "low bongo",       "lbon", 61, "percussion"),
    Voice(12, "mute conga",      "mcon", 62, "percussion",  (63,)),
    Voice(13, "low conga",       "lcon", 64, "percussion",  (65, 66)),
)
# fmt: on

# GM key -> voice bit; keys that are absent (metronome, vocals, effects) are not drums to us.
BIT_OF_NOTE: dict[int, int] = {
    note: voice.bit for voice in VOICE_TABLE for note in (voice.note, *voice.folds)
}
