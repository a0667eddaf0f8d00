"""SIGHUP, without the signal."""

from argparse import ArgumentParser
from pathlib import Path

import pytest

from drumatlas.box.box import Box, build
from drumatlas.box.gpio import Knobs
from drumatlas.box.reload import AT_START, Reloader
from drumatlas.cli.play import options
from drumatlas.config.keys import KEYS
from drumatlas.config.read import read_config
from drumatlas.explore.controls import Press
from drumatlas.panel import gpio_board
from drumatlas.panel.fake_board import FakeBoard
from drumatlas.panel.wiring import Wiring
from drumatlas.play.events import CONTINUE, NOTE_OFF, START, Event


class ReloadedBox:
    """A box with a file, and how it is reloaded."""

    def __init__(self, path: Path, text: str = "", given: str = "", panel: str = "none") -> None:
        self.path = path
        path.write_text(text)
        parser = ArgumentParser()
        options(parser)
        arguments = parser.parse_args(["--config", str(path), "--state", "none", *given.split()])
        config = read_config(path)
        self.box: Box = build(arguments, config, [])
        self.engine = self.box.engine
        knobs = Knobs([panel], config, self.engine)
        knobs.connect(None)
        self._reload = Reloader(self.box, arguments, config, knobs)

    def reload(self, text: str) -> list[str]:
        """The faults afterwards."""
        self.path.write_text(text)
        self._reload()
        return self.engine.faults


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "box.toml"


def test_settings_and_the_midi_map_are_reloaded(path: Path) -> None:
    rig = ReloadedBox(path)
    assert rig.reload('[cc]\nx1 = 90\n[map]\nmode = "glide"\n[play]\ngate = 1.5') == []
    rig.engine.sequencer.advance(0)
    assert rig.engine.sequencer.settings.gate == 1.5
    assert rig.box.midi.map.controls[90] == "x1"
    assert rig.engine.explorer.map_mode == "glide"


def test_a_bad_file_leaves_the_last_good_one_until_it_is_mended(path: Path) -> None:
    rig = ReloadedBox(path, "[play]\nbpm = 100")
    faults = rig.reload("[play]\nbpm = 1000")
    assert len(faults) == 1
    assert faults[0].startswith(f"config: {path}, line 2: play.bpm = 1000")
    assert rig.engine.bpm == 100
    assert rig.reload("[play]\nbpm = 101") == []
    assert rig.engine.bpm == 101


def test_the_tempo_is_the_hands_until_the_files_changes(path: Path) -> None:
    rig = ReloadedBox(path, "[play]\nbpm = 100")
    rig.engine.set_bpm(150)
    rig.reload("[play]\nbpm = 100\ngate = 1.0")
    assert rig.engine.bpm == 150
    rig.reload("[play]\nbpm = 90")
    assert rig.engine.bpm == 90
    rig.engine.set_bpm(151)
    rig.reload("[play]\nbpm = 90.0")
    assert rig.engine.bpm == 151


def test_an_option_goes_over_the_file(path: Path) -> None:
    rig = ReloadedBox(path, given="--bpm 77 --midi-out none --midi-in none --seed 3")
    assert rig.reload('[play]\nbpm = 90\nseed = 4\n[midi]\nout = "A"\nin = "B"') == []
    assert rig.engine.bpm == 77


def sounding(rig: ReloadedBox, now_ns: int) -> list[bytes]:
    """What a box that plays is given by `now_ns`."""
    given = rig.engine.sequencer.advance(now_ns)
    return [one.data for one in given if isinstance(one, Event)]


def test_whether_the_play_button_continues_is_in_the_file(path: Path) -> None:
    rig = ReloadedBox(path, "[play]\nresume = true")
    for text, begins in (("[play]\nresume = true", CONTINUE), ("[play]\nresume = false", START)):
        assert rig.reload(text) == []
        sequencer = rig.engine.sequencer
        sequencer.start()
        sounding(rig, sequencer.horizon_ns + 1_000_000_000)
        rig.engine.handle(Press("play"), 0)
        sounding(rig, sequencer.horizon_ns + 1)
        rig.engine.handle(Press("play"), 0)
        assert begins in sounding(rig, sequencer.horizon_ns + 1)
        sequencer.stop()


def test_a_file_that_is_as_it_was_cuts_no_note(path: Path) -> None:
    rig = ReloadedBox(path, "[play]\ngate = 4.0")
    rig.engine.sequencer.start()
    begin_ns = rig.engine.sequencer.horizon_ns
    assert sounding(rig, begin_ns + 1_000_000_000)
    assert rig.reload("[play]\ngate = 4.0\nbpm = 121") == []
    assert sounding(rig, begin_ns + 1_001_000_000) == []
    assert rig.reload("[play]\ngate = 3.0") == []
    assert any(data[0] & 0xF0 == NOTE_OFF for data in sounding(rig, begin_ns + 1_002_000_000))


def test_a_mute_is_the_hands_until_the_files_changes(path: Path) -> None:
    rig = ReloadedBox(path, "[voices.snare]\nmute = true")
    sequencer = rig.engine.sequencer

    def muted() -> list[int]:
        sequencer.advance(sequencer.horizon_ns)
        return [bit for bit, voice in enumerate(sequencer.settings.voices) if voice.is_muted]

    sequencer.mute(0, True)
    sequencer.mute(1, False)
    for text in ("mute = true", "mute = true\n[play]\ngate = 1.0"):
        rig.reload(f"[voices.snare]\n{text}")
        assert muted() == [0]
    rig.reload("[voices.kick]\nmute = true")
    assert muted() == [0]
    rig.reload("[voices.snare]\nmute = true")
    assert muted() == [1]


def test_a_setting_that_needs_a_restart_is_shown_until_it_is_undone(path: Path) -> None:
    rig = ReloadedBox(path, '[midi]\nout = "TR-8S"')
    changed = '[midi]\nout = "Volca"\nin = "Keys"\n[play]\nseed = 5\n[clock]\nsource = "auto"'
    told = [
        "config: midi.out = 'Volca' needs a restart",
        "config: midi.in = 'Keys' needs a restart",
        "config: clock.source = 'auto' needs a restart",
        "config: play.seed = 5 needs a restart",
    ]
    assert rig.reload(changed) == told
    assert rig.reload(changed) == told
    assert rig.reload('[midi]\nout = "TR-8S"') == []
    assert {key.name for key in KEYS} >= AT_START.keys()


def test_the_wiring_is_reloaded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Wiring] = []

    def opened(wiring: Wiring, _prepare: object) -> FakeBoard:
        asked.append(wiring)
        return FakeBoard()

    monkeypatch.setattr(gpio_board, "open_board", opened)
    rig = ReloadedBox(path, panel="gpio")
    assert rig.reload('[gpio]\nplay = "pin:16"') == []
    assert [dict(wiring.buttons)["play"] for wiring in asked] == [17, 16]
