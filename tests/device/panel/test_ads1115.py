import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.panel.ads1115 import Ads1115

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
