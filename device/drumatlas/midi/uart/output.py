"""MIDI out to a UART, as a sending process uses it. Linux only."""

import os
import time
from pathlib import Path

from drumatlas.midi.uart.device import name_of, open_uart
from drumatlas.midi.uart.serial_line import SerialLine


class UartWire:
    """Sends to a UART: see `process.wires.Wire`."""

    absence = "unplugged"

    def __init__(self, device: str) -> None:
        self._device = device
        self._line = SerialLine()
        self._fd = -1

    def open(self) -> str:
        """As Wire says."""
        self._fd = open_uart(self._device, os.O_WRONLY)
        return name_of(self._device)

    def is_there(self) -> bool:
        """As Wire says."""
        return Path(self._device).exists()

    def send(self, data: bytes) -> None:
        """As Wire says."""
        self._line.put(data)

    def pump(self, now_ns: int) -> int | None:
        """As Wire says."""
        data = self._line.take(now_ns)
        if data:
            os.write(self._fd, data)
        return self._line.next_ns()

    def close(self) -> None:
        """As Wire says."""
        self._line.clear()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def leave(self) -> None:
        """Send what waits, then let go."""
        while self._fd >= 0 and (at_ns := self.pump(time.monotonic_ns())) is not None:
            time.sleep(max(at_ns - time.monotonic_ns(), 0) / 1e9)
        self.close()
