"""A client of the page: it asks for files, opens WebSockets, and sees how they are closed."""

import contextlib
import http.client
import itertools
import time
from collections.abc import Iterator

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

MEGA = 1_000_000
SECONDS = 3.0  # that an attack lasts
COOKIES: dict[str, str] = {}  # of one who was let in


def rounds() -> Iterator[int]:
    """Count 0, 1, ... for SECONDS."""
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
