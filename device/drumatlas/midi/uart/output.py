"""A UART as a destination of the child process. Linux only."""

import os
import time
from pathlib import Path

from drumatlas.midi.uart.device import name_of, open_uart
from drumatlas.midi.uart.serial_line import SerialLine


class UartDestination:
    """Sends to a UART: see `process.destination.Destination`."""

    absence = "unplugged"

    def __init__(self, device: str) -> None:
        self._device = device
        self._line = SerialLine()
        self._fd = -1

    def open(self) -> str:
        """See `Destination`."""
        self._fd = open_uart(self._device, os.O_WRONLY)
        return name_of(self._device)

    def is_there(self) -> bool:
        """See `Destination`."""
        return Path(self._device).exists()

    def send(self, data: bytes) -> None:
        """See `Destination`."""
        self._line.put(data)

    def pump(self, now_ns: int) -> int | None:
        """See `Destination`."""
        data = self._line.take(now_ns)
        if data:
            os.write(self._fd, data)
        return self._line.next_ns()

    def close(self) -> None:
        """See `Destination`."""
        self._line.clear()
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def leave(self) -> None:
        """Send the bytes that are waiting, then close the device."""
        while self._fd >= 0 and (at_ns := self.pump(time.monotonic_ns())) is not None:
            time.sleep(max(at_ns - time.monotonic_ns(), 0) / 1e9)
        self.close()
