import threading
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.panel.converters import RETRY_NS, Ads1115, Background, Chip
from drumatlas.panel.fakes import FakeConverter

CONVERSION, CONFIG = 0, 1


class FakeBus:
    """An ADS1115 as its data sheet has it: registers of 16 bits, high byte first on the wire, so
    swapped in an SMBus word. A conversion takes one look."""

    def __init__(self, volts: list[float]) -> None:
        self.volts = volts
        self.registers = {CONVERSION: 0, CONFIG: 0x8583}  # as after power-up
        self.is_stuck = False
        self.addresses: set[int] = set()

    def write_word_data(self, address: int, register: int, value: int) -> None:
        self.addresses.add(address)
        word = int.from_bytes(value.to_bytes(2, "little"), "big")
        assert register == CONFIG
        assert word >> 15, "OS: begin a conversion"
        assert word >> 8 & 1, "MODE: single shot"
        mux, gain = word >> 12 & 7, word >> 9 & 7
        assert mux >= 4, "against ground"
        full = {0: 6.144, 1: 4.096, 2: 2.048}[gain]
        counts = round(self.volts[mux - 4] / full * 32768)
        self.registers[CONVERSION] = min(max(counts, -32768), 32767) & 0xFFFF
        self.registers[CONFIG] = word & 0x7FFF

    def read_word_data(self, address: int, register: int) -> int:
        self.addresses.add(address)
        word = self.registers[register]
        if register == CONFIG and not self.is_stuck:
            self.registers[CONFIG] |= 0x8000
        return int.from_bytes(word.to_bytes(2, "little"), "big")

    def close(self) -> None:
        pass


def no_sleep(_seconds: float) -> None:
    pass


@given(st.lists(st.floats(-0.3, 3.6), min_size=4, max_size=4))
def test_ads1115_reads_volts_as_a_share_of_the_supply(volts: list[float]) -> None:
    bus = FakeBus(volts)
    converter = Ads1115(bus, 0x49, no_sleep)
    for channel, one in enumerate(volts):
        expected = min(max(one / 3.3, 0), 1)
        assert converter.read(channel) == pytest.approx(expected, abs=1e-4)
    assert bus.addresses == {0x49}


def test_an_ads1115_that_never_finishes_is_an_error() -> None:
    bus = FakeBus([0.0] * 4)
    bus.is_stuck = True
    with pytest.raises(OSError, match="0x48"):
        Ads1115(bus, 0x48, no_sleep).read(0)


def test_a_failing_chip_is_asked_four_times_a_second_and_keeps_nothing_old() -> None:
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


class Wire(FakeConverter):
    """One whose channel 0 reads what is in `readings`, in this order."""

    readings: Sequence[float] = ()

    def read(self, channel: int) -> float:
        value = self.readings[self.reads]
        super().read(channel)
        return value


def test_a_spike_is_read_again_and_gone_and_a_turn_is_believed_at_once() -> None:
    wire = Wire()
    chip = Chip("mcp0", wire, [0])
    wire.readings = [0.3, 0.301, 1.0, 0.302, 0.3, 0.301, 0.7, 0.69, 0.71]
    seen = [chip.read(now_ns)[0] for now_ns in range(5)]
    assert seen == [0.3, 0.301, 0.302, 0.301, 0.7]
    assert wire.reads == len(wire.readings)


def test_a_slow_converter_is_read_on_its_own_thread() -> None:
    slow = FakeConverter()
    slow.levels[2] = 0.25
    background = Background(slow, [2])
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
    background = Background(
        slow, [2], lambda: prepared.append((threading.current_thread().name, slow.reads))
    )
    background.close()
    assert prepared == [("converter", 0)]


def failing(background: Background) -> bool:
    try:
        background.read(2)
    except OSError:
        return True
    return False


def seen_within(is_seen: Callable[[], bool]) -> bool:
    """Two seconds are plenty, also on a busy machine."""
    for _ in range(200):
        if is_seen():
            return True
        time.sleep(0.01)
    return False
