from io import BytesIO
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.beat.pattern import Pattern
from drumatlas.beat.smf import read_drums
from drumatlas.errors import FileError
from drumatlas.midi.files.take import TakePort, take_bytes
from drumatlas.midi.files.take_file import TICKS_PER_BEAT
from drumatlas.play.events import Output
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings

EVERY_STEP = Pattern((tuple(((0, 100), (2, 80)) for _ in range(32)),))
SECOND = 1_000_000_000


def played(bpm: float, seconds: int, tempo: float | None = None) -> list[Output]:
    seq = Sequencer(PlaySettings(bpm=bpm), EVERY_STEP, 0)
    seq.start()
    out: list[Output] = []
    for second in range(1, seconds + 1):
        if tempo and second == seconds // 2:
            seq.set_tempo(tempo)
        out += seq.advance(second * SECOND)
    seq.stop()
    return out + seq.advance(seconds * SECOND)


def parsed(data: bytes) -> mido.MidiFile:
    return mido.MidiFile(file=BytesIO(data))


@settings(max_examples=40, deadline=None)
@given(st.floats(20, 300), st.floats(20, 300))
def test_every_note_lies_on_the_grid_whatever_the_tempo(bpm: float, tempo: float) -> None:
    drums = read_drums(take_bytes(played(bpm, 6, tempo)))
    assert drums.ticks_per_beat == TICKS_PER_BEAT
    assert len(drums.notes) > 4
    assert all(tick % (TICKS_PER_BEAT // 4) == 0 for tick, _, _ in drums.notes)


def test_a_take_has_tempo_metre_offs_and_its_true_length() -> None:
    file = parsed(take_bytes(played(90, 8)))
    kinds = [message.type for track in file.tracks for message in track]
    assert kinds.count("note_on") == kinds.count("note_off") > 0
    tempo = next(m.tempo for m in file.tracks[0] if m.type == "set_tempo")
    assert mido.tempo2bpm(tempo) == pytest.approx(90, abs=0.01)
    assert "time_signature" in kinds
    assert file.length == pytest.approx(8, abs=0.1)


def test_a_take_has_clocks_only_on_request() -> None:
    out = played(120, 2)
    kinds = [m.type for m in parsed(take_bytes(out, clock=True)).tracks[0]]
    assert kinds.count("clock") == 96
    assert kinds.count("start") == kinds.count("stop") == 1
    assert "clock" not in {m.type for m in parsed(take_bytes(out)).tracks[0]}


def test_a_second_start_goes_on_on_the_grid() -> None:
    seq = Sequencer(PlaySettings(bpm=133), EVERY_STEP, 0)
    out: list[Output] = []
    for now in range(1, 5):
        seq.toggle()
        out += seq.advance(now * 777_000_000)
    drums = read_drums(take_bytes(out))
    assert all(tick % (TICKS_PER_BEAT // 4) == 0 for tick, _, _ in drums.notes)
    ticks = [tick for tick, _, _ in drums.notes]
    assert len(set(ticks)) * 2 == len(ticks)  # the two stretches don't overlap


def test_port_writes_the_whole_take_at_close(tmp_path: Path) -> None:
    port = TakePort(tmp_path / "take.mid")
    for output in played(120, 4):
        port.send([output])
    port.close()
    assert len(read_drums((tmp_path / "take.mid").read_bytes()).notes) == 64
    assert [p.name for p in tmp_path.iterdir()] == ["take.mid"]


def test_a_missing_folder_is_an_error_before_the_take(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nowhere"):
        TakePort(tmp_path / "nowhere" / "take.mid")
