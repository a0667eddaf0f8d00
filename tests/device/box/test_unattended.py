"""A box that nobody watches plays, whatever it was told to use."""

from argparse import Namespace
from pathlib import Path

import pytest

from drumatlas.beat.smf import read_drums
from drumatlas.box.unattended import COPY, choose_config, read_given
from drumatlas.cli import main
from drumatlas.errors import ConfigError, FileError, PortError


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "box.toml"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def asked(config: Path, state: Path | str, *, unattended: bool = True) -> Namespace:
    return Namespace(config=config, state=str(state), unattended=unattended)


def test_on_a_command_line_a_bad_configuration_ends_it(config: Path, state: Path) -> None:
    with pytest.raises(FileError):
        choose_config(asked(config, state, unattended=False))
    config.write_text("[play]\nbpm = 5")
    with pytest.raises(ConfigError):
        choose_config(asked(config, state, unattended=False))
    assert not state.exists()


def test_a_missing_configuration_is_an_empty_one(config: Path, state: Path) -> None:
    found, wrong = choose_config(asked(config, state))
    assert (found["play.bpm"], wrong) == (120, [])
    assert not state.exists()


def test_a_bad_one_leaves_the_last_that_was_good(config: Path, state: Path) -> None:
    config.write_text("[play]\nbpm = 90")
    assert choose_config(asked(config, state))[1] == []
    config.write_text("[play]\nbpm = 5")
    found, wrong = choose_config(asked(config, state))
    assert found["play.bpm"] == 90
    assert len(wrong) == 1
    assert "play.bpm = 5" in wrong[0]
    assert "using the last good configuration" in wrong[0]
    (state / COPY).write_text("[play]\nbpm = 6")  # of a later version, or damaged
    found, wrong = choose_config(asked(config, state))
    assert found["play.bpm"] == 120
    assert "using the defaults" in wrong[0]
    with pytest.raises(ConfigError):
        read_given(asked(config, state))


def test_a_copy_that_can_not_be_written_is_no_error(config: Path, tmp_path: Path) -> None:
    config.write_text("[play]\nbpm = 90")
    (tmp_path / "file").write_text("")
    for state in ("none", tmp_path / "file" / "below"):
        assert choose_config(asked(config, state))[0]["play.bpm"] == 90


def test_without_the_port_of_its_leader_it_plays_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    missing = ["--clock", "external", "--midi-in", "uart:no-such-line"]
    play = ["play", "--panel", "none", "--seconds", "0.5", *missing, "--midi-out", "file:take.mid"]
    monkeypatch.setattr("drumatlas.midi.choose.open_input", no_input)
    assert main([*play, "--unattended"]) == 0
    assert "no such input" in capsys.readouterr().err
    assert read_drums((tmp_path / "take.mid").read_bytes()).notes
    assert main(play) == 2


def no_input(*_: object) -> None:
    raise PortError("no such input")


def test_it_plays_though_ports_and_atlas_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    (tmp_path / "box.toml").write_text('[clock]\nsource = "external"\n[midi]\nin = "Moog"\nx = 1')
    options = ["--config", "box.toml", "--atlas", "none.atlas", "--midi-out", "Moog"]
    play = ["play", "--panel", "none", "--seconds", "0.3", *options]
    assert main([*play, "--unattended", "--midi-out", "file:take.mid"]) == 0
    said = capsys.readouterr().err
    assert "unknown key 'midi.x'; `drumatlas config` lists them all; using the defaults" in said
    assert "none.atlas: No such file" in said
    assert "MIDI output 'Moog'" in said
    assert "--clock external: needs --midi-in" not in said  # the bad file is not in force
    assert read_drums((tmp_path / "take.mid").read_bytes()).notes
    assert main(play) == 2
