from collections.abc import Sequence

import pytest

from drumatlas.doctor import jitter
from drumatlas.doctor.jitter import Arrivals, examine_jitter, measure
from drumatlas.errors import PortError
from drumatlas.midi.port import NullPort
from drumatlas.play.events import Event, Output


class LoopedPort(NullPort):
    """Comes back as if each message took its time; every `nth` is late by `late_ns`."""

    def __init__(self, heard: Arrivals, late_ns: int = 0, nth: int = 3) -> None:
        super().__init__()
        self._heard, self._late_ns, self._nth = heard, late_ns, nth
        self.is_closed = False

    def send(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            if isinstance(output, Event):
                late_ns = 0 if len(self._heard) % self._nth else self._late_ns
                self._heard.append((output.data, output.at_ns + late_ns))

    def withdraw(self, after_ns: int) -> None:
        kept = [one for one in self._heard if one[1] <= after_ns]
        self._heard.clear()
        self._heard.extend(kept)

    def close(self) -> None:
        self.is_closed = True


def test_an_even_clock_is_good() -> None:
    heard: Arrivals = Arrivals()
    port = LoopedPort(heard)
    finding = measure(port, heard, 1.0)
    assert (finding.name, finding.state) == ("jitter", "ok")
    assert "clock 0 us off the grid" in finding.detail
    assert port.is_closed
    assert all(data[0] >= 0xF0 for data, _ in heard)  # nothing sounds


def test_an_uneven_clock_is_a_warning() -> None:
    heard: Arrivals = Arrivals()
    finding = measure(LoopedPort(heard, late_ns=9_000_000), heard, 1.0)
    assert finding.state == "warn"
    assert finding.advice


def test_a_clock_that_does_not_come_back_is_a_warning() -> None:
    finding = measure(NullPort(), Arrivals(), 0.1)
    assert (finding.state, "only 0 clocks" in finding.detail) == ("warn", True)


def test_where_it_can_not_be_heard_it_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jitter, "has_alsa", lambda: False)
    assert "needs ALSA" in examine_jitter().detail
    monkeypatch.setattr(jitter, "has_alsa", lambda: True)
    for listening in ["drumatlas in:in"], ["drumatlas in:in #1", "drumatlas in:in #2"]:
        monkeypatch.setattr(jitter, "list_ports", lambda there=listening: ("ALSA", there, []))
        assert (
            "a running box has this input open" in examine_jitter().detail
        )  # it would follow our clock

    def refuse(*_: object) -> None:
        raise PortError("no more clients")

    monkeypatch.setattr(jitter, "list_ports", lambda: ("ALSA", [], []))
    monkeypatch.setattr(jitter, "open_input", refuse)
    assert "no more clients" in examine_jitter().detail
    port = NullPort()
    closed: list[bool] = []
    monkeypatch.setattr(port, "close", lambda: closed.append(True))
    monkeypatch.setattr(jitter, "open_input", lambda *_: port)
    monkeypatch.setattr(jitter, "open_outputs", refuse)
    assert "no more clients" in examine_jitter().detail
    assert closed == [True]
