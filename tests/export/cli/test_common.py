import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas.commandline import Parser
from drumatlas.errors import BeatError, FileError
from drumatlas_export.cli import COMMANDS, common
from drumatlas_export.cli.common import flat, read_lines, read_rows, say

pytestmark = pytest.mark.export

Run = Callable[..., tuple[int, str, str]]
Refuses = Callable[..., str]

BEAT = ",".join(["1,0"] * 16)
EXAMPLES = [example for command in COMMANDS for example in command.examples.splitlines()]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_in_the_help_are_commands(example: str) -> None:
    words = shlex.split(example.split(">", maxsplit=1)[0])
    parser = Parser.of_program(words[0], "", COMMANDS)
    assert parser.parse_args(words[1:]).command == words[1]


@pytest.mark.parametrize("command", [one.name for one in COMMANDS])
def test_each_command_has_help(run: Run, command: str) -> None:
    code, out, err = run(command, "--help")
    assert (code, err) == (0, "")
    assert f"drumatlas-export {command}" in out


@pytest.mark.parametrize("words", [[], ["fly"], ["mine"], ["filter", "a.tsv"], ["train", "--x"]])
def test_wrong_words_are_one_line(refuses: Refuses, words: list[str]) -> None:
    refuses("--help", *words)


def test_talk_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_line_ends_and_odd_characters_stay(tmp_path: Path) -> None:
    data = "a\r\nb\n\nc\x0bd\x85e\u2028f\rg"
    (tmp_path / "a.txt").write_bytes(data.encode())
    lines = ["a\r\n", "b\n", "\n", "c\x0bd\x85e\u2028f\r", "g"]
    assert read_lines(tmp_path / "a.txt") == lines


def test_files_that_are_no_text_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.tsv").write_bytes(b"1,\xff")
    for path in (tmp_path / "a.tsv", tmp_path / "no.tsv", tmp_path):
        with pytest.raises(FileError, match=f"{path}: "):
            read_lines(path)
    monkeypatch.setattr(common, "MAX_TSV", 2)
    with pytest.raises(FileError, match=r"a\.tsv: 3 bytes"):
        read_lines(tmp_path / "a.tsv")


def test_a_file_of_beats_is_read_and_its_faults_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text(f"# songs: a | b\n{BEAT}\trock\n", encoding="utf-8")
    (row,) = read_rows(path)
    assert (row.code, row.labels, row.songs) == ((1, 0) * 16, ("rock",), ("a", "b"))
    path.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(BeatError, match=r"a\.tsv: no beats in it"):
        read_rows(path)
    path.write_text(f"{BEAT}\n\n{BEAT},1\n", encoding="utf-8")
    with pytest.raises(BeatError, match=r"a\.tsv, line 3: a beat has 32 steps"):
        read_rows(path)


def test_a_nested_table_is_flattened_to_dotted_names() -> None:
    table = {"a": 1, "b": {"c": 2, "d": {"e": [3]}}, "f": {}}
    assert list(flat(table)) == [("a", 1), ("b.c", 2), ("b.d.e", [3])]
