"""A make-believe sequencer in ALSA's place."""

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from support.virtual_wire import VirtualWire

if TYPE_CHECKING:
    from support.fake_alsa import Kernel


@pytest.fixture(scope="module")
def kernels() -> "Iterator[Callable[[], Kernel]]":
    """Makes a fresh one, which is in force from then on."""
    pytest.importorskip("alsa_midi")
    from drumatlas.midi.alsa import input as alsa_input
    from drumatlas.midi.alsa import output as alsa_output
    from drumatlas.midi.alsa import ports as alsa_ports
    from support.fake_alsa import Clock, Kernel

    with pytest.MonkeyPatch.context() as patch:

        def fresh() -> "Kernel":
            kernel = Kernel(VirtualWire())
            for module in (alsa_output, alsa_ports, alsa_input):
                patch.setattr(module, "open_sequencer", kernel.open)
            for module in (alsa_output, alsa_input):
                patch.setattr(module, "QueueClock", Clock)
            patch.setattr(alsa_output, "sustainable_hz", lambda _client: 4000)
            patch.setattr(alsa_ports, "wait_events", kernel.wait_events)
            patch.setattr(alsa_input, "wait_events", lambda *_, **__: time.sleep(0.01) or [])
            here = SimpleNamespace(
                monotonic_ns=lambda: kernel.wire.now_ns,
                monotonic=time.monotonic,
                sleep=time.sleep,
            )
            patch.setattr(alsa_output, "time", here)
            return kernel

        yield fresh


@pytest.fixture
def kernel(kernels: "Callable[[], Kernel]") -> "Kernel":
    return kernels()
