"""Standard MIDI Files: the drums and metres that stand in one."""

from drumatlas.beat.smf.read import DRUM_CHANNEL, MAX_BYTES, MAX_TICKS, read_drums
from drumatlas.beat.smf.track import DrumTrack

__all__ = ["DRUM_CHANNEL", "MAX_BYTES", "MAX_TICKS", "DrumTrack", "read_drums"]
