"""Standard MIDI Files: reads their drums and metres."""

from drumatlas.beat.smf.events import MAX_TICKS
from drumatlas.beat.smf.read import MAX_BYTES, read_drums
from drumatlas.beat.smf.track import DRUM_CHANNEL, DrumTrack

__all__ = ["DRUM_CHANNEL", "MAX_BYTES", "MAX_TICKS", "DrumTrack", "read_drums"]
