"""`make play` and `make test` where something is missing: make-believe Pythons and managers."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = [
    "sh",
    "make",
    "dirname",
    "find",
    "grep",
    "sort",
    "tail",
    "id",
    "touch",
    "rm",
    "mkdir",
    "cat",
    "chmod",
    "printf",
]

# Answers venv.sh's questions; the venv that it makes answers them too, and notes pip's arguments.
PYTHON = """#!/bin/sh
case "$*" in
*ensurepip*) exit {no_venv} ;;
*sys.exit*) exit {old} ;;
*print*version_info*) echo {number} ;;
*calcsize*) echo 64 ;;
*samefile*) exit 0 ;;
"-m venv --clear .venv")
    rm -rf .venv
    mkdir -p .venv/bin
    if [ -e full ]; then echo Traceback; echo "OSError: no space left on device"; exit 1; fi
    cat "$0" >.venv/bin/python
    chmod +x .venv/bin/python
    printf '#!/bin/sh\\necho "plays $*"\\n' >.venv/bin/drumatlas
    chmod +x .venv/bin/drumatlas
    echo made >>made ;;
"-m pip --version") [ ! -e no-pip ] ;;
"-m pip "*) echo "$*" >>pip; [ ! -e offline ] ;;
"-m pytest"*) echo "tests $*" ;;
esac
"""


class BareMachine:
    """A copy of what `make` needs, and a PATH that holds only what is put there."""

    def __init__(self, folder: Path) -> None:
        self.at = folder / "drumatlas"
        self.bin = folder / "bin"
        self.at.mkdir()
        self.bin.mkdir()
        for name in ("Makefile", "venv.sh", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.at)
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None
            (self.bin / tool).symlink_to(found)

    def put(self, name: str, script: str) -> None:
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)

    def python(self, name: str = "python3", number: str = "3.13", *, no_venv: bool = False) -> None:
        old = tuple(map(int, number.split("."))) < (3, 11)
        self.put(name, PYTHON.format(no_venv=int(no_venv), old=int(old), number=number))

    def make(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
        return subprocess.run(
            ["make", *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.at,
            env={**kept, "PATH": str(self.bin), "PYTHON": ""},
        )

    def lines(self, name: str) -> list[str]:
        path = self.at / name
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> BareMachine:
    if shutil.which("make") is None:
        pytest.skip("no make; apt install make")
    return BareMachine(tmp_path)


APT = {"apt-get": "#!/bin/sh\n", "apt-cache": "#!/bin/sh\n"}
UBUNTU_22 = {**APT, "apt-cache": "#!/bin/sh\nprintf '%s\\n' python3.9 python3.11-venv python3.11\n"}


def refused(machine: BareMachine, *target: str) -> str:
    """The line that `make` ends with, apart from its own; checks that there is only one."""
    done = machine.make(*target)
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    return lines[0].replace("sudo ", "")


@pytest.mark.parametrize("target", ["play", "test", "lint"])
@pytest.mark.parametrize(
    ("managers", "how"),
    [
        (APT, "apt install python3 python3-venv"),
        ({"dnf": "#!/bin/sh\n"}, "dnf install python3"),
        ({"brew": "#!/bin/sh\n"}, "brew install python"),
        ({"zypper": "#!/bin/sh\n"}, "zypper install python312"),
        ({"pacman": "#!/bin/sh\n"}, "pacman -S python"),
        ({}, "install Python 3.11 or newer from https://www.python.org/downloads"),
    ],
)
def test_without_python_it_says_how_to_install_one(
    machine: BareMachine, target: str, managers: dict[str, str], how: str
) -> None:
    for name, script in managers.items():
        machine.put(name, script)
    assert refused(machine, target) == f"drumatlas: python3 is not there: {how}"


@pytest.mark.parametrize(
    ("managers", "how"),
    [
        (UBUNTU_22, "apt install python3.11-venv"),
        (APT, "install Python 3.11 or newer from https://www.python.org/downloads"),
        ({"dnf": "#!/bin/sh\n"}, "dnf install python3.12"),
        ({"brew": "#!/bin/sh\n"}, "brew install python"),
    ],
)
def test_an_old_python_is_refused_with_how_to_get_a_newer_one(
    machine: BareMachine, managers: dict[str, str], how: str
) -> None:
    machine.python(number="3.9")
    for name, script in managers.items():
        machine.put(name, script)
    told = refused(machine, "play")
    assert told == f"drumatlas: Python 3.11 or newer is needed, and python3 is 3.9: {how}"


@pytest.mark.parametrize(
    ("name", "how"), [("python3", "python3-venv"), ("python3.12", "python3.12-venv")]
)
def test_a_python_without_venv_is_refused_with_the_package_to_install(
    machine: BareMachine, name: str, how: str
) -> None:
    machine.python(number="3.10")
    machine.python(name, number="3.12", no_venv=True)
    for manager, script in APT.items():
        machine.put(manager, script)
    assert refused(machine, "play") == f"drumatlas: {name} has no venv here: apt install {how}"
    assert not (machine.at / ".venv").exists()


def test_the_venv_package_that_was_named_is_enough(machine: BareMachine) -> None:
    machine.python(no_venv=True)
    refused(machine, "play")
    machine.python()
    done = machine.make("play", "ARGS=--bpm 90")
    assert done.returncode == 0
    assert "plays play --bpm 90" in done.stdout


def test_a_newer_python_beside_an_old_one_is_taken(machine: BareMachine) -> None:
    machine.python(number="3.9")
    machine.python("python3.12", "3.12")
    assert machine.make("play").returncode == 0


def test_the_python_that_is_named_is_the_one(machine: BareMachine) -> None:
    machine.python()
    machine.python("mine", "3.9")
    told = refused(machine, "play", "PYTHON=mine")
    assert told.startswith("drumatlas: Python 3.11 or newer is needed, and mine is 3.9: ")


def test_nothing_is_installed_twice(machine: BareMachine) -> None:
    machine.python()
    for _ in range(2):
        assert machine.make("play").returncode == 0
        assert len(machine.lines("pip")) == 1
    for _ in range(2):
        assert machine.make("test").returncode == 0
        assert len(machine.lines("pip")) == 2
    assert machine.make("play").returncode == 0  # the tests' venv plays, too
    assert len(machine.lines("pip")) == 2
    assert [line.rpartition(" ")[2] for line in machine.lines("pip")] == [".", ".[dev,export]"]
    assert all("--constraint constraints.txt" in line for line in machine.lines("pip"))


def test_a_new_requirement_of_pyproject_is_installed(machine: BareMachine) -> None:
    machine.python()
    machine.make("play")
    os.utime(machine.at / ".venv/.plays", (1, 1))
    assert machine.make("play").returncode == 0
    assert len(machine.lines("pip")) == 2
    assert len(machine.lines("made")) == 1  # into the same venv


@pytest.mark.parametrize("half", ["no-pip", "gone", "full"])
def test_a_half_made_venv_is_made_again(machine: BareMachine, half: str) -> None:
    machine.python()
    if half == "full":
        (machine.at / "full").touch()
        told = refused(machine, "play")
        assert told.startswith("drumatlas: python3 -m venv .venv failed: OSError: no space left")
        (machine.at / "full").unlink()
    else:
        assert machine.make("play").returncode == 0
        (machine.at / ".venv/.plays").unlink()
        if half == "gone":
            (machine.at / ".venv/bin/python").unlink()
            (machine.at / ".venv/bin/python").symlink_to("/no/such/python")
        else:
            (machine.at / "no-pip").touch()
    assert machine.make("play").returncode == 0
    assert len(machine.lines("made")) == (1 if half == "full" else 2)


def test_a_failing_pip_is_not_taken_for_done(machine: BareMachine) -> None:
    machine.python()
    (machine.at / "offline").touch()
    done = machine.make("play")
    assert done.returncode == 2
    assert "pip could not install what is needed (see above); is the network there?" in done.stderr
    (machine.at / "offline").unlink()
    assert machine.make("play").returncode == 0


def test_the_shell_sees_nothing_odd() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("no shellcheck; apt install shellcheck")
    scripts = [ROOT / "venv.sh", ROOT / ".ci/run", *ROOT.glob("tests/system/*.sh")]
    done = subprocess.run(["shellcheck", *scripts], check=False, capture_output=True, text=True)
    assert done.stdout == ""
