"""The sockets between this process and a sound server (JACK's, or PipeWire in its place).

RtMidi does not report that a server has ended. Its client goes on without effect: messages vanish,
and the list of ports, which is read from memory that both shared, stays as it was. What shows it is
that the server's end of the client's socket is closed.
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

_OPEN = Path("/dev/fd")  # the descriptors of this process, on Linux and macOS
# Names of the sockets that servers listen on: /dev/shm/jack_default_1000_0, /run/.../pipewire-0.
_SERVERS = ("jack_", "pipewire-")
_ANSWER_S = 0.1


# JACK 2 calls a client back on a socket with the client's name: /dev/shm/jack_drumatlas-01_1000_0.
_CLIENT = re.compile(r"jack_(.+)_\d+_\d+$")


class _Socket(NamedTuple):
    descriptor: int
    inode: int
    peer: str  # the path that it was connected to; "" at the other end
    own: str  # the path that it was accepted at


def _identify(descriptor: int) -> _Socket | None:
    """Return the socket if it is one to or from a sound server."""
    status = os.fstat(descriptor)
    if not stat.S_ISSOCK(status.st_mode):
        return None
    with socket.socket(fileno=os.dup(descriptor)) as one:
        peer, own = (
            # Only sockets within the machine have a path as address.
            address if isinstance(address, str) else ""
            for address in (one.getpeername(), one.getsockname())
        )
    is_server = Path(peer or own).name.startswith(_SERVERS)
    return _Socket(descriptor, status.st_ino, peer, own) if is_server else None


def server_sockets() -> frozenset[_Socket]:
    """Return this process' sockets to sound servers; none where the system does not list them."""
    found: set[_Socket] = set()
    with contextlib.suppress(OSError):
        for entry in _OPEN.iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile, or not connected
                one = _identify(int(entry.name))
                if one:
                    found.add(one)
    return frozenset(found)


class ServerLine:
    """A client's sockets to its server: what opening it added to `server_sockets`. None for systems
    without a server (ALSA's sequencer, CoreMIDI)."""

    def __init__(self, sockets: frozenset[_Socket] = frozenset()) -> None:
        self._sockets = sockets

    @property
    def has_hung_up(self) -> bool:
        """Whether the server has ended, or has dropped the client."""
        return any(not _is_connected(one) for one in self._sockets)

    @property
    def answers(self) -> bool:
        """Whether a server can be had again where the last one was. An attempt to open a client
        costs a hundred times as much."""
        return all(_listens(one.peer) for one in self._sockets if one.peer)

    @property
    def client_name(self) -> str:
        """The name that the server gave the client, which may have a number that was free then;
        "" if it can't be known. Connections are remembered by this name, by people and programs."""
        found = (_CLIENT.match(Path(one.own).name) for one in self._sockets if not one.peer)
        return next((match[1] for match in found if match), "")


def _is_connected(one: _Socket) -> bool:
    try:
        if os.fstat(one.descriptor).st_ino != one.inode:
            return False  # the client's library has closed it
    except OSError:
        return False
    poll = select.poll()
    poll.register(one.descriptor, 0)  # being hung up is reported without being asked for
    return not poll.poll(0)


def _listens(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.settimeout(_ANSWER_S)
        try:
            caller.connect(address)
        except OSError:
            return False
    return True
