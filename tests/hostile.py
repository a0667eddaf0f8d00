"""What a stranger may do to the page of a box, in a process of its own:

    python tests/hostile.py ATTACK PORT

Prints what came of it, one JSON value.
"""

import contextlib
import http.client
import itertools
import json
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

MEGA = 1_000_000
SECONDS = 3.0  # that an attack lasts


def rounds() -> Iterator[int]:
    """0, 1, ... for SECONDS."""
    end = time.monotonic() + SECONDS
    yield from itertools.takewhile(lambda _: time.monotonic() < end, itertools.count())


def status(port: int, path: str = "/", **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status


def page(port: int, **changed: object) -> ClientConnection:
    options: dict[str, object] = {"origin": f"http://127.0.0.1:{port}", "proxy": None}
    return connect(f"ws://127.0.0.1:{port}/ws", **{**options, **changed})  # type: ignore[arg-type]


def closing_code(one: ClientConnection) -> int | None:
    with contextlib.suppress(TimeoutError):
        try:
            while True:
                one.recv(timeout=10)
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 0
    return None


def is_cut(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return one.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def wrong_host(port: int) -> object:
    """A page of a stranger whose name was made to point here."""
    return Counter(status(port, Host="rebound.example") for _ in rounds())


def foreign_origin(port: int) -> object:
    """A page of a stranger opens a WebSocket, and asks for files."""
    origin = "http://evil.example"
    seen: Counter[int] = Counter()
    for _ in rounds():
        seen[status(port, "/last.mid", Origin=origin)] += 1
        try:
            page(port, origin=origin)
        except InvalidStatus as error:
            seen[error.response.status_code] += 1
    return seen


def no_token(port: int) -> object:
    """Somebody in the same network guesses."""
    paths = ("/", "/atlas.json", "/?token=", "/?token=0123456789abcdeX")
    seen: Counter[int] = Counter()
    for i in rounds():
        seen[status(port, paths[i % len(paths)])] += 1
        try:
            page(port)
        except InvalidStatus as error:
            seen[error.response.status_code] += 1
    return seen


def large_bodies(port: int) -> object:
    """10 MB in a request; megabytes that were taken until it was cut, each time."""
    taken = []
    for _ in rounds():
        with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
            # What the kernel would buffer for a server that reads nothing.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 << 10)
            head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {10 * MEGA}"
            sent = 0
            with contextlib.suppress(OSError):
                one.sendall(f"{head}\r\n\r\n".encode())
                while sent < 10 * MEGA:
                    sent += one.send(bytes(64 << 10))
            taken.append(sent / MEGA)
    return taken


def large_messages(port: int) -> object:
    """10 MB in a message."""
    codes = []
    for _ in rounds():
        with page(port) as one:
            with contextlib.suppress(ConnectionClosed):
                one.send(bytes(10 * MEGA))
            codes.append(closing_code(one))
    return codes


def slow_loris(port: int) -> object:
    """40 requests of a byte a tenth of a second; how many are cut, and whether others come in."""
    ones = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(40)]
    text = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX: ".encode() + b"a" * 1000
    cut: set[int] = set()
    meanwhile = 0
    end = time.monotonic() + 8
    for i in range(len(text)):
        for index, one in enumerate(ones):
            if index not in cut and is_cut(one):
                cut.add(index)
            with contextlib.suppress(OSError):
                one.send(text[i : i + 1])
        if i == 20:
            meanwhile = status(port)
        if time.monotonic() > end or len(cut) == len(ones):
            break
        time.sleep(0.1)
    return {"cut": len(cut), "meanwhile": meanwhile}


def garbage_frames(port: int) -> object:
    """What is no frame, and what is no message of ours."""
    codes: Counter[int | None] = Counter()
    for i in rounds():
        with page(port) as one:
            one.socket.sendall((b"\xff\xff\xff\xff", b"\x81\x05hello", os.urandom(4000))[i % 3])
            codes[closing_code(one)] += 1
    for _ in range(3):
        with page(port) as one:
            with contextlib.suppress(ConnectionClosed):
                for _ in range(200):
                    one.send("[" * 3000)
            codes[closing_code(one)] += 1
    return codes


def many_sockets(port: int) -> object:
    """200 at once; how many are cut, and what somebody gets who comes then."""
    ones = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(200)]
    time.sleep(2)
    with page(port, open_timeout=20) as other:
        is_told = "state" in json.loads(other.recv(timeout=20))
    return {"cut": sum(map(is_cut, ones)), "told": is_told, "status": status(port)}


ATTACKS: dict[str, Callable[[int], object]] = {
    attack.__name__: attack
    for attack in (
        *(wrong_host, foreign_origin, no_token, large_bodies, large_messages),
        *(slow_loris, garbage_frames, many_sockets),
    )
}

if __name__ == "__main__":
    print(json.dumps(ATTACKS[sys.argv[1]](int(sys.argv[2]))))
