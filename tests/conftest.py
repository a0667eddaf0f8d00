"""Fixtures for all tests."""

import itertools
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import settings

from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import read_builtin
from drumatlas.play.events import Event, Output, TempoChange
from jack import Recorder

settings.register_profile("drumatlas", deadline=None)  # machines are noisy; speed is for bench
# Orders of use that the state machine tries; `make soak-states` wants many.
STATES = int(os.environ.get("DRUMATLAS_STATES", "200"))
settings.register_profile("states", deadline=None, max_examples=STATES)
settings.load_profile("drumatlas")


_TESTS = itertools.count()


def pytest_sessionstart() -> None:
    """`nohup make test` must not change what SIGHUP does to what is tested."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that play in real time, in processes of their own, may fail twice before they count:

    a shared machine now and then stands still for longer than any of their bounds. What is
    wrong with the program is wrong each time; the summary counts the reruns.
    """
    for item in items:
        if item.get_closest_marker("jack") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=1))


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


LEAD_NS = 1_000_000


def _check_stream(
    outputs: Iterable[Output],
    *,
    is_over: bool = True,
    spacing_ns: float = 60e9 / (300 * 24) - 2,
    lead_ns: int | None = LEAD_NS,
    idle_clock: bool = False,
) -> Counter[str]:
    """What any output stream must hold to, whatever was done to the sequencer:

    times never run back; clocks and notes only between Start and Stop; Start at least 1 ms
    before its first clock; no two clocks of a run closer than the fastest tempo allows; every
    note-on is ended before the same note sounds again, and all by Stop, which ends it.
    A follower's clock is another's: it may be denser (`spacing_ns`, `lead_ns`), and a second
    Start begins anew (`lead_ns` 0). One that passes nothing on plays without a Start (None).
    """
    plays_alone = lead_ns is None
    counts: Counter[str] = Counter()
    sounding: set[tuple[int, int]] = set()
    last_ns, last_clock_ns, started_ns, is_first = -1, None, None, False
    for output in outputs:
        if isinstance(output, TempoChange):
            continue
        assert isinstance(output, Event)
        at_ns, data = output.at_ns, output.data
        assert at_ns >= last_ns, "time runs back"
        last_ns = at_ns
        kind = data[0] if data[0] >= 0xF0 else data[0] & 0xF0
        counts[f"{kind:02x}"] += 1
        if kind in {0xFA, 0xFB}:
            assert started_ns is None or lead_ns == 0, "Start while playing"
            started_ns = at_ns
            is_first = True
        elif kind == 0xFC:
            assert started_ns is not None, "Stop while stopped"
            assert not sounding or plays_alone, "notes sound after Stop"
            started_ns = None
        elif kind == 0xF8:
            assert started_ns is not None or idle_clock, "clock while stopped"
            if is_first and started_ns is not None:
                assert at_ns - started_ns >= (LEAD_NS if lead_ns is None else lead_ns), (
                    "first clock too near to Start"
                )
                is_first = False
            if last_clock_ns is not None:
                assert at_ns - last_clock_ns >= spacing_ns, "clocks bunch"
            last_clock_ns = at_ns
        elif kind == 0x90:
            key = (data[0] & 0x0F, data[1])
            assert started_ns is not None or plays_alone, "note while stopped"
            assert not is_first or plays_alone, "note before the first clock"
            assert 1 <= data[2] <= 127
            assert key not in sounding, "note-on of a note that sounds"
            sounding.add(key)
        elif kind == 0x80:
            key = (data[0] & 0x0F, data[1])
            assert key in sounding, "note-off of a note that doesn't sound"
            sounding.remove(key)
        else:
            assert kind in {0xB0, 0xF2}, f"unexpected {data.hex()}"
    if is_over:
        assert not sounding, "notes left hanging"
        assert started_ns is None, "no Stop at the end"
    return counts


@pytest.fixture(scope="session")
def check_stream() -> Callable[..., Counter[str]]:
    """The invariant checker for output streams; returns how many messages of each kind."""
    return _check_stream


@pytest.fixture(scope="module")
def jack() -> Iterator[None]:
    """A JACK server of our own, and JACK_DEFAULT_SERVER set to it."""
    name = f"drumatlas-test-{os.getpid()}"
    command = ["jackd", "-t", "5000", "-n", name, "-d", "dummy", "-r", "48000", "-p", "128"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    before = os.environ.get("JACK_DEFAULT_SERVER")
    os.environ["JACK_DEFAULT_SERVER"] = name
    os.environ["JACK_NO_START_SERVER"] = "1"
    try:
        yield
    finally:
        server.terminate()
        server.wait(10)
        os.environ.pop("JACK_DEFAULT_SERVER")
        if before is not None:
            os.environ["JACK_DEFAULT_SERVER"] = before


@pytest.fixture
def recorder(jack: None) -> Iterator[Recorder]:
    one = Recorder()
    yield one
    one.client.close_port()
    one.client.delete()


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
