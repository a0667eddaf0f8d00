"""A MIDI input from a UART; messages are stamped when their last byte is read. Linux only."""

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from drumatlas.errors import PortError
from drumatlas.midi.parser import MessageParser
from drumatlas.midi.uart.device import name_of, open_uart
from drumatlas.realtime import request_realtime

_RETRY_S = 0.5  # between attempts to open a device that is gone


class UartInput:
    """Listens to a UART.

    A thread calls `on_message` with each message and its arrival (monotonic ns). Raises PortError
    if the device can't be opened; with `waits`, it is waited for.
    """

    def __init__(
        self, device: str, on_message: Callable[[bytes, int], None], waits: bool = False
    ) -> None:
        self._device = device
        self.name, self.fault = name_of(device), ""
        self._on_message = on_message
        self._fd = -1
        self._parser = MessageParser()
        try:
            self._fd = open_uart(device, os.O_RDONLY)
        except PortError as error:
            if not waits:
                raise
            self.fault = str(error)
        self._ends, self._end = os.pipe()
        self._thread = threading.Thread(target=self._run, name="midi-in", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        request_realtime()  # the notes of the first clock after Start are due as it arrives
        while True:
            if self._fd < 0:
                self._open_again()
            descriptors = [self._ends] if self._fd < 0 else [self._ends, self._fd]
            ready = select.select(descriptors, [], [], _RETRY_S)[0]
            if self._ends in ready:
                return
            if ready and not self._read():
                self._lose()

    def _read(self) -> bool:
        """Read the bytes that have arrived; return False if the device is gone."""
        try:
            data = os.read(self._fd, 256)
        except BlockingIOError:
            return True
        except OSError:
            return False
        now_ns = time.monotonic_ns()
        for message in self._parser.feed(data):
            self._on_message(message, now_ns)
        return bool(data)

    def _open_again(self) -> None:
        with suppress(PortError):  # the fault stays, and the next turn tries again
            self._fd = open_uart(self._device, os.O_RDONLY)
            self._parser, self.fault = MessageParser(), ""

    def _lose(self) -> None:
        os.close(self._fd)
        self._fd = -1
        self.fault = f"{self.name}: unplugged"

    def close(self) -> None:
        """End the thread and close the device."""
        os.close(self._end)
        self._thread.join(timeout=2)
        os.close(self._ends)
        if self._fd >= 0:
            os.close(self._fd)
