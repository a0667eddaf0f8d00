"""The beat that plays, as a .mid file to download."""

from drumatlas.beat.pattern import Pattern
from drumatlas.midi.files.take import take_bytes
from drumatlas.play.feel import Feel
from drumatlas.play.leading import START_LEAD_NS
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings
from drumatlas.play.timeline import CYCLE_TICKS, ns_per_tick


def beat_take(pattern: Pattern, settings: PlaySettings, bpm: float, feel: Feel) -> bytes:
    """Return the bytes of a .mid file: two bars of a pattern as they are played at `bpm`, from
    Start to Stop."""
    sequencer = Sequencer(settings, pattern, 0)
    sequencer.set_tempo(bpm)
    sequencer.set_feel(feel)
    sequencer.start()
    end_ns = START_LEAD_NS + round(CYCLE_TICKS * ns_per_tick(bpm)) - 1
    played = sequencer.advance(end_ns)
    sequencer.stop()
    return take_bytes([*played, *sequencer.advance(end_ns)], name=pattern.genre or "drumatlas")
