"""Report to systemd with the datagrams of sd_notify(3): ready, status, reloading, watchdog.

The slow loop sends them all; the performing thread only updates its `Pulse`.
"""

import os
import socket
import time
from collections.abc import Callable, Mapping

from drumatlas.engine import Engine
from drumatlas.play.performer import Pulse
from drumatlas.service.status import headline

# The performing thread sends messages every 20 ms. If it was silent for this long, it hangs.
FRESH_NS = 1_000_000_000
STATUS_NS = 1_000_000_000  # a changed status is sent at most this often


class SdNotify:
    """Sends to the socket at `address`: a path, or '@' and a name for an abstract socket.

    With '' it sends nothing. It never blocks or raises, so the beat never waits for systemd.
    """

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
        """Send one datagram of VARIABLE=VALUE lines; return whether it was accepted."""
        if self._socket is None:
            return False
        try:
            self._socket.sendto("\n".join(lines).encode(), self._address)
        except (OSError, ValueError):  # ValueError: a path with a zero byte in it
            return False
        return True

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def watchdog_ns(environment: Mapping[str, str], pid: int) -> int:
    """Return the watchdog's period in ns ($WATCHDOG_USEC).

    It is 0 if systemd watches no process or another one ($WATCHDOG_PID): sd_watchdog_enabled(3).
    """
    usec = environment.get("WATCHDOG_USEC", "")
    if not (usec.isascii() and usec.isdigit()):
        return 0
    return int(usec) * 1000 if environment.get("WATCHDOG_PID", str(pid)) == str(pid) else 0


class SystemdReporter:
    """A part of the slow loop that reports the box's status to systemd.

    READY=1 is sent after the first messages were sent to the port. WATCHDOG=1 is sent four times
    per period of the watchdog, which shows that the slow loop is running, and only while the
    performing thread's `pulse` is recent.
    """

    def __init__(
        self, engine: Engine, pulse: Pulse, notifier: SdNotify, watchdog_ns: int = 0
    ) -> None:
        self._engine, self._pulse, self._notifier = engine, pulse, notifier
        self._feed_ns = watchdog_ns // 4
        self._fresh_ns = min(FRESH_NS, watchdog_ns // 2)
        self._fed_ns = self._status_ns = 0
        self._status = ""
        self._is_ready = False

    @classmethod
    def of_environment(cls, engine: Engine, pulse: Pulse) -> "SystemdReporter":
        """Make one from systemd's environment variables; without them it sends nothing."""
        notifier = SdNotify(os.environ.get("NOTIFY_SOCKET", ""))
        return cls(engine, pulse, notifier, watchdog_ns(os.environ, os.getpid()))

    def tick(self, now_ns: int) -> None:
        """Send the notifications that are due."""
        if not self._pulse.at_ns:
            return
        if not self._is_ready:
            self._is_ready = self._notifier.send("READY=1")
        if self._feed_ns and now_ns - self._fed_ns >= self._feed_ns:
            self._feed(now_ns)
        if now_ns - self._status_ns >= STATUS_NS:
            self._status_ns = now_ns
            self._send_status()

    def _feed(self, now_ns: int) -> None:
        if now_ns - self._pulse.at_ns <= self._fresh_ns and self._notifier.send("WATCHDOG=1"):
            self._fed_ns = now_ns

    def _send_status(self) -> None:
        status = headline(self._engine)
        if status != self._status and self._notifier.send(f"STATUS={status}"):
            self._status = status

    def reloading(self, reload: Callable[[], None]) -> Callable[[], None]:
        """Return a function that calls `reload` and tells systemd before and after."""

        def announced() -> None:
            self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
            try:
                reload()
            finally:
                self._notifier.send("READY=1")

        return announced

    def close(self) -> None:
        """Report that the box is stopping, and close the socket."""
        self._notifier.send("STOPPING=1")
        self._notifier.close()
