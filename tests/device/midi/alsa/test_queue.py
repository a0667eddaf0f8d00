"""A queue's time beside the monotonic clock: drift, jumps, and a timer that eats the machine."""

from types import SimpleNamespace

import pytest

from drumatlas.midi.alsa import queue as alsa_queue
from drumatlas.midi.alsa.queue import QueueClock

MS = 1_000_000
EVERY = 200 * MS  # how often it looks


class DriftingQueue:
    """A clock, and a client of ALSA whose queue runs beside it. `reading_ns` is what a reading
    of the queue's time takes."""

    def __init__(self, began_ns: int = 5_000 * MS) -> None:
        self.now_ns = began_ns
        self.queue_ns = 1_000.0 * MS
        self.speed = 1.0
        self.reading_ns = 0.2 * MS
        self.queue = self

    def pass_ns(self, ns: float) -> None:
        self.now_ns += round(ns)
        self.queue_ns += ns * self.speed

    def monotonic_ns(self) -> int:
        return self.now_ns

    def create_queue(self, _name: str) -> "DriftingQueue":
        return self

    def get_timer(self) -> SimpleNamespace:
        return SimpleNamespace(resolution=0)

    def set_timer(self, _timer: object) -> None:
        """Taken as it is."""

    def start(self) -> None:
        """It runs."""

    def drain_output(self) -> None:
        """Nothing waits."""

    def get_status(self) -> SimpleNamespace:
        self.pass_ns(self.reading_ns / 2)
        seconds, nanoseconds = divmod(round(self.queue_ns), 1_000_000_000)
        self.pass_ns(self.reading_ns / 2)
        return SimpleNamespace(
            real_time=SimpleNamespace(seconds=seconds, nanoseconds=nanoseconds), events=0
        )


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> DriftingQueue:
    machine = DriftingQueue()
    monkeypatch.setattr(alsa_queue, "time", machine)
    monkeypatch.setattr(
        alsa_queue,
        "import_alsa",
        lambda: SimpleNamespace(exceptions=SimpleNamespace(Error=OSError)),
    )
    return machine


def error_ns(clock: QueueClock, machine: DriftingQueue) -> float:
    """How far the queue's stamp for now is from the queue's time."""
    seconds, nanoseconds = clock.stamp(machine.now_ns)
    return seconds * 1e9 + nanoseconds - machine.queue_ns


def go_on(clock: QueueClock, machine: DriftingQueue, times: int) -> None:
    for _ in range(times):
        machine.pass_ns(EVERY)
        clock.retune(machine.now_ns)


def test_a_stamp_is_the_queues_time(machine: DriftingQueue) -> None:
    clock = QueueClock(machine)
    assert abs(error_ns(clock, machine)) < 2
    machine.pass_ns(777 * MS)
    assert abs(error_ns(clock, machine)) < 2
    assert clock.stamp(0) == (0, 0)


@pytest.mark.parametrize("ppm", [-100, 100])
def test_drift_is_followed(machine: DriftingQueue, ppm: int) -> None:
    clock = QueueClock(machine)
    machine.speed = 1 + ppm / 1e6
    go_on(clock, machine, 600)
    assert abs(machine.queue_ns - machine.now_ns + 4_000 * MS) > 10 * MS
    assert abs(error_ns(clock, machine)) < 0.25 * MS
    assert not clock.is_behind


def test_a_machine_that_stood_still_is_caught_up_with_at_once(machine: DriftingQueue) -> None:
    clock = QueueClock(machine)
    machine.queue_ns -= 300 * MS
    go_on(clock, machine, 1)
    assert abs(error_ns(clock, machine)) < 2
    assert not clock.is_behind


def test_one_slow_reading_changes_nothing(machine: DriftingQueue) -> None:
    clock = QueueClock(machine)
    machine.reading_ns = 8 * MS
    go_on(clock, machine, 1)
    machine.reading_ns = 0.2 * MS
    go_on(clock, machine, 1)
    assert abs(error_ns(clock, machine)) < 2
    assert not clock.is_behind


def test_a_queue_that_loses_time_for_long_is_behind(machine: DriftingQueue) -> None:
    clock = QueueClock(machine)
    for times in range(3):
        assert not clock.is_behind, times
        machine.queue_ns -= 3 * MS
        go_on(clock, machine, 1)
    assert clock.is_behind


def test_slow_readings_show_a_timer_that_overloads_the_machine(machine: DriftingQueue) -> None:
    clock = QueueClock(machine)
    machine.reading_ns = 2 * MS
    go_on(clock, machine, 4)
    assert not clock.is_behind
    go_on(clock, machine, 1)
    assert clock.is_behind


@pytest.mark.parametrize("behind_ms", [0, 4, 40])
def test_an_arrival_is_true_though_the_queue_is_behind(
    machine: DriftingQueue, behind_ms: int
) -> None:
    clock = QueueClock(machine)
    machine.queue_ns -= behind_ms * MS  # a tick was served late
    came_ns = machine.now_ns
    seconds, nanoseconds = divmod(round(machine.queue_ns), 1_000_000_000)
    machine.pass_ns(3 * MS)  # until it is read
    stamp = SimpleNamespace(seconds=seconds, nanoseconds=nanoseconds)
    assert clock.arrival(stamp) == pytest.approx(came_ns, abs=1000)
