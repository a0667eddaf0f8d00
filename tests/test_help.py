"""`--help` of both programs: every option explained, every example works."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drumatlas.atlas.read import read_builtin
from drumatlas.beat.tsv import BeatRow, format_rows
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.commandline import run_command
from drumatlas.config.example import example as example_config
from drumatlas.play.settings import VoiceOut
from support.beats import FUNK, JAZZ, ROCK
from support.command_lines import actions_of, commands_of, parser_of, programs, words_of

BUILTIN = Path(__file__).parents[1] / "device" / "drumatlas" / "builtin.atlas"
MOST_AWAY = 2.0  # prior deviations on each axis; 95 of 100 beats lie nearer
# What needs a network trained, a terminal, MIDI or a box that runs is only parsed.
RUNS = {"render", "decode", "encode", "config", "filter", "sample", "midi", "page", "textbook"}


def examples() -> Iterator[tuple[str, str]]:
    for program, all_of in programs().items():
        for command in all_of:
            for line in command.examples.split("\n"):
                yield program, line


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the examples name."""
    from drumatlas.midi.files.take import take_bytes
    from support.playing import FOUR, run, sequencer

    monkeypatch.chdir(tmp_path)
    beats = "".join(format_rows([BeatRow(code, labels=("x",)) for code in (ROCK, JAZZ, FUNK)]))
    for name in ("beats.tsv", "samples.tsv", "passing.tsv"):
        (tmp_path / name).write_text(beats)
    (tmp_path / "points.csv").write_text("0.1,0.2,0.3,0.4\n")
    (tmp_path / "moves.jsonl").write_text('{"t": 0, "control": "x1", "value": 0.8}\n')
    (tmp_path / "drumatlas.toml").write_text(example_config())
    (tmp_path / "mine.atlas").write_bytes(BUILTIN.read_bytes())
    seq = sequencer(FOUR)
    seq.start()
    whole = take_bytes(run(seq, 8_000_000_000))
    for name in ("song.mid", "take.mid"):
        (tmp_path / name).write_bytes(whole)
    voices = tuple(VoiceOut(voice.note, channel=0) for voice in VOICE_TABLE)
    clip = sequencer(FOUR, voices=voices)
    clip.start()
    (tmp_path / "clip.mid").write_bytes(take_bytes(run(clip, 8_000_000_000)))
    return tmp_path


@pytest.mark.parametrize(("program", "line"), list(examples()))
def test_every_example_works(
    program: str, line: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _, command = line.rpartition(" | ")
    owner = next(name for name in sorted(programs(), key=len, reverse=True) if name in command)
    words = words_of(command[command.index(owner) :])
    parser = parser_of(owner)
    parser.parse_args(words)
    if words[0] not in RUNS or any(word.endswith(".pt") for word in words):
        return
    given = before.removeprefix("echo ") if before else (folder / "points.csv").read_text()
    (folder / "stdin").write_text(given)
    with (folder / "stdin").open(encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert run_command(parser, words) == 0


def test_points_of_examples_lie_within_the_atlas() -> None:
    latent = read_builtin().latent
    number = r"-?\d+(?:\.\d+)?"
    found = []
    for _, line in examples():
        for point in re.findall(rf"(?:--z[ =]|echo ){number}(?:,{number}){{3}}", line):
            z = np.array(
                [float(value) for value in re.split("[ =]", point, maxsplit=1)[1].split(",")]
            )
            assert np.abs((z - latent.centre) / latent.reach).max() <= MOST_AWAY, line
            knobs = (np.linalg.solve(latent.basis, z - latent.centre) + 1) / 2
            assert 0 <= knobs.min() <= knobs.max() <= 1, line
            found.append(line)
    assert len(found) >= 2


@pytest.mark.parametrize("program", list(programs()))
def test_every_command_and_option_is_explained(program: str) -> None:
    for name, one in commands_of(program).items():
        assert one.description.endswith("."), name
        text = one.format_help()
        assert "examples:\n" in text
        for action in actions_of(one):
            assert action.help, f"{name} {action.option_strings or action.dest}"
            assert len(action.help.split()) >= 2, f"{name} {action.help}"
            assert not re.search(r"\(\d+\)|\bis none of\b|\btold\b|^of ", action.help)
