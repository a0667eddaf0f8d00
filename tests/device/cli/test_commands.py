"""Every command as a user calls it, in one process."""

import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.beat.codes import pack
from drumatlas.beat.smf import read_drums
from drumatlas.beat.tsv import BeatRow, format_rows, parse
from drumatlas.cli import main
from drumatlas.explore.encode import encode_beat
from drumatlas.explore.filters import BeatFilter
from support.beats import FUNK, JAZZ

SCRIPT = "\n".join(
    json.dumps(line)
    for line in (
        {"t": 1, "control": "x1", "value": 0.9},
        {"t": 3.3, "press": "next_genre"},
        {"t": 7, "control": "density", "value": 0.8},
        {"t": 12, "press": "fill"},
        {"t": 20, "control": "map_x", "value": 0.1},
        {"t": 30, "control": "tempo", "value": 0.5},
    )
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moves.jsonl").write_text(SCRIPT)
    return tmp_path


def feed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_render_a_script_twice_gives_the_same_bytes(here: Path) -> None:
    for name in ("a.mid", "b.mid"):
        assert main(["render", "--script", "moves.jsonl", "--seconds", "60", "-o", name]) == 0
    assert (here / "a.mid").read_bytes() == (here / "b.mid").read_bytes()
    file = mido.MidiFile(here / "a.mid")
    notes = [m for m in file.tracks[0] if m.type in {"note_on", "note_off"}]
    assert {m.channel for m in notes} == {9}
    assert len({m.velocity for m in notes if m.type == "note_on"}) >= 4
    sounding: set[int] = set()
    for message in notes:
        assert (message.note in sounding) == (message.type == "note_off")
        (sounding.add if message.type == "note_on" else sounding.remove)(message.note)
    assert not sounding
    drums = read_drums((here / "a.mid").read_bytes())
    ticks = [tick for tick, _, _ in drums.notes]
    assert all(tick % 120 == 0 for tick in ticks)
    assert max(b - a for a, b in itertools.pairwise(ticks)) < 2 * 4 * 480


@pytest.mark.parametrize(
    "where", [["--genre", "ROCK"], ["--z", "-1,2,-3,4.5"], ["--knobs", "0.1,0.9,0.5,0"]]
)
def test_render_takes_a_genre_a_point_or_knobs(here: Path, where: list[str]) -> None:
    assert main(["render", *where, "--bars", "4", "--bpm", "97", "-o", "a.tsv"]) == 0
    rows = list(parse((here / "a.tsv").read_text().splitlines()))
    assert len(rows) == 2
    assert rows[0].code == rows[1].code


def test_clock_out_keeps_the_clock(here: Path) -> None:
    main(["render", "--genre", "rock", "--bars", "2", "--clock-out", "-o", "a.mid"])
    kinds = [m.type for m in mido.MidiFile(here / "a.mid").tracks[0]]
    assert kinds.count("clock") == 192


def test_decode_raw_is_the_decoder_and_decode_is_what_plays(
    atlas: Atlas, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    normal = np.random.default_rng(3).standard_normal((300, 4))
    z = (atlas.latent.centre + 2 * atlas.latent.reach * normal).astype(np.float32)
    text = "\n".join(",".join(map(repr, point)) for point in z.tolist())
    feed(monkeypatch, text)
    assert main(["decode", "--raw"]) == 0
    raw = list(parse(capsys.readouterr().out.splitlines()))
    expected = pack(atlas.decode(z) > atlas.thresholds)
    assert [row.code for row in raw] == [tuple(code) for code in expected.tolist()]
    assert raw[0].latent == pytest.approx(tuple(z[0].tolist()))
    feed(monkeypatch, text)
    assert main(["decode"]) == 0
    played = [row.code for row in parse(capsys.readouterr().out.splitlines())]
    passing = BeatFilter(atlas.known).passes(played)
    assert passing.all()
    kept = BeatFilter(atlas.known).passes(expected)
    assert [a for a, ok in zip(played, kept, strict=True) if ok] == [
        row.code for row, ok in zip(raw, kept, strict=True) if ok
    ]
    assert not kept.all()  # else this would show nothing


def test_encode_reads_a_rendered_beat_alike_from_both_files(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["render", "--genre", "funk", "--bars", "4", "-o", "a.mid"])
    main(["render", "--genre", "funk", "--bars", "4", "-o", "a.tsv"])
    assert main(["encode", "a.mid"]) == 0
    from_midi = list(parse(capsys.readouterr().out.splitlines()))
    assert main(["encode", "a.tsv"]) == 0
    from_tsv = list(parse(capsys.readouterr().out.splitlines()))
    assert from_midi[0] == from_tsv[0]
    assert from_midi[0].latent is not None
    assert from_midi[0].labels


def test_encode_finds_the_place_by_search(
    here: Path, atlas: Atlas, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "own.tsv").write_text("".join(format_rows([BeatRow(FUNK), BeatRow(JAZZ)])))
    assert main(["encode", "own.tsv"]) == 0
    found = list(parse(capsys.readouterr().out.splitlines()))
    assert [row.code for row in found] == [FUNK, JAZZ]
    for row in found:
        assert row.latent == pytest.approx(encode_beat(atlas, row.code).tolist(), abs=1e-4)


def clip(path: Path, hits: list[tuple[int, int]], channel: int = 9) -> None:
    """A file of two bars: (tick of 480 a beat, key) of its notes."""
    track, last = mido.MidiTrack(), 0
    for tick, key in sorted(hits):
        track.append(mido.Message("note_on", channel=channel, note=key, time=tick - last))
        last = tick
    mido.MidiFile(ticks_per_beat=480, tracks=[track]).save(path)


def encoded(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[tuple[int, ...], str]:
    """The first beat that `encode` gives, and what it says."""
    assert main(["encode", *words]) == 0
    out, err = capsys.readouterr()
    return next(iter(parse(out.splitlines()))).code, err


STRAIGHT = [(step * 120, key) for step, key in ((0, 36), (4, 38), (8, 36), (12, 38))]


def test_encode_says_which_notes_have_no_voice(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip(here / "a.mid", [*STRAIGHT, (240, 33), (720, 33), (480, 3)])
    code, err = encoded(capsys, "a.mid")
    assert (code[0], code[2], code[4]) == (1, 0, 2)
    line = "3 notes without a voice (note 33 (metronome click): 2, note 3: 1)"
    assert err == f"a.mid: {line}\n"
    clip(here / "b.mid", [(0, 33)])
    assert main(["encode", "b.mid"]) == 2
    assert "b.mid: no note has a voice" in (err := capsys.readouterr().err)
    assert "1 note without a voice (note 33 (metronome click): 1)" in err
    assert err.count("\n") == 1


def test_encode_says_that_triplets_are_moved(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip(here / "a.mid", [(i * 160, 42) for i in range(24)])
    _, err = encoded(capsys, "a.mid")
    assert "of 1 two-bar windows: 1 swing or triplets; moved to the nearest 16ths" in err
    clip(here / "a.mid", STRAIGHT)
    assert encoded(capsys, "a.mid")[1] == ""


def test_encode_reads_by_the_map_and_channels_that_it_is_given(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "own.toml").write_text("[voices.kick]\nnote = 60\nchannel = 3\n")
    clip(here / "a.mid", [(0, 60), (480, 38)], channel=2)
    assert encoded(capsys, "a.mid", "--map", "own.toml")[0][:5] == (1, 0, 0, 0, 0)
    clip(here / "b.mid", [(0, 3), (480, 1)], channel=0)
    assert encoded(capsys, "b.mid", "--map", "digitakt")[0][:5] == (1 << 5, 0, 0, 0, 2)
    clip(here / "c.mid", [(0, 36), (480, 38)], channel=4)
    assert encoded(capsys, "c.mid", "--channel", "1,5")[0][:5] == (1, 0, 0, 0, 2)
    words = ("--channel", "1", "--channel", "5", "--map", "gm")
    assert encoded(capsys, "c.mid", *words)[0][:5] == (1, 0, 0, 0, 2)
    clip(here / "d.mid", [(0, 36), (480, 58)])
    assert encoded(capsys, "d.mid")[0][4] == 1 << 9
    assert encoded(capsys, "d.mid", "--map", "v-drums")[0][4] == 1 << 3


def test_ports_and_doctor_print_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ports", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {
        "system",
        "outputs",
        "inputs",
        "uarts",
    }
    assert main(["doctor", "--json"]) == 0
    assert {"name", "state", "detail", "advice"} == set(json.loads(capsys.readouterr().out)[0])


def test_config_accepts_its_own_output(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config"]) == 0
    (here / "c.toml").write_text(capsys.readouterr().out)
    assert main(["config", "--check", "c.toml"]) == 0


def test_play_records_a_take(here: Path, check_stream: Callable[..., object]) -> None:
    (here / "c.toml").write_text("[play]\nbpm = 200\n[voices.kick]\nchannel = 3")
    argv = ["play", "--seconds", "1.5", "--web", "off", "--panel", "script:moves.jsonl"]
    assert main([*argv, "--config", "c.toml", "--midi-out", "file:take.mid"]) == 0
    messages = [m for m in mido.MidiFile(here / "take.mid").tracks[0] if not m.is_meta]
    assert {m.channel for m in messages} == {2, 9}
    assert sum(m.type == "note_on" for m in messages) == sum(m.type == "note_off" for m in messages)


def test_a_malformed_script_begins_no_take(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "torn.jsonl").write_text('{"t": 0, "press": "play"}\n{"t": ')
    argv = ["play", "--seconds", "1", "--web", "off", "--midi-out", "file:take.mid", "--panel"]
    assert main([*argv, "script:torn.jsonl"]) == 2
    err = capsys.readouterr().err
    assert (err.count("\n"), "torn.jsonl, line 2" in err) == (1, True)
    assert not (here / "take.mid").exists()
    assert main([*argv, "none"]) == 0
    assert read_drums((here / "take.mid").read_bytes()).notes


def test_no_start_waits_for_the_button(here: Path) -> None:
    argv = ["play", "--seconds", "0.6", "--no-start", "--panel", "none", "--midi-out"]
    assert main([*argv, "file:silent.mid"]) == 0
    assert read_drums((here / "silent.mid").read_bytes()).notes == []
    (here / "go.jsonl").write_text('{"t": 0.1, "press": "play"}')
    argv[5:6] = ["script:go.jsonl"]
    assert main([*argv, "file:take.mid"]) == 0
    assert read_drums((here / "take.mid").read_bytes()).notes
