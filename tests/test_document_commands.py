"""The commands of the documents: each is either run here, or a row says why it is not.

Those that are not run are held against the parsers, the Makefile, the scripts and pyproject.toml.
"""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from itertools import dropwhile
from pathlib import Path

import pytest

from drumatlas.beat.tsv import BeatRow, format_rows
from support.beats import FUNK, JAZZ, ROCK
from support.command_lines import parser_of, programs
from support.documents import DOCUMENTS, ROOT, Block

LONGEST_S = 60
# Lines that are run in a folder that holds the files they name. The first words of each are ours.
RUN = (
    r"drumatlas play --seconds \d+ .*--midi-out file:\S+",
    r"make play ARGS=\"--seconds \d+ .*--midi-out file:\S+\"",
    r"drumatlas (render|encode|config) .*",
    r"\.venv/bin/drumatlas config .*",
    r"echo [\d.,-]+ \| drumatlas decode",
    r"drumatlas-export page .*",
)
# Lines that are not run, and why.
NOT_RUN = (
    (r"make (test|lint).*", "they run these tests, or take minutes"),
    (r"make mutants.*", "takes minutes"),
    (r"make (atlas|reproduce) .*", "trains for minutes on a folder of MIDI files"),
    (r"make play", "plays until it is stopped; `make test-bare` runs it"),
    (r"python3 -m venv \.venv", "`make test-bare` runs it"),
    (r"\.venv/bin/pip install \.", "needs the network; `make test-bare` runs it"),
    (r"\.venv/bin/pip install --constraint .*", "needs the network; `make test-bare` runs it"),
    (r"\.venv/bin/python -m pytest", "runs these tests"),
    (r"\.venv/bin/drumatlas play( --(atlas|config) \S+)?", "plays until it is stopped"),
    (r"drumatlas play (?!--seconds).*", "plays until it is stopped, to a synth"),
    (r"\.venv/bin/drumatlas-export (build|mine) .*", "needs a collection of MIDI files"),
    (r"\.venv/bin/drumatlas-export (train|evaluate|export) .*", "trains, or needs a network"),
    (r"\.venv/bin/drumatlas (doctor|calibrate) .*", "needs knobs at a Pi's pins"),
    (r"python3 -m venv --system-site-packages .*", "needs the network and Debian's packages"),
    (r"\.venv/bin/pip install '\.\[oled\]'", "needs the network"),
    (r"pip wheel .*", "needs the network"),
    (r"sudo (apt|raspi-config|usermod|nano) .*", "changes the system, as root"),
    (r"sudo systemd/install\.sh.*", "installs a service, as root; `make test-system` runs it"),
    (r"sudo /opt/drumatlas/bin/pip .*", "changes the service, as root"),
    (r"sudo drumatlas update-atlas .*", "changes the service, as root"),
    (r"drumatlas status", "needs a box that runs"),
    (r"journalctl .*", "needs the service"),
    (r"python tests/bench/.*", "measures for minutes"),
    (r"PYTHONPATH=tests python -m page\.picture .*", "needs Chromium, and makes other bytes"),
    (r"PYTHONPATH=tests python -m system\..*", "needs a machine that may be overwritten"),
)
LINES = [
    pytest.param(block, number, id=f"{document}:{block.number + number}")
    for document in DOCUMENTS
    for block in document.blocks
    if block.language == "sh"
    for number in range(len(block.lines))
]


def command_of(line: str) -> str:
    """Return the line without its comment."""
    return re.sub(r"\s+#.*$", "", line).strip()


def is_run(line: str) -> bool:
    return any(re.fullmatch(pattern, line) for pattern in RUN)


@pytest.mark.parametrize(("block", "number"), LINES)
def test_each_line_is_run_or_has_a_reason(block: Block, number: int) -> None:
    line = command_of(block.lines[number])
    reasons = [why for pattern, why in NOT_RUN if re.fullmatch(pattern, line)]
    assert len(reasons) + is_run(line) == 1, line


def test_every_row_has_its_line() -> None:
    lines = [command_of(param.values[0].lines[param.values[1]]) for param in LINES]
    for pattern in (*RUN, *(pattern for pattern, _ in NOT_RUN)):
        assert any(re.fullmatch(pattern, line) for line in lines), pattern


# --- what is run -----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with what the documents name, and both programs under .venv/bin."""
    programs_at = tmp_path / ".venv" / "bin"
    programs_at.mkdir(parents=True)
    for name in ("drumatlas", "drumatlas-export"):
        package = name.replace("-", "_")
        code = f"import sys; from {package}.cli import main; sys.exit(main())"
        script = programs_at / name
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -c "{code}" "$@"\n')
        script.chmod(0o755)
    script_lines = next(b for d in DOCUMENTS for b in d.blocks if b.language == "json").lines
    (tmp_path / "moves.jsonl").write_text("\n".join(script_lines) + "\n")
    beats = format_rows([BeatRow(code, labels=("x",)) for code in (ROCK, JAZZ, FUNK)])
    (tmp_path / "beats.tsv").write_text("".join(beats))
    (tmp_path / "mine.atlas").write_bytes((ROOT / "device/drumatlas/builtin.atlas").read_bytes())
    return tmp_path


def blocks_that_run() -> list[object]:
    found: dict[str, Block] = {}
    for param in LINES:
        block, number = param.values
        if is_run(command_of(block.lines[number])):
            found.setdefault(str(param.id).rpartition(":")[0] + f":{block.number}", block)
    return [pytest.param(block, id=name) for name, block in found.items()]


@pytest.mark.parametrize("block", blocks_that_run())
def test_a_block_runs_from_top_to_bottom(block: Block, folder: Path) -> None:
    path = f"{folder / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    for command in filter(is_run, map(command_of, block.lines)):
        if "drumatlas-export" in command and "drumatlas-export" not in programs():
            pytest.skip("needs the training side: pip install '.[export]'")
        line = re.sub(r'^make play ARGS="(.*)"$', r"drumatlas play \1", command)
        line = re.sub(r"--seconds \d+", "--seconds 1", line)  # a second is enough
        before = set(folder.iterdir())
        done = subprocess.run(
            ["sh", "-ec", line],
            check=False,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": path},
        )
        assert done.returncode == 0, f"{line}\n{done.stderr[-2000:]}"
        assert done.stdout or done.stderr or set(folder.iterdir()) > before, line


# --- what is only looked at ------------------------------------------------------------------


def simple_commands(line: str) -> list[list[str]]:
    """Return the words of each command of a line: of a pipe, of a list, without redirections."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    commands: list[list[str]] = [[]]
    is_target = False
    for word in lexer:
        if word in {"|", "&&", ";"}:
            commands.append([])
        elif word in {">", "<"}:
            is_target = True
        elif is_target:
            is_target = False
        else:
            commands[-1].append(word)
    return commands


def parse_words(program: str, words: list[str]) -> None:
    """A command of ours; its parser exits if an option or a choice is unknown."""
    if program in programs():
        parser_of(program).parse_args(words)


def look_at_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = [word for word in words if "=" not in word]
    assert targets
    for target in targets:
        assert re.search(rf"^{re.escape(target)}:", makefile, flags=re.MULTILINE), target
    for name, _, value in (word.partition("=") for word in words if "=" in word):
        assert f"$({name})" in makefile or name == "DRUMATLAS_MACHINE", name
        if name == "ARGS" and targets == ["play"]:
            parse_words("drumatlas", ["play", *shlex.split(value)])
        elif name == "ARGS":
            paths = [word for word in shlex.split(value) if "/" in word]
            assert all((ROOT / path).exists() for path in paths), value


def look_at_python(words: list[str]) -> None:
    """A script or module of ours, whose options are found in its text."""
    if words[0] == "-m" and words[1] in {"venv", "pytest"}:
        return
    if words[0] == "-m":
        file = ROOT / "tests" / f"{words[1].replace('.', '/')}.py"
        words = words[1:]
    else:
        file = ROOT / words[0]
    text = file.read_text()
    for option in (word for word in words[1:] if word.startswith("--")):
        assert f'"{option}"' in text, option


def look_at_pip(words: list[str]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert words[0] in {"install", "wheel"}
    for word in words[1:]:
        if found := re.fullmatch(r"(?:\.|drumatlas)\[(.*)\]", word):
            assert set(found[1].split(",")) <= set(extras), word
    if "--constraint" in words:
        assert (ROOT / words[words.index("--constraint") + 1]).is_file()


def look_at_install(words: list[str]) -> None:
    text = (ROOT / "systemd/install.sh").read_text()
    for option in (word for word in words if word.startswith("--")):
        assert re.search(rf"^    {option}\)", text, flags=re.MULTILINE), option


def nothing_of_ours(words: list[str]) -> None:
    """Leave a program of the system alone."""


# By a program's name, without its folder: how its words are looked at.
LOOK: dict[str, Callable[[list[str]], None]] = {
    "drumatlas": partial(parse_words, "drumatlas"),
    "drumatlas-export": partial(parse_words, "drumatlas-export"),
    "make": look_at_make,
    "python": look_at_python,
    "python3": look_at_python,
    "pip": look_at_pip,
    "install.sh": look_at_install,
    **dict.fromkeys(
        ("echo", "apt", "raspi-config", "usermod", "nano", "systemctl", "journalctl"),
        nothing_of_ours,
    ),
}


def look_at(line: str) -> None:
    """Hold each command of a line against what there is; AssertionError, KeyError or a parser's
    SystemExit if it is wrong."""
    for command in simple_commands(line):
        words = list(dropwhile(lambda word: word == "sudo" or re.match(r"\w+=", word), command))
        LOOK[words[0].rpartition("/")[2]](words[1:])


@pytest.mark.parametrize(("block", "number"), LINES)
def test_commands_and_options_exist(block: Block, number: int) -> None:
    look_at(command_of(block.lines[number]))


@pytest.mark.parametrize(
    "line",
    [
        "drumatlas pley",
        "drumatlas play --no-such-option",
        "echo 1 | drumatlas decode --no-such-option > F",
        'make play ARGS="--bmp 120"',
        'make test ARGS="tests/no-such-folder"',
        "make tset",
        "make test COPRUS=DIR",
        "python tests/bench/timing.py --no-such-option",
        "python tests/bench/no_such_file.py",
        "pip install '.[no-such-extra]'",
        "sudo systemd/install.sh --no-such-option",
        "no-such-program",
    ],
)
def test_a_wrong_command_is_found(line: str) -> None:
    with pytest.raises((AssertionError, KeyError, OSError, SystemExit)):
        look_at(line)
