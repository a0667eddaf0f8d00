"""Requests and messages that are too large, and frames of garbage."""

import contextlib
import os
import socket
from collections import Counter

from websockets.exceptions import ConnectionClosed

from support.page_attacks.visitor import MEGA, closing_code, page, rounds


def large_bodies(port: int) -> object:
    """Send 10 MB in a request. Return the megabytes that were read before each was cut off."""
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
    """Send 10 MB in a message."""
    codes = []
    for _ in rounds():
        with page(port) as one:
            with contextlib.suppress(ConnectionClosed):
                one.send(bytes(10 * MEGA))
            codes.append(closing_code(one))
    return codes


def garbage_frames(port: int) -> object:
    """Send bytes that are not frames, and frames that are not messages of ours."""
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
