"""Watch the sockets between this process and a sound server (JACK, or PipeWire in its place).

RtMidi does not report that a server has ended. Its client goes on without effect: messages vanish,
and the list of ports, which is read from shared memory, stays the same. The only sign is that the
server's end of the client's socket is closed.
"""

import contextlib
import os
import re
import select
import socket
import stat
from pathlib import Path
from typing import NamedTuple

UNPLUGGED = "unplugged"
SERVER_ENDED = f"{UNPLUGGED} (the JACK server has ended)"

_DESCRIPTORS = Path("/dev/fd")  # those of this process, on Linux and macOS
# Prefixes of the sockets that servers listen on: /dev/shm/jack_default_1000_0, /run/.../pipewire-0.
_SERVERS = ("jack_", "pipewire-")
_ANSWER_S = 0.1


# JACK 2 calls a client back on a socket with the client's name: /dev/shm/jack_drumatlas-01_1000_0.
_CLIENT = re.compile(r"jack_(.+)_\d+_\d+$")


class _Socket(NamedTuple):
    descriptor: int
    inode: int
    peer: str  # the path that it is connected to; "" if the server connected to us
    own: str  # the path that it was accepted at; "" if we connected


def _identify(descriptor: int) -> _Socket | None:
    """Return the socket if it connects us with a sound server, else None."""
    status = os.fstat(descriptor)
    if not stat.S_ISSOCK(status.st_mode):
        return None
    with socket.socket(fileno=os.dup(descriptor)) as one:
        peer, own = (
            # Only Unix sockets have a path as address.
            address if isinstance(address, str) else ""
            for address in (one.getpeername(), one.getsockname())
        )
    is_server = Path(peer or own).name.startswith(_SERVERS)
    return _Socket(descriptor, status.st_ino, peer, own) if is_server else None


def server_sockets() -> frozenset[_Socket]:
    """Return this process' sockets to sound servers; none if the system does not list them."""
    found: set[_Socket] = set()
    with contextlib.suppress(OSError):
        for entry in _DESCRIPTORS.iterdir():
            with contextlib.suppress(OSError):  # closed in between, or not connected
                one = _identify(int(entry.name))
                if one:
                    found.add(one)
    return frozenset(found)


class ServerConnection:
    """A client's sockets to its server: those that opening the client added to `server_sockets`.

    There are none for systems without a server (ALSA's sequencer, CoreMIDI).
    """

    def __init__(self, sockets: frozenset[_Socket] = frozenset()) -> None:
        self._sockets = sockets

    @property
    def has_hung_up(self) -> bool:
        """Whether the server has ended or has dropped the client."""
        return any(not _is_connected(one) for one in self._sockets)

    @property
    def answers(self) -> bool:
        """Whether a server listens again where the last one did.

        Trying to open a client instead would take a hundred times as long.
        """
        return all(_listens(one.peer) for one in self._sockets if one.peer)

    @property
    def client_name(self) -> str:
        """The name that the server gave the client; "" if it is unknown.

        The server may have appended a free number. People and programs remember connections by this
        name, so the next client asks for the same.
        """
        found = (_CLIENT.match(Path(one.own).name) for one in self._sockets if not one.peer)
        return next((match[1] for match in found if match), "")


def _is_connected(one: _Socket) -> bool:
    try:
        if os.fstat(one.descriptor).st_ino != one.inode:
            return False  # the client's library has closed the socket
    except OSError:
        return False
    poll = select.poll()
    poll.register(one.descriptor, 0)  # poll(2) always reports a hang-up
    return not poll.poll(0)


def _listens(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(_ANSWER_S)
        try:
            caller.connect(address)
        except OSError:
            return False
    return True
