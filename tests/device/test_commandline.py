import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from drumatlas.beat.smf import read_drums
from drumatlas.commandline import Command, Parser, integer, number, numbers, run_command
from drumatlas.errors import BeatError


def parser_for(run: object) -> Parser:
    def options(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--z", type=numbers(2, -10, 10))
        parser.add_argument("--n", type=integer(1, 9))
        parser.add_argument("--x", type=number(0, 1))

    return Parser.of_program("prog", "A program.", [Command("go", "help", "prog go", options, run)])  # type: ignore[arg-type]


def test_good_values_arrive() -> None:
    seen: list[argparse.Namespace] = []
    parser = parser_for(lambda a: seen.append(a) or 0)
    assert run_command(parser, ["go", "--z", "-1,2.5", "--n", "3", "--x", "1e-1"]) == 0
    assert (seen[0].z, seen[0].n, seen[0].x) == ((-1.0, 2.5), 3, 0.1)


@pytest.mark.parametrize(
    "argv",
    [[], ["stop"], ["go", "--z", "1"], ["go", "--z", "1,nan"], ["go", "--z", "1,11"], ["go", "--z"],
     ["go", "--n", "0"], ["go", "--n", "1.5"], ["go", "--x", "2"], ["go", "--x", "inf"],
     ["go", "--nope"]],
)  # fmt: skip
def test_wrong_arguments_are_one_line_and_exit_code_2(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        run_command(parser_for(lambda _: 0), argv)
    assert exit_.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_user_error_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    def run(_: argparse.Namespace) -> int:
        raise BeatError("line 3:\n  bad")

    assert run_command(parser_for(run), ["go"]) == 2
    assert capsys.readouterr().err == "prog: line 3: bad\n"


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        run_command(parser_for(lambda _: 0), ["go", "--help"])
    assert exit_.value.code == 0
    assert "examples:\n  prog go" in capsys.readouterr().out


COMMAND = [sys.executable, "-m", "drumatlas", "config"]


def shell(line: str) -> "subprocess.CompletedProcess[str]":
    command = ["sh", "-c", f'"$@" {line}', "sh", *COMMAND]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_behind_standard_output_is_one_line() -> None:
    done = shell("> /dev/full")
    assert done.returncode == 2
    assert done.stderr == "drumatlas: standard output: No space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_are_led_to_nowhere(closed: str) -> None:
    done = shell(closed)
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-"])
def test_it_plays_with_closed_streams(closed: str, tmp_path: Path) -> None:
    take = tmp_path / "take.mid"
    words = f"--seconds 1 --web off --state none --panel none --midi-out file:{take} {closed}"
    command = ["sh", "-c", f'"$@" {words}', "sh", *COMMAND[:-1], "play"]
    assert subprocess.run(command, check=False).returncode == 0
    assert read_drums(take.read_bytes()).notes


def test_an_error_of_a_file_is_not_taken_for_one_of_standard_output() -> None:
    def run(_: argparse.Namespace) -> int:
        raise OSError(28, "No space left on device", "a-file")

    with pytest.raises(OSError, match="a-file"):
        run_command(parser_for(run), ["go"])
