"""Fixtures for all tests."""

import itertools
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

# For this process, pytest-xdist's workers and all that they start; set before NumPy is imported.
# Threads of BLAS would only wait for one another here, as in `drumatlas.cli`. And each of some
# hundred processes would compile every module again if none of them kept bytecode.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import pytest
from hypothesis import settings

from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import read_builtin
from drumatlas.explore.search import Places
from support import streams
from support.atlases import with_labels
from support.jack_server import Recorder, serving

settings.register_profile("drumatlas", deadline=None)  # machines are noisy; speed is for bench
# Orders of use that the state machine tries; `make soak-states` wants many.
STATES = int(os.environ.get("DRUMATLAS_STATES", "200"))
settings.register_profile("states", deadline=None, max_examples=STATES)
settings.load_profile("drumatlas")


_TESTS = itertools.count()


def pytest_sessionstart() -> None:
    """`nohup make test` must not change what SIGHUP does to what is tested.

    This process keeps bytecode as well: rewriting all tests takes seconds, in each worker.
    """
    sys.dont_write_bytecode = False
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--kind",
        choices=["alone", "together"],
        help="only tests that need the machine for themselves, or only those that do not",
    )


# What plays in real time, in processes of its own, has one of these markers.
_ALONE = ("jack", "browser")


def _is_alone(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in _ALONE)


def _names_a_marker(path: Path) -> bool:
    """Whether a file of tests can have some that are alone: its text has a marker's name."""
    text = path.read_text(encoding="utf-8")
    return any(name in text for name in _ALONE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files without tests of the kind, which would import PyTorch for nothing."""
    is_file = collection_path.suffix == ".py" and config.getoption("kind") == "alone"
    return True if is_file and not _names_a_marker(collection_path) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the other kind. Tests that play in real time may fail once before they count:

    a shared machine now and then stands still for longer than any of their bounds. What is
    wrong with the program is wrong each time; the summary counts the reruns.
    """
    kind = config.getoption("kind")
    for path in {one.path for one in items if _is_alone(one)}:
        if not _names_a_marker(path):
            raise pytest.UsageError(f"{path}: name the marker in it; --kind alone goes by that")
    items[:] = [one for one in items if kind is None or _is_alone(one) is (kind == "alone")]
    for item in items:
        if _is_alone(item):
            item.add_marker(pytest.mark.flaky(reruns=1, reruns_delay=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with a failure whether the recorder may have caused it."""
    report = yield
    one = getattr(item, "funcargs", {}).get("recorder")
    if report.failed and isinstance(one, Recorder):
        report.sections.append(("recorder", one.missed))
    return report


@pytest.fixture(scope="session")
def state_settings() -> settings:
    """For hypothesis' state machines."""
    return settings.get_profile("states")


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds the state that another, or the user, has left."""
    for name in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path_factory.getbasetemp() / f"state{next(_TESTS)}"  # made by who needs it
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))


@pytest.fixture(scope="session")
def atlas() -> Atlas:
    """The built-in atlas."""
    return read_builtin()


@pytest.fixture(scope="session")
def labelled(atlas: Atlas) -> Atlas:
    """The built-in atlas with labels in three families."""
    return with_labels(atlas)


@pytest.fixture(scope="session")
def unlabelled(atlas: Atlas) -> Atlas:
    """The built-in atlas without labels, as older ones are."""
    return replace(atlas, families=(), labels=None)


@pytest.fixture(scope="module")
def places(atlas: Atlas) -> Places:
    """The places of the built-in atlas, each with its beat."""
    return Places(atlas)


@pytest.fixture(scope="session")
def check_stream() -> Callable[..., Counter[str]]:
    """The invariant checker for output streams; returns how many messages of each kind."""
    return streams.check


@pytest.fixture(scope="module")
def jack() -> Iterator[None]:
    """A JACK server of our own, and JACK_DEFAULT_SERVER set to it."""
    with serving():
        yield


@pytest.fixture
def recorder(jack: None) -> Iterator[Recorder]:
    one = Recorder()
    yield one
    one.unplug()


@pytest.fixture
def patient_recorder() -> Iterator[Recorder]:
    """A recorder at a JACK server that loses no message; nobody may be killed beside it."""
    with serving(waits=True):
        one = Recorder()
        yield one
        one.unplug()


@pytest.fixture
def play() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `drumatlas play` with options; ends what is left of it."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "drumatlas", "play", "--web", "off", *options]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()
