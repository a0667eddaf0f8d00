"""Connections that stay open without finishing their request, or without reading."""

import contextlib
import json
import socket
import time

from support import raw_websocket as raw
from support.page_attacks.visitor import COOKIES, page, rounds, status


def is_cut(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        return one.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def slow_loris(port: int) -> object:
    """Send 40 requests, a byte each tenth of a second. Return how many were cut off, and the status
    that another visitor got meanwhile."""
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


def many_sockets(port: int) -> object:
    """Open 200 at once. Return how many were cut off, and whether a newcomer is served."""
    ones = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(200)]
    time.sleep(2)
    with page(port, open_timeout=20) as other:
        has_state = "state" in json.loads(other.recv(timeout=20))
    return {"cut": sum(map(is_cut, ones)), "has_state": has_state, "status": status(port)}


def slow_readers(port: int) -> object:
    """Ask for files on 30 connections, listen on 6 pages, and read from none of them."""
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
    """Ask for WebSockets, and leave out the last byte of each request."""
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
