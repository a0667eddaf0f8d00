"""Reports to systemd by the datagrams of sd_notify(3): ready, status, reloading, watchdog.

The slow loop does all of it; the performing thread only leaves a mark (`Pulse`).
"""

import os
import socket
import time
from collections.abc import Callable, Mapping

from drumatlas.engine import Engine
from drumatlas.play.performer import Pulse
from drumatlas.service.status import headline

# The performing thread hands over every 20 ms. One that was silent for that long hangs.
FRESH_NS = 1_000_000_000
STATUS_NS = 1_000_000_000  # a changed status is sent at most this often


class SdNotify:
    """Sends to the socket at `address`: a path, or '@' and a name for an abstract one. With ''
    it sends nothing. It never blocks and never raises: the beat does not wait for a manager."""

    def __init__(self, address: str) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket: socket.socket | None = None
        if address and hasattr(socket, "AF_UNIX"):
            try:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            except OSError:
                self._socket = None

    def send(self, *lines: str) -> bool:
        """One datagram of VARIABLE=VALUE lines; whether it was taken."""
        if self._socket is None:
            return False
        try:
            self._socket.sendto("\n".join(lines).encode(), self._address)
        except (OSError, ValueError):  # ValueError: a path with a zero byte in it
            return False
        return True

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def watchdog_ns(environment: Mapping[str, str], pid: int) -> int:
    """Return the watchdog's period in ns ($WATCHDOG_USEC); 0 where systemd does not watch, or
    watches another process ($WATCHDOG_PID): sd_watchdog_enabled(3)."""
    usec = environment.get("WATCHDOG_USEC", "")
    if not (usec.isascii() and usec.isdigit()):
        return 0
    return int(usec) * 1000 if environment.get("WATCHDOG_PID", str(pid)) == str(pid) else 0


class SystemdReporter:
    """Reports the state of the box to the service manager: a part of the slow loop.

    READY=1 follows the first hand-over of messages. WATCHDOG=1 is sent four times in a watchdog's
    period, and only while the performing thread's `pulse` is fresh; that it is sent at all shows
    that the slow loop lives.
    """

    def __init__(
        self, engine: Engine, pulse: Pulse, notifier: SdNotify, watchdog_ns: int = 0
    ) -> None:
        self._engine, self._pulse, self._notifier = engine, pulse, notifier
        self._feed_ns = watchdog_ns // 4
        self._fresh_ns = min(FRESH_NS, watchdog_ns // 2)
        self._fed_ns = self._told_ns = 0
        self._told = ""
        self._is_ready = False

    @classmethod
    def of_environment(cls, engine: Engine, pulse: Pulse) -> "SystemdReporter":
        """Make one from systemd's environment variables; without them it sends nothing."""
        notifier = SdNotify(os.environ.get("NOTIFY_SOCKET", ""))
        return cls(engine, pulse, notifier, watchdog_ns(os.environ, os.getpid()))

    def tick(self, now_ns: int) -> None:
        """From the slow loop."""
        if not self._pulse.at_ns:
            return
        if not self._is_ready:
            self._is_ready = self._notifier.send("READY=1")
        if self._feed_ns and now_ns - self._fed_ns >= self._feed_ns:
            self._feed(now_ns)
        if now_ns - self._told_ns >= STATUS_NS:
            self._told_ns = now_ns
            self._tell()

    def _feed(self, now_ns: int) -> None:
        if now_ns - self._pulse.at_ns <= self._fresh_ns and self._notifier.send("WATCHDOG=1"):
            self._fed_ns = now_ns

    def _tell(self) -> None:
        status = headline(self._engine)
        if status != self._told and self._notifier.send(f"STATUS={status}"):
            self._told = status

    def reloading(self, reload: Callable[[], None]) -> Callable[[], None]:
        """Return `reload`, announced to systemd before and after."""

        def announced() -> None:
            self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
            try:
                reload()
            finally:
                self._notifier.send("READY=1")

        return announced

    def close(self) -> None:
        """The end has begun."""
        self._notifier.send("STOPPING=1")
        self._notifier.close()
