from io import BytesIO

import mido
import pytest

from drumatlas.beat.grid import MAX_STEPS
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.engine import Engine
from drumatlas.errors import MidiFileError
from drumatlas.play.feel import Feel
from drumatlas.play.settings import DEFAULT_VOICES, PlaySettings
from drumatlas.web.downloads import beat_take
from drumatlas.web.dropped_file import MAX_STRETCHES, Dropped, beat_of
from support.midi_bytes import XG_ON, file_of, played

ONE, OTHER = (1,) + (0,) * 15 + (2,) + (0,) * 15, (4,) * 32


def song(*codes: tuple[int, ...]) -> bytes:
    track = mido.MidiTrack()
    waited = 0
    for code in codes:
        for step in code:
            for voice in VOICE_TABLE:
                if step >> voice.bit & 1:
                    on = mido.Message("note_on", channel=9, note=voice.note, time=waited)
                    track.append(on)
                    waited = 0
            waited += 120
    file, buffer = mido.MidiFile(ticks_per_beat=480, tracks=[track]), BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def test_the_most_played_beat_is_found() -> None:
    assert beat_of(song(ONE, OTHER, ONE, (8,) * 32)) == Dropped(ONE)
    assert beat_of(song(OTHER, ONE)) == Dropped(OTHER)


@pytest.mark.parametrize("data", [b"", b"MThd", song(), song((0,) * 32), song(ONE)[:-9]])
def test_a_file_without_a_beat_is_refused(data: bytes) -> None:
    with pytest.raises(MidiFileError):
        beat_of(data)


def test_a_downloaded_take_can_be_dropped(atlas: object) -> None:
    engine = Engine(atlas, PlaySettings(), [], 0)  # type: ignore[arg-type]
    pattern = engine.explorer.pattern
    data = beat_take(pattern, PlaySettings(), 97, Feel())
    assert beat_of(data) == Dropped(pattern.code)
    swung = mido.MidiFile(file=BytesIO(beat_take(pattern, PlaySettings(), 97, Feel(swing=1))))
    ends = [m.tempo for m in swung.tracks[0] if m.type == "set_tempo"]
    assert ends == [round(60e6 / 97)]


@pytest.mark.parametrize(
    ("stretches", "steps", "words"),
    [(5, MAX_STEPS // 4, f"over {MAX_STEPS} steps"), (MAX_STRETCHES + 1, 1, "changes its metre")],
)
def test_stretches_that_are_too_many_or_long_together_are_refused(
    stretches: int, steps: int, words: str
) -> None:
    track = mido.MidiTrack()
    for metre in (4, 3) * stretches:
        track.append(mido.MetaMessage("time_signature", numerator=metre, denominator=4, time=120))
        track.append(mido.Message("note_on", channel=9, note=36))
        track.append(mido.Message("note_on", channel=9, note=38, time=steps * 120))
    file, buffer = mido.MidiFile(ticks_per_beat=480, tracks=[track]), BytesIO()
    file.save(file=buffer)
    with pytest.raises(MidiFileError, match=words):
        beat_of(buffer.getvalue())


def notes(*hits: tuple[int, int]) -> bytes:
    """A file of (tick, key) of 480 a beat, in order."""
    track, last = mido.MidiTrack(), 0
    for tick, key in hits:
        track.append(mido.Message("note_on", channel=9, note=key, time=tick - last))
        last = tick
    file, buffer = mido.MidiFile(ticks_per_beat=480, tracks=[track]), BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def test_lost_and_moved_notes_are_reported() -> None:
    dropped = beat_of(notes((0, 36), (480, 33), (960, 38)))
    assert (dropped.code[0], dropped.code[4], dropped.code[8]) == (1, 0, 2)
    assert dropped.remarks == ("1 note without a voice (note 33 (metronome click): 1)",)
    triplets = beat_of(notes(*((i * 160, 42) for i in range(24))))
    assert triplets.remarks == (
        "of 1 two-bar windows: 1 swing or triplets; moved to the nearest 16ths",
    )


def test_a_file_of_notes_without_a_voice_says_which() -> None:
    with pytest.raises(
        MidiFileError, match=r"no note has a voice; 1 note without a voice \(note 33"
    ):
        beat_of(notes((0, 33)))


def test_a_box_in_general_midi_ignores_a_snap_of_xg() -> None:
    """Its own notes are those that the file is read by anyway; they don't fold 26 into a hat."""
    data = file_of(XG_ON + played([(480 * i, key) for i, key in enumerate((36, 26, 38, 60))]))
    own = [(out.note, out.channel) for out in DEFAULT_VOICES]
    dropped = beat_of(data, own)
    assert dropped == beat_of(data)
    assert dropped.remarks == ("1 note without a voice (note 26: 1)",)
