"""Requests and messages that the page allows, as many and as fast as possible."""

import contextlib
import json
import socket
import time
from collections import Counter

from websockets.exceptions import ConnectionClosed, InvalidStatus

from support import raw_websocket as raw
from support.page_attacks.visitor import COOKIES, MEGA, page, rounds, status


def pushing(port: int, first: bytes, data: bytes) -> object:
    """Send `data` without end and read nothing, on one page after the other. Return how many pages
    were cut off, and the most megabytes that one of them sent before."""
    sent = []
    for _ in rounds():
        with raw.open_page(port, 20, **COOKIES) as one:
            one.sendall(first)
            sent.append(raw.push(one, data, 100 * MEGA) / MEGA)
    return {"pages": len(sent), "most": max(sent), "served": status(port)}


def pings(port: int) -> object:
    """Send pings without end and read no answer."""
    return pushing(port, b"", raw.frame(raw.PING, bytes(125)) * 500)


def fragments(port: int) -> object:
    """Send one message that never ends."""
    data = raw.frame(raw.CONTINUE, b"1", fin=False) * 5000
    return pushing(port, raw.frame(raw.TEXT, b"[", fin=False), data)


def empty_messages(port: int) -> object:
    """Send empty messages."""
    return pushing(port, b"", raw.frame(raw.TEXT) * 5000)


def costly_song() -> bytes:
    """Return the file that takes longest to read: as many drum notes as 256 KB hold."""
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
    """Open connections as fast as possible; ask for a file on each."""
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


def hands(port: int) -> object:
    """Turn controls, press buttons, ask and keep takes, as fast as a page may."""
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
    """Load the page again and again."""
    count = 0
    for _ in rounds():
        for path in ("/", "/style.css", "/main.js", "/atlas.json", "/points.bin", "/last.mid"):
            status(port, path)
        with page(port) as one:
            one.send('{"listen": true}')
            one.recv(timeout=20)
        count += 1
    return {"loads": count, "served": status(port)}
