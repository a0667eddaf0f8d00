"""A service manager's end of the socket, and a box that talks to it on a virtual clock."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from drumatlas.engine import Engine
from drumatlas.play.performer import Pulse
from drumatlas.service.systemd import SdNotify, SystemdReporter, watchdog_ns

SECOND = 1_000_000_000
WATCHDOG = 2 * SECOND

if not hasattr(socket, "AF_UNIX"):
    pytest.skip("no Unix sockets on this system", allow_module_level=True)


class Manager:
    """Hears what is sent to `address`."""

    def __init__(self, address: str | bytes) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(tmp_path / "notify")


@pytest.fixture
def manager(address: str) -> Iterator[Manager]:
    one = Manager(address)
    yield one
    one.close()


@pytest.fixture
def notifier(manager: Manager, address: str) -> Iterator[SdNotify]:
    one = SdNotify(address)
    yield one
    one.close()


def test_a_datagram_reaches_the_manager(manager: Manager, notifier: SdNotify) -> None:
    assert notifier.send("READY=1", "STATUS=fine")
    assert manager.heard() == ["READY=1\nSTATUS=fine"]


def test_an_address_with_an_at_is_an_abstract_socket(tmp_path: Path) -> None:
    name = f"drumatlas-test-{tmp_path.name}"
    manager = Manager(b"\0" + name.encode())
    notifier = SdNotify(f"@{name}")
    assert notifier.send("READY=1")
    notifier.close()
    assert manager.heard() == ["READY=1"]
    manager.close()


@pytest.mark.parametrize("address", ["", "/nobody/listens", "a\0b", "@" + "x" * 200])
def test_without_a_manager_nothing_happens(address: str) -> None:
    notifier = SdNotify(address)
    assert not notifier.send("READY=1")
    notifier.close()
    assert not notifier.send("READY=1")


def test_a_manager_that_does_not_read_does_not_block(manager: Manager, notifier: SdNotify) -> None:
    sent = [notifier.send("WATCHDOG=1") for _ in range(100_000)]
    assert not sent[-1]  # its queue is full; the call came back all the same
    assert manager.heard()
    assert notifier.send("WATCHDOG=1")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, 0),
        ({"WATCHDOG_USEC": "2000000"}, WATCHDOG),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"}, WATCHDOG),
        ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"}, 0),
        ({"WATCHDOG_USEC": "-5"}, 0),
        ({"WATCHDOG_USEC": "²"}, 0),
    ],
)
def test_the_watchdog_that_is_asked_for(environment: dict[str, str], expected: int) -> None:
    assert watchdog_ns(environment, 7) == expected


def test_ready_waits_for_the_first_messages(
    manager: Manager, notifier: SdNotify, engine: Engine
) -> None:
    pulse = Pulse()
    reporter = SystemdReporter(engine, pulse, notifier)
    reporter.tick(SECOND)
    assert manager.heard() == []
    pulse.at_ns = 2 * SECOND
    reporter.tick(2 * SECOND)
    first, status = manager.heard()
    assert first == "READY=1"
    assert status.startswith("STATUS=stopped 120.0 BPM, near ")
    reporter.tick(3 * SECOND)
    assert manager.heard() == []  # once, and nothing has changed


def fed(manager: Manager) -> int:
    return manager.heard().count("WATCHDOG=1")


def test_the_watchdog_is_fed_while_the_performer_lives(
    manager: Manager, notifier: SdNotify, engine: Engine
) -> None:
    pulse = Pulse()
    reporter = SystemdReporter(engine, pulse, notifier, WATCHDOG)
    for now in range(SECOND, 5 * SECOND, SECOND // 100):
        pulse.at_ns = now - SECOND // 50
        reporter.tick(now)
    assert fed(manager) == 8  # every half second
    hung = pulse.at_ns
    for now in range(5 * SECOND, 20 * SECOND, SECOND // 100):
        reporter.tick(now)
    assert fed(manager) == 2  # up to a second after its last round, then no more
    pulse.at_ns = 20 * SECOND
    reporter.tick(20 * SECOND)
    assert fed(manager) == 1
    assert hung < 5 * SECOND


def test_a_fault_is_in_the_status(manager: Manager, notifier: SdNotify, engine: Engine) -> None:
    reporter = SystemdReporter(engine, Pulse(1), notifier)
    engine.set_faults("ports", "TR-8S: unplugged\nreally")
    reporter.tick(SECOND)
    assert manager.heard()[-1].endswith("; TR-8S: unplugged really")
    engine.set_faults("ports")
    reporter.tick(SECOND + 1)
    assert manager.heard() == []  # not more than once a second
    reporter.tick(2 * SECOND)
    assert "unplugged" not in manager.heard()[-1]


def test_a_reload_is_announced_even_where_it_fails(
    manager: Manager, notifier: SdNotify, engine: Engine
) -> None:
    reporter = SystemdReporter(engine, Pulse(), notifier)
    reporter.reloading(lambda: None)()
    first, last = manager.heard()
    assert first.startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert int(first.rpartition("=")[2]) > 0
    assert last == "READY=1"

    def fail() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        reporter.reloading(fail)()
    assert manager.heard()[-1] == "READY=1"


def test_the_end_is_announced(manager: Manager, notifier: SdNotify, engine: Engine) -> None:
    SystemdReporter(engine, Pulse(), notifier).close()
    assert manager.heard() == ["STOPPING=1"]
