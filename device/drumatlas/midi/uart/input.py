"""MIDI in from a UART; messages are stamped when their last byte is read. Linux only."""

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from drumatlas.errors import PortError
from drumatlas.midi.parser import Parser
from drumatlas.midi.uart.device import name_of, open_uart
from drumatlas.realtime import request_realtime

_LOOK_S = 0.5  # how often a device that is gone is looked for


class UartInput:
    """Hears a UART; gives each message's bytes and arrival (monotonic ns) to `take`, from a thread
    of its own. With `waits` the device need not be there yet."""

    def __init__(
        self, device: str, take: Callable[[bytes, int], None], waits: bool = False
    ) -> None:
        self._device = device
        self.name, self.fault = name_of(device), ""
        self._take = take
        self._fd = -1
        self._parser = Parser()
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
        request_realtime()  # the first clock after Start takes its notes with it
        while True:
            if self._fd < 0:
                self._open_again()
            heard = [self._ends] if self._fd < 0 else [self._ends, self._fd]
            ready = select.select(heard, [], [], _LOOK_S)[0]
            if self._ends in ready:
                return
            if ready and not self._hear():
                self._lose()

    def _hear(self) -> bool:
        """Read what is there; False if the device is gone."""
        try:
            data = os.read(self._fd, 256)
        except BlockingIOError:
            return True
        except OSError:
            return False
        now_ns = time.monotonic_ns()
        for message in self._parser.feed(data):
            self._take(message, now_ns)
        return bool(data)

    def _open_again(self) -> None:
        with suppress(PortError):  # it is told as lost, and looked for again
            self._fd = open_uart(self._device, os.O_RDONLY)
            self._parser, self.fault = Parser(), ""

    def _lose(self) -> None:
        os.close(self._fd)
        self._fd = -1
        self.fault = f"{self.name}: unplugged"

    def close(self) -> None:
        """Let go of the device."""
        os.close(self._end)
        self._thread.join(timeout=2)
        os.close(self._ends)
        if self._fd >= 0:
            os.close(self._fd)
