"""What goes along with a box that plays, on a virtual clock."""

from pathlib import Path

import mido
import pytest

from drumatlas.box.box import Box
from drumatlas.box.parts import FaultLog, KeepLastBars, PortFaults, open_parts
from drumatlas.engine import Engine
from drumatlas.explore.controls import Press
from drumatlas.midi.files.tape import Tape
from drumatlas.midi.port import NullPort, SeveralPorts
from drumatlas.panel.midi_cc import MidiPanel
from drumatlas.panel.midi_map import MidiMap
from drumatlas.panel.thru_echo import FAULT
from drumatlas.play.events import Event
from drumatlas.play.settings import PlaySettings
from drumatlas.service.takes import Takes


def test_an_unplugged_port_is_reported_once_and_so_is_its_return(
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
    assert said() == ["resolved: TR-8S: unplugged"]
    assert engine.faults == ["Keys: unplugged"]


def play(engine: Engine, tape: Tape, last_bars: KeepLastBars, until_ns: int) -> None:
    engine.sequencer.start()
    for now_ns in range(0, until_ns, 20_000_000):
        tape.send(engine.sequencer.advance(now_ns))
        last_bars.tick(now_ns)


def test_the_keep_button_writes_the_last_bars(engine: Engine, tmp_path: Path) -> None:
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


def test_a_failed_take_is_shown_until_one_succeeds(engine: Engine, tmp_path: Path) -> None:
    tape = Tape(NullPort())
    last_bars = KeepLastBars(engine, tape, Takes(tmp_path))
    engine.handle(Press("keep"), 0)
    last_bars.tick(0)
    assert engine.faults == ["keep: nothing played yet"]
    play(engine, tape, last_bars, 5_000_000_000)
    engine.handle(Press("keep"), 5_000_000_000)
    last_bars.tick(5_000_000_000)
    last_bars.close()
    assert engine.faults == []


def test_without_a_folder_the_keep_button_says_what_to_do(engine: Engine) -> None:
    last_bars = KeepLastBars(engine, Tape(NullPort()), None)
    engine.handle(Press("keep"), 0)
    last_bars.tick(0)
    assert engine.faults == ["keep: no folder for takes; choose one with --state"]


def test_the_midi_panel_knows_the_messages_that_were_sent(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    midi = MidiPanel(engine, MidiMap())
    engine.add_panel(midi)
    tape = Tape(NullPort())
    parts = open_parts(Box(engine, PlaySettings(), midi, None), tape, None, prints=False)
    home = engine.explorer.latent.tolist()
    beats = [Event(beat * 500_000_000, b"\x99\x24\x64") for beat in range(9)]
    tape.send(beats)
    for beat in beats:
        midi.receive(beat.data, beat.at_ns + 2_000_000)
        engine.tick(beat.at_ns + 10_000_000)
    assert engine.explorer.latent.tolist() == home
    assert engine.faults == [FAULT]
    for part in parts:
        part.close()
