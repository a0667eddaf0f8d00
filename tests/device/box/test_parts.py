"""What goes along with a box that plays, on a virtual clock."""

from pathlib import Path

import mido
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.box.box import Box
from drumatlas.box.parts import FaultLog, KeepLastBars, PortFaults, open_parts
from drumatlas.engine import Engine
from drumatlas.explore.controls import Press
from drumatlas.midi.files.tape import Tape
from drumatlas.midi.port import NullPort, SeveralPorts
from drumatlas.panel.echo import FAULT
from drumatlas.panel.midi_cc import MidiPanel
from drumatlas.panel.midi_map import MidiMap
from drumatlas.play.events import Event
from drumatlas.play.settings import PlaySettings
from drumatlas.service.takes import Takes


@pytest.fixture
def engine(atlas: Atlas) -> Engine:
    return Engine(atlas, PlaySettings(), [], 0)


def test_an_unplugged_port_is_told_once_and_told_to_be_back(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    synth, drums, keyboard = NullPort(), NullPort(), NullPort()
    parts = [PortFaults(engine, [Tape(SeveralPorts([synth, drums])), keyboard]), FaultLog(engine)]

    def said() -> list[str]:
        for _ in range(3):
            for part in parts:
                part.tick(0)
        return capsys.readouterr().err.splitlines()

    assert said() == []
    synth.fault = "TR-8S: unplugged"
    assert said() == ["TR-8S: unplugged"]
    keyboard.fault = "Keys: unplugged"
    assert said() == ["Keys: unplugged"]
    assert engine.faults == ["TR-8S: unplugged", "Keys: unplugged"]
    synth.fault = ""
    assert said() == ["over: TR-8S: unplugged"]
    assert engine.faults == ["Keys: unplugged"]


def play(engine: Engine, tape: Tape, last_bars: KeepLastBars, until_ns: int) -> None:
    engine.sequencer.start()
    for now_ns in range(0, until_ns, 20_000_000):
        tape.send(engine.sequencer.advance(now_ns))
        last_bars.tick(now_ns)


def test_the_button_keeps_what_was_played(engine: Engine, tmp_path: Path) -> None:
    tape = Tape(NullPort())
    last_bars = KeepLastBars(engine, tape, Takes(tmp_path))
    play(engine, tape, last_bars, 5_000_000_000)
    engine.handle(Press("keep"), 5_000_000_000)
    last_bars.tick(5_000_000_000)
    last_bars.close()
    kept = tmp_path / "keep-001.mid"
    assert any(message.type == "note_on" for message in mido.MidiFile(kept))
    assert engine.notices == {"keep": f"kept {kept}"}
    assert engine.faults == []


def test_what_could_not_be_kept_is_told_until_the_next_can(engine: Engine, tmp_path: Path) -> None:
    tape = Tape(NullPort())
    last_bars = KeepLastBars(engine, tape, Takes(tmp_path))
    engine.handle(Press("keep"), 0)
    last_bars.tick(0)
    assert engine.faults == ["keep: nothing was played yet"]
    play(engine, tape, last_bars, 5_000_000_000)
    engine.handle(Press("keep"), 5_000_000_000)
    last_bars.tick(5_000_000_000)
    last_bars.close()
    assert engine.faults == []


def test_without_a_folder_keeping_says_what_to_do(engine: Engine) -> None:
    last_bars = KeepLastBars(engine, Tape(NullPort()), None)
    engine.handle(Press("keep"), 0)
    last_bars.tick(0)
    assert engine.faults == ["keep: no folder for takes; give one with --state"]


def test_the_midi_panel_knows_what_was_sent(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    midi = MidiPanel(engine, MidiMap())
    engine.add_panel(midi)
    tape = Tape(NullPort())
    parts = open_parts(Box(engine, PlaySettings(), midi, None), tape, None, talks=False)
    home = engine.explorer.latent.tolist()
    beats = [Event(beat * 500_000_000, b"\x99\x24\x64") for beat in range(9)]
    tape.send(beats)
    for beat in beats:
        midi.take(beat.data, beat.at_ns + 2_000_000)
        engine.tick(beat.at_ns + 10_000_000)
    assert engine.explorer.latent.tolist() == home
    assert engine.faults == [FAULT]
    for part in parts:
        part.close()
