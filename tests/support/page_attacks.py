"""What a stranger may do to the page of a box, in a process of its own:

    PYTHONPATH=tests python -m support.page_attacks ATTACK PORT [SECONDS [COOKIE]]

Prints what came of it, one JSON value. With SECONDS it goes on for that long, again and again, and
prints what came of the last time.
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
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from support import raw_websocket as raw

COMMAND = (sys.executable, "-m", "support.page_attacks")
COMMAND_FOLDER = Path(__file__).parents[1]  # where COMMAND runs
MEGA = 1_000_000
SECONDS = 3.0  # that an attack lasts
COOKIES: dict[str, str] = {}  # of one who was let in


def rounds() -> Iterator[int]:
    """0, 1, ... for SECONDS."""
    end = time.monotonic() + SECONDS
    yield from itertools.takewhile(lambda _: time.monotonic() < end, itertools.count())


def status(port: int, path: str = "/", **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={**COOKIES, **headers})
        return connection.getresponse().status


def page(port: int, **changed: object) -> ClientConnection:
    options: dict[str, object] = {
        "origin": f"http://127.0.0.1:{port}",
        "proxy": None,
        "additional_headers": COOKIES,
    }
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
    COOKIES.clear()
    paths = ("/", "/atlas.json", "/?token=", "/?token=0123456789abcde", "/?token=0123456789abcdeX")
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
            # Reserved bits, so that no chance makes it the beginning of a long frame.
            noise = b"\xff" + os.urandom(4000)
            one.socket.sendall((b"\xff\xff\xff\xff", b"\x81\x05hello", noise)[i % 3])
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


def pushing(port: int, first: bytes, data: bytes) -> object:
    """Pages that send `data` without end and read nothing, one after the other: how many were cut,
    and the most megabytes that one was let send."""
    sent = []
    for _ in rounds():
        with raw.open_page(port, 20, **COOKIES) as one:
            one.sendall(first)
            sent.append(raw.push(one, data, 100 * MEGA) / MEGA)
    return {"pages": len(sent), "most": max(sent), "served": status(port)}


def pings(port: int) -> object:
    """Pings without end, whose answers nobody reads."""
    return pushing(port, b"", raw.frame(raw.PING, bytes(125)) * 500)


def fragments(port: int) -> object:
    """One message that never ends."""
    data = raw.frame(raw.CONTINUE, b"1", fin=False) * 5000
    return pushing(port, raw.frame(raw.TEXT, b"[", fin=False), data)


def empty_messages(port: int) -> object:
    """Messages of nothing."""
    return pushing(port, b"", raw.frame(raw.TEXT) * 5000)


def costly_song() -> bytes:
    """As many drum notes as 256 KB hold; it takes longest to read."""
    notes = b"".join(bytes([1, 35 + i % 20, 1 + i % 120]) for i in range(85_000))
    track = b"\0\x99\x24\x40" + notes + b"\0\xff\x2f\0"
    head = b"MThd" + (6).to_bytes(4, "big") + bytes([0, 0, 0, 1, 0, 24])
    return head + b"MTrk" + len(track).to_bytes(4, "big") + track


def drops(port: int) -> object:
    """Drop costly files on a page, on a new connection each time; return the lines the box logs."""
    song = costly_song()
    said: Counter[str] = Counter()
    for _ in rounds():
        with contextlib.suppress(ConnectionClosed, InvalidStatus), page(port) as one:
            for _ in range(2):
                one.send(song)
                for message in map(json.loads, one):
                    if "said" in message:
                        said[message["said"]["text"].split(";")[0].split(":")[0]] += 1
                        break
    return {"said": said, "served": status(port)}


def connections(port: int) -> object:
    """Connections, as fast as they can be made, each of which asks for a file."""
    count = 0
    request = f"GET /main.js HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    kept: list[socket.socket] = []
    for _ in rounds():
        with contextlib.suppress(OSError):
            one = raw.connect(port, 0.3)
            one.sendall(request)
            kept.append(one)
            count += 1
        if len(kept) > 60:
            kept.pop(0).close()
    for one in kept:
        one.close()
    return {"connections": count, "served": status(port)}


def slow_readers(port: int) -> object:
    """30 that ask for files and pages that listen; none of them reads."""
    ones = []
    with contextlib.ExitStack() as stack:
        for i in range(30):
            one = stack.enter_context(socket.socket())
            one.settimeout(20)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", port))
            path = ("points.bin", "main.js", "atlas.json")[i % 3]
            lines = (f"{name}: {value}\r\n" for name, value in COOKIES.items())
            head = f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{''.join(lines)}\r\n"
            one.sendall(head.encode())
        for _ in range(6):
            ones.append(stack.enter_context(raw.open_page(port, 20, **COOKIES)))
            ones[-1].sendall(raw.frame(raw.TEXT, b'{"listen": true}'))
        for _ in rounds():
            time.sleep(0.1)
        return {"served": status(port)}


def half_open(port: int) -> object:
    """Sockets that are about to become pages and stop before their last byte."""
    request = raw.upgrade(port, **COOKIES)[:-1]
    count = 0
    with contextlib.ExitStack() as stack:
        for _ in rounds():
            with contextlib.suppress(OSError):
                one = stack.enter_context(raw.connect(port, 0.3))
                one.sendall(request)
                count += 1
            time.sleep(0.02)
        return {"sockets": count, "served": status(port)}


def hands(port: int) -> object:
    """A page that turns, presses and asks as fast as it may, and keeps takes."""
    said: Counter[str] = Counter()
    with page(port) as one:
        for i in rounds():
            one.send(json.dumps({"turn": {f"x{1 + i % 4}": i * 0.37 % 1, "chaos": i % 7 / 6}}))
            one.send(json.dumps(({"press": "keep"}, {"ping": i}, {"go": i % 4000})[i % 3]))
            with contextlib.suppress(TimeoutError):
                while message := json.loads(one.recv(timeout=0)):
                    said[next(iter(message))] += 1
            time.sleep(0.02)
    return {"said": said, "served": status(port)}


def reloads(port: int) -> object:
    """A page that loads itself again and again."""
    count = 0
    for _ in rounds():
        for path in ("/", "/style.css", "/main.js", "/atlas.json", "/points.bin", "/last.mid"):
            status(port, path)
        with page(port) as one:
            one.send('{"listen": true}')
            one.recv(timeout=20)
        count += 1
    return {"loads": count, "served": status(port)}


ATTACKS: dict[str, Callable[[int], object]] = {
    attack.__name__: attack
    for attack in (
        *(wrong_host, foreign_origin, no_token, large_bodies, large_messages),
        *(slow_loris, garbage_frames, many_sockets, pings, fragments, empty_messages, drops),
        *(connections, slow_readers, half_open, hands, reloads),
    )
}


def main(kind: str, port: str, seconds: str = "0", cookie: str = "") -> None:
    if cookie:
        COOKIES["Cookie"] = cookie
    end = time.monotonic() + float(seconds)
    while True:
        try:
            came_of_it = ATTACKS[kind](int(port))
        except (OSError, ConnectionClosed, InvalidStatus) as error:  # others attack as well
            if float(seconds) == 0:
                raise
            came_of_it = f"{type(error).__name__}: {error}"
            time.sleep(0.1)
        if time.monotonic() >= end:
            break
    print(json.dumps(came_of_it))


if __name__ == "__main__":
    main(*sys.argv[1:])
