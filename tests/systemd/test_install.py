"""The installer's words; what it does needs a machine of its own."""

import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"
INSTALL = SYSTEMD / "install.sh"


def call(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["bash", str(INSTALL), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("script", [INSTALL, SYSTEMD / "drumatlas-gadget"], ids=lambda p: p.name)
def test_the_shell_sees_nothing_odd(script: Path) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("no shellcheck; apt install shellcheck")
    done = subprocess.run(["shellcheck", script], check=False, capture_output=True, text=True)
    assert done.stdout == ""


def test_help_names_every_option() -> None:
    done = call("--help")
    assert done.returncode == 0
    known = [line.split(")")[0].strip() for line in INSTALL.read_text().splitlines()]
    options = [word for word in known if word.startswith("--")]
    assert len(options) >= 6
    for option in options:
        assert f"\n  {option} " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--frobnicate"], "unknown option '--frobnicate'"),
        (["none.whl"], "none.whl: no such file"),
        (["--wheels", "/no/such/folder"], "--wheels needs a folder"),
        (["--wheels"], "--wheels needs a folder"),
        (["--purge"], "--purge needs --uninstall"),
    ],
)
def test_a_wrong_call_is_one_line(arguments: list[str], words: str) -> None:
    done = call(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
