"""Note maps of well-known drum machines, for `play.kit`: (note, channel 1..16) of each voice.

- gm: General MIDI System Level 1 (MMA0007 / RP003), percussion key map; channel 10.
- tr-8s: Roland TR-8S MIDI Implementation Chart, version 1.10 (2018), remark *1, the note numbers
  at factory settings: BD 36, SD 38, LT 43, MT 47, HT 50, RS 37, HC 39, CH 42, OH 46, CC 49, RC 51.
  Channel 10 as the default pattern channel is reported by users only.
- volca-beats: KORG volca beats MIDI Implementation, revision 0.01 (2013), 2-1 "Channel messages":
  kick 36, snare 38, lo tom 43, hi tom 50, closed hat 42, open hat 46, clap 39, claves 75,
  agogo 67, crash 49. Set the volca to channel 10. It takes no velocities (MIDI Implementation
  Chart, version 1.00: velocity x).
- digitakt: Elektron Digitakt User Manual, 8.4 "MIDI notes": notes 0..7 play tracks 1..8 while
  these are on their default channels, 1..8. Users report that all eight work on channel 1; the
  manual does not say so. The choice of sound for each track is our own.

A voice that a machine lacks is played by its most similar sound.
"""

from collections.abc import Mapping

from drumatlas.beat.voices import VOICE_TABLE

_GM = tuple(voice.note for voice in VOICE_TABLE)
# fmt: off
#              kick snare chat ltom mtom ohat htom crsh ride  aux hbon lbon mcon lcon
_TR_8S =        (36,  38,  42,  43,  47,  46,  50,  49,  51,  37,  39,  50,  47,  43)
_VOLCA_BEATS =  (36,  38,  42,  43,  43,  46,  50,  49,  42,  75,  67,  50,  50,  43)
_DIGITAKT =      (0,   1,   2,   4,   4,   3,   4,   5,   5,   6,   7,   7,   7,   7)
# fmt: on


def _on(channel: int, notes: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((note, channel) for note in notes)


KITS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "gm": _on(10, _GM),
    "tr-8s": _on(10, _TR_8S),
    "volca-beats": _on(10, _VOLCA_BEATS),
    "digitakt": _on(1, _DIGITAKT),
}
