"""The machine that the system tests drive; without one they are skipped. See `machine.py`."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from system.box import HERE, ROOT, THERE, RemoteBox, synth_of, wheel_of_the_tree
from system.machine import MACHINE, WHEELS, RemoteMachine, from_environment

WHY = f'no machine; {MACHINE}="ssh root@pi" names one (tests/system/machine.py)'
MARK = "/etc/drumatlas-test"  # what is installed there is ours to break
_FIGURES: list[tuple[str, str]] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        needs = "machine" in getattr(item, "fixturenames", ())
        if needs and item.path.is_relative_to(HERE) and from_environment() is None:
            item.add_marker(pytest.mark.skip(reason=WHY))
        elif needs:  # the machine may be a virtual one on a busy host; what is wrong stays so
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=5))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _FIGURES:
        terminalreporter.section("figures")
        for what, number in _FIGURES:
            terminalreporter.line(f"{what}: {number}")


@pytest.fixture(scope="session")
def machine() -> RemoteMachine:
    """One that answers, and has no drumatlas but that of these tests."""
    machine = from_environment()
    assert machine is not None
    if machine.run("test $(id -u) = 0 && test -d /run/systemd/system").returncode:
        pytest.skip(f"{MACHINE}: no root on a machine with systemd")
    if machine.run("modprobe snd-seq; test -e /dev/snd/seq").returncode:
        pytest.skip(f"{MACHINE}: its kernel has no ALSA sequencer")
    if machine.run(f"test -e /opt/drumatlas && ! test -e {MARK}").returncode == 0:
        pytest.skip(
            "a drumatlas of its own is on that machine; install.sh --uninstall --purge first"
        )
    return machine


@pytest.fixture(scope="session")
def fresh(machine: RemoteMachine, tmp_path_factory: pytest.TempPathFactory) -> RemoteBox:
    """The machine without drumatlas; its synth is plugged in and heard, and what will be
    installed lies there."""
    wheels = tmp_path_factory.mktemp("wheels")
    given = os.environ.get(WHEELS, "")
    for file in Path(given).glob("*.whl") if given else ():
        if not file.name.startswith("drumatlas-"):
            shutil.copy(file, wheels)
    wheel_of_the_tree(wheels)
    machine.get(f"rm -rf {THERE}; touch {MARK}")
    machine.push(wheels, f"{THERE}/wheels")
    machine.push(ROOT / "systemd", f"{THERE}/systemd")
    for script in HERE.glob("there_*.py"):
        machine.push(script, THERE)
    machine.run(f"{THERE}/systemd/install.sh --uninstall --purge", timeout=120)
    box = RemoteBox(machine, synth_of(machine), offline=bool(given))
    box.listen()
    return box


@pytest.fixture(scope="session")
def installed(fresh: RemoteBox) -> RemoteBox:
    """drumatlas by its installer, with settings as they come."""
    done = fresh.install()
    assert done.returncode == 0, done.stdout + done.stderr
    return fresh


@pytest.fixture
def box(installed: RemoteBox) -> Iterator[RemoteBox]:
    """It plays to the synth and hears its controllers; a state of its own, faults none."""
    installed.systemctl("stop", "drumatlas")
    installed.machine.get("rm -rf /var/lib/drumatlas/*; systemctl reset-failed drumatlas || true")
    installed.machine.run(installed.synth.plug)
    installed.configure()
    done = installed.systemctl("start", "drumatlas")
    assert done.returncode == 0, done.stderr
    yield installed
    installed.systemctl("stop", "drumatlas")


@pytest.fixture
def figure() -> Callable[[str, str], None]:
    """Notes a measured number for the summary."""
    return lambda what, number: _FIGURES.append((what, number))
