import threading
import time
from collections.abc import Callable, Sequence

from drumatlas.panel.background_reader import RETRY_NS, BackgroundReader
from drumatlas.panel.converters import Chip
from drumatlas.panel.fake_board import FakeConverter


def test_a_failing_chip_is_read_four_times_a_second_and_gives_nothing_old() -> None:
    converter = FakeConverter()
    converter.levels[1] = 0.5
    chip = Chip("mcp0", converter, [1, 3])
    assert chip.read(0) == {1: 0.5, 3: 0.0}
    converter.fails = True
    reads = converter.reads
    for now_ns in range(0, 4 * RETRY_NS, 10_000_000):
        assert chip.read(now_ns) == {}
        assert "mcp0" in chip.fault
    assert converter.reads == reads + 4
    converter.fails = False
    assert chip.read(4 * RETRY_NS) == {1: 0.5, 3: 0.0}
    assert chip.fault == ""


class NoisyConverter(FakeConverter):
    """One whose channel 0 reads what is in `readings`, in this order."""

    readings: Sequence[float] = ()

    def read(self, channel: int) -> float:
        value = self.readings[self.reads]
        super().read(channel)
        return value


def test_a_spike_is_read_again_and_gone_and_a_turn_is_believed_at_once() -> None:
    wire = NoisyConverter()
    chip = Chip("mcp0", wire, [0])
    wire.readings = [0.3, 0.301, 1.0, 0.302, 0.3, 0.301, 0.7, 0.69, 0.71]
    seen = [chip.read(now_ns)[0] for now_ns in range(5)]
    assert seen == [0.3, 0.301, 0.302, 0.301, 0.7]
    assert wire.reads == len(wire.readings)


def test_a_slow_converter_is_read_on_its_own_thread() -> None:
    slow = FakeConverter()
    slow.levels[2] = 0.25
    background = BackgroundReader(slow, [2])
    assert background.read(2) == 0.25
    slow.fails = True
    assert seen_within(lambda: failing(background))
    slow.fails = False
    assert seen_within(lambda: not failing(background))
    background.close()
    assert "converter" not in {thread.name for thread in threading.enumerate()}


def test_its_thread_is_prepared_before_it_reads() -> None:
    prepared: list[tuple[str, int]] = []
    slow = FakeConverter()
    background = BackgroundReader(
        slow, [2], lambda: prepared.append((threading.current_thread().name, slow.reads))
    )
    background.close()
    assert prepared == [("converter", 0)]


def failing(background: BackgroundReader) -> bool:
    try:
        background.read(2)
    except OSError:
        return True
    return False


def seen_within(is_seen: Callable[[], bool]) -> bool:
    """Return whether it happens within two seconds, enough even for a busy machine."""
    for _ in range(200):
        if is_seen():
            return True
        time.sleep(0.01)
    return False
