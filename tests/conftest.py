"""Fixtures for all tests."""

from collections import Counter
from collections.abc import Callable, Iterable

import pytest
from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import read_builtin
from drumatlas.play.events import Event, Output, TempoChange


@pytest.fixture(scope="session")
def atlas() -> Atlas:
    """The built-in atlas."""
    return read_builtin()


def _check_stream(outputs: Iterable[Output], *, is_over: bool = True) -> Counter[str]:
    """What any output stream must hold to, whatever was done to the sequencer:

    times never run back; clocks and notes only between Start and Stop; Start at least 1 ms
    before its first clock; no two clocks of a run closer than the fastest tempo allows; every
    note-on is ended before the same note sounds again, and all by Stop (and by the end).
    """
    counts: Counter[str] = Counter()
    sounding: set[tuple[int, int]] = set()
    last_ns, last_clock_ns, started_ns = -1, None, None
    for output in outputs:
        if isinstance(output, TempoChange):
            continue
        assert isinstance(output, Event)
        at_ns, data = output.at_ns, output.data
        assert at_ns >= last_ns, "time runs back"
        last_ns = at_ns
        kind = data[0] if data[0] >= 0xF0 else data[0] & 0xF0
        counts[f"{kind:02x}"] += 1
        if kind == 0xFA:
            assert started_ns is None, "Start while playing"
            started_ns, last_clock_ns = at_ns, None
        elif kind == 0xFC:
            assert started_ns is not None, "Stop while stopped"
            assert not sounding, "notes sound after Stop"
            started_ns = None
        elif kind == 0xF8:
            assert started_ns is not None, "clock while stopped"
            if last_clock_ns is None:
                assert at_ns - started_ns >= 1_000_000, "first clock too near to Start"
            else:
                assert at_ns - last_clock_ns >= 60e9 / (300 * 24) - 2, "clocks bunch"
            last_clock_ns = at_ns
        elif kind == 0x90:
            key = (data[0] & 0x0F, data[1])
            assert started_ns is not None, "note while stopped"
            assert last_clock_ns is not None, "note before the first clock"
            assert 1 <= data[2] <= 127
            assert key not in sounding, "note-on of a note that sounds"
            sounding.add(key)
        elif kind == 0x80:
            key = (data[0] & 0x0F, data[1])
            assert key in sounding, "note-off of a note that doesn't sound"
            sounding.remove(key)
        else:
            assert kind == 0xB0, f"unexpected {data.hex()}"
    if is_over:
        assert not sounding, "notes left hanging"
    return counts


@pytest.fixture(scope="session")
def check_stream() -> Callable[..., Counter[str]]:
    """The invariant checker for output streams; returns how many messages of each kind."""
    return _check_stream
