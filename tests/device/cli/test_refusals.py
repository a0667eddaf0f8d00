"""What no command accepts, and how each says so."""

import io
from pathlib import Path

import mido
import pytest

from drumatlas.beat.grid import MAX_STEPS
from drumatlas.cli import main

REFUSALS: list[tuple[list[str], str]] = [
    (["render", "--genre", "polka", "-o", "x.mid"], "no genre 'polka'"),
    (["render", "--genre", "rock", "-o", "x.wav"], "x.wav"),
    (["render", "--genre", "rock", "-o", "nowhere/x.mid"], "nowhere"),
    (["render", "--script", "bad.jsonl", "-o", "x.mid"], "bad.jsonl, line 2"),
    (["render", "--script", "missing.jsonl", "-o", "x.mid"], "missing.jsonl"),
    (["render", "--genre", "rock", "--atlas", "bad.atlas", "-o", "x.mid"], "bad.atlas"),
    (["decode", "--atlas", "missing.atlas"], "missing.atlas"),
    (["encode", "bad.mid"], "bad.mid"),
    (["encode", "long.mid"], "long.mid: over 262144 steps"),
    (["encode", "long.mid", "--map", "piano"], "unknown map 'piano'; choose from gm, v-drums"),
    (["encode", "long.mid", "--map", "bad.toml"], "bad.toml, line 2: play.bpm"),
    (["encode", "long.mid", "--map", "missing.toml"], "missing.toml"),
    (["encode", "bad.tsv"], "bad.tsv, line 1"),
    (["encode", "empty.tsv"], "empty.tsv"),
    (["encode", "missing.mid"], "missing.mid"),
    (["encode", "."], ".: Is a directory"),
    (["config", "--check", "bad.toml"], "bad.toml, line 2: play.bpm"),
    (["config", "--check", "."], "."),
    (["play", "--config", "bad.toml", "--midi-out", "none"], "bad.toml, line 2: play.bpm"),
    (["play", "--config", "missing.toml", "--midi-out", "none"], "missing.toml"),
    (["play", "--panel", "script:bad.jsonl", "--midi-out", "none"], "bad.jsonl, line 2"),
    (["play", "--panel", "piano", "--midi-out", "none"], "piano"),
    (["play", "--panel", "keys", "--midi-out", "none"], "terminal"),
    (["play", "--panel", "gpio", "--midi-out", "none"], "--panel gpio: GPIO"),
    (["play", "--atlas", "bad.atlas", "--midi-out", "none"], "bad.atlas"),
    (["play", "--midi-out", "file:nowhere/x.mid", "--panel", "none"], "nowhere"),
    (["play", "--midi-out", "No Such Synth", "--panel", "none"], "MIDI"),
    (["play", "--clock", "external", "--midi-out", "none"], "--midi-in"),
    (["play", "--midi-in", "No Such DAW", "--midi-out", "none", "--panel", "none"], "MIDI"),
    (["doctor", "--atlas", "bad.atlas"], ""),
]


def long_song() -> mido.MidiFile:
    """Five stretches in 4/4, each a quarter of what is read of a file."""
    track = mido.MidiTrack()
    for metre in (4, 3) * 5:
        track.append(mido.MetaMessage("time_signature", numerator=metre, denominator=4, time=120))
        track.append(mido.Message("note_on", channel=9, note=36))
        track.append(mido.Message("note_on", channel=9, note=38, time=MAX_STEPS // 4 * 120))
    return mido.MidiFile(ticks_per_beat=480, tracks=[track])


@pytest.mark.parametrize(
    ("argv", "culprit"), REFUSALS, ids=[" ".join(argv) for argv, _ in REFUSALS]
)
def test_bad_input_is_one_line_that_names_the_culprit(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    culprit: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.jsonl").write_text('{"t": 0, "press": "tap"}\n{"t": 0, "press": "bang"}')
    (tmp_path / "bad.toml").write_text("[play]\nbpm = nan")
    (tmp_path / "bad.atlas").write_bytes(b"PK\x03\x04" + bytes(100))
    (tmp_path / "bad.mid").write_bytes(b"MThd\x00\x00\x00\x06\x00\x01")
    long_song().save(tmp_path / "long.mid")
    (tmp_path / "bad.tsv").write_text("1,2,3\n")
    (tmp_path / "empty.tsv").write_text("# nothing\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("1,2,3,4"))
    before = {p.name for p in tmp_path.iterdir()}
    assert main(argv) == 2
    err = capsys.readouterr().err
    assert culprit in err
    assert err.count("\n") == (1 if culprit else 0)
    assert "Traceback" not in err
    assert {p.name for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("text", "line"),
    [("1,2,3", 1), ("1,2,3,4\n1,2,3,nan", 2), ("1,2,3,4\n\n1,2,3,1e9", 3), ("a,b,c,d", 1),
     ("1,2,3,4,5", 1)],
)  # fmt: skip
def test_bad_points_name_their_line_and_print_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, line: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["decode"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"stdin, line {line}:" in err
