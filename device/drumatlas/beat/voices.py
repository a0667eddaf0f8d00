"""The 14 voices, and the MIDI notes of each: one table for everything.

Mining, encoding, dropped files, pads and playing all take a note's voice from here.

Bits 0-8 and their GM notes are LSTMetallica's nine classes; 10-13 are the bongos and congas of
the published data. Bit 9 is unused in the published samples; here it is auxiliary percussion
(tambourine, cowbell, shaker, claves and the like).

Sources for the voices of the other notes:

- [GM] General MIDI System Level 1, percussion key map: 35..81 (MMA0007 / RP003).
- [GM2] General MIDI 2, standard set: 27..34 and 82..87 as well (MMA RP-024).
- [DS] LSTMetallica's merges and the script that was published with the data of the article:
  35 to 36; 37 and 40 to 38; 43 to 41; 47 to 45; 50 to 48; 44 to 42; 52 and 57 to 49; 53, 55 and
  59 to 51; 63 to 62; 65 and 66 to 64.
- [VD] Roland V-Drums, the modules' default note maps (TD-11 and TD-17; TD-50 for the fourth tom):
  hats 42 and 46 on the bow, 22 and 26 on the edge, 44 by foot; toms 48, 45, 43, 41 with the rims
  50, 47, 58, 39; crashes 49 and 57 with the edges 55 and 52; ride 51, edge 59, bell 53; the pads
  at AUX inputs 27..34, whatever they sound like.
- [GMD] The folding that Groove MIDI's authors publish (Gillick et al., "Learning to Groove with
  Inverse Sequence Transformations", 2019; table on the data set's page): 36; 38, 40, 37; 48, 50;
  45, 47; 43, 58; 46, 26; 42, 22, 44; 49, 55, 57, 52; 51, 59, 53.

Where they differ:

- 22 and 26 are hats, [VD] and [GMD]. In the sets of Roland GS and Yamaha XG 26 is a finger snap
  or a brush, 22 a metronome: in a file that resets such a synth, and was not written by V-Drums,
  they have no voice.
- 53, ride bell: a ride in all sources.
- 55 is a splash in [GM], which [DS] counts as a ride; and the edge of a crash in [VD], which [GMD]
  counts as a crash. 58 is a vibraslap in [GM], and the rim of a floor tom in [VD] and [GMD]. 39 is
  hand claps in [GM], and the rim of a tom in [VD]. They follow [GM] and [DS], except in a
  file that V-Drums have written (`V_DRUMS`).
- 86 and 87, the surdos of [GM2], are the lowest drums of a samba; they sound like floor toms.
- 27..34 are not drums, or unknown ones: effects and the metronome in [GM2], pads of any sound in
  [VD]. They have no voice, and reports count them, like all keys beyond the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass

VOICES = 14
GROUPS = ("kick", "snare", "hats", "toms", "cymbals", "percussion")


@dataclass(frozen=True, slots=True)
class Voice:
    """One percussion class: its `bit` in a step code, the GM note it plays, and the notes that fold
    into it."""

    bit: int
    name: str
    short: str  # at most 4 letters, for grids
    note: int  # General MIDI percussion key, 0..127
    group: str  # one of GROUPS; the density knobs work on these
    folds: tuple[int, ...] = ()  # further notes that count as this voice


_AUXILIARY = (56, 58, *range(67, 86))  # cowbell, vibraslap, timbales to castanets

# fmt: off
VOICE_TABLE: tuple[Voice, ...] = (
    #     bit  name              short  note  group         folds
    Voice( 0, "kick",            "kick", 36, "kick",        (35,)),
    Voice( 1, "snare",           "snar", 38, "snare",       (37, 39, 40)),
    Voice( 2, "closed hat",      "chat", 42, "hats",        (22, 44)),
    Voice( 3, "low tom",         "ltom", 41, "toms",        (43, 86, 87)),
    Voice( 4, "mid tom",         "mtom", 45, "toms",        (47,)),
    Voice( 5, "open hat",        "ohat", 46, "hats",        (26,)),
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

# Note -> voice bit. Notes that are absent have no voice.
BIT_OF_NOTE: dict[int, int] = {
    note: voice.bit for voice in VOICE_TABLE for note in (voice.note, *voice.folds)
}

# V-Drums' voices of notes that mean something else in General MIDI, see above.
V_DRUMS: Mapping[int, int] = {39: 3, 55: 7, 58: 3}
# A file was written by V-Drums if it has a hat's edge and nothing but the modules' notes.
V_DRUMS_EDGES = frozenset((22, 26))
V_DRUMS_NOTES = frozenset((*V_DRUMS_EDGES, *range(27, 35), *range(36, 54), *range(55, 60))) - {56}

# GM2's names of notes without a voice, for reports.
UNVOICED_NAMES: Mapping[int, str] = {
    27: "high Q",
    28: "slap",
    29: "scratch push",
    30: "scratch pull",
    31: "sticks",
    32: "square click",
    33: "metronome click",
    34: "metronome bell",
}
