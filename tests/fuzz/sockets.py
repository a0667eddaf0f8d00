"""The page's socket, byte by byte, over loopback: frames, fragments, pings, close codes, bits that
only compression may set, and whatever is no frame.

A process of its own serves it as a box does (served.py). What must hold for each input: the
connection ends or stays, in bounded processor time and memory, and the next page is served.
"""

import os
import resource
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from drumatlas.errors import WebError
from fuzz.borders import Border
from fuzz.texts import WEB
from support import raw_websocket as raw

MOST_CPU_S = 0.5  # of the server, for one connection and the page after it
MOST_GROWN = 64 << 20  # bytes of resident memory more than before the first input
_OURS = (1002, 1007, 1008, 1009)  # codes with which a page is cut
_QUIET_S = 0.02  # in which nothing came back: the server has done what it does
_WAIT_S = 10.0

_OPCODES = st.sampled_from([0, 1, 2, 8, 9, 10]) | st.integers(0, 15)
_SIZES = st.sampled_from([0, 1, 2, 125, 126, 127, 4096, 65535, 65536, 300_000])
_CLOSES = st.integers(0, 65535).map(lambda code: code.to_bytes(2, "big")) | st.sampled_from(
    [code.to_bytes(2, "big") + b"bye" for code in (1000, 1001, 1005, 1006, 1015, 3000, 5000)]
)
_TEXTS = WEB.map(lambda text: text.encode("utf-8", "surrogatepass")[:20_000])
_PAYLOADS = st.one_of(
    st.binary(max_size=200),
    _SIZES.map(bytes),
    _CLOSES,
    _TEXTS,
    st.sampled_from([b"\xff\xfe", b"\xed\xa0\x80", b"MThd", b"\xf0\x9f"]),
)
_FRAMES = st.builds(
    raw.frame,
    _OPCODES,
    _PAYLOADS,
    fin=st.booleans(),
    bits=st.sampled_from([0, 0, 0, 0, 1, 2, 4, 7]),
    masked=st.sampled_from([True] * 9 + [False]),
)
_GOOD = _TEXTS.map(lambda text: raw.frame(raw.TEXT, text))
# Heads that promise more than comes, or more than there can be.
_HEADS = st.sampled_from(
    [
        *(b"\x82\xff" + bytes([255] * 8), b"\x82\xff" + bytes([127] + [255] * 7)),
        *(b"\x82\xfe\xff\xff", b"\x81\x80", b"\x89\xfe\x00\x7e", b"\xff" * 14, b"\x00" * 14),
        b"\x82\xff\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00",
    ]
)
_PARTS = st.one_of(_FRAMES, _GOOD, _HEADS, st.binary(max_size=40))
_MOST_BYTES = 2 << 20


def _repeated(frame: bytes, times: int) -> bytes:
    """`frame`, `times` over, as far as _MOST_BYTES go."""
    return (frame * min(times, _MOST_BYTES // len(frame) + 1))[:_MOST_BYTES]


_MANY = st.builds(_repeated, _FRAMES, st.sampled_from([2, 30, 3000, 300_000]))
SOCKETS = st.tuples(
    st.lists(_PARTS | _MANY, max_size=8).map(b"".join),
    st.sampled_from([0, 1, 7, 4096]),  # bytes after which the sender stops for a moment
    st.sampled_from([{}, {}, {"Sec_WebSocket_Extensions": "permessage-deflate"}]),
)


class Served:
    """A server in a process of its own, and what it takes."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("served.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        with raw.open_page(self.port, _WAIT_S) as one:  # loads what there is to load
            one.sendall(raw.frame(raw.TEXT, b'{"listen": true}'))
            time.sleep(1)
        self.at_first = self.memory()

    def memory(self) -> int:
        """Bytes that are resident."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    def busy_s(self) -> float:
        """Processor time so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@cache
def served() -> Served:
    return Served()


def exchange(one: socket.socket, data: bytes, pause_after: int) -> bytes:
    """Send all of it, in two parts; what comes back until nothing does for a moment."""
    heard = b""
    one.settimeout(_QUIET_S)
    with suppress(OSError):
        for part in (data[:pause_after], data[pause_after:]):
            sent = 0
            while sent < len(part):
                with suppress(TimeoutError):
                    sent += one.send(part[sent : sent + (64 << 10)])
                with suppress(TimeoutError):
                    heard += one.recv(64 << 10)
        while piece := one.recv(64 << 10):
            heard += piece
    return heard


def open_page(port: int, headers: dict[str, str]) -> socket.socket:
    """A page's socket, once there is room for one more."""
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            return raw.open_page(port, _WAIT_S, **headers)
        except ConnectionError:
            assert time.monotonic() < deadline, "no page is let in any more"
            time.sleep(0.05)


def take_socket(what: tuple[bytes, int, dict[str, str]]) -> None:
    data, pause_after, headers = what
    box = served()
    began = box.busy_s()
    with open_page(box.port, headers) as one:
        heard = exchange(one, data, pause_after)
    code = raw.close_code(heard)  # of ours, or the other end's own sent back
    with open_page(box.port, {}) as other:
        other.sendall(raw.frame(raw.TEXT, b'{"ping": 7}'))
        answer = b""
        while b'"pong":7' not in answer:
            part = other.recv(64 << 10)
            assert part, "the next page is not answered"
            answer += part
    seconds = box.busy_s() - began
    assert seconds < MOST_CPU_S, f"took {seconds:.2f} s of processor time"
    grown = box.memory() - box.at_first
    assert grown < MOST_GROWN, f"{grown >> 20} MB more than at the start"
    if code in _OURS:
        raise WebError(f"cut with {code}")


SERVED = [Border("web-socket", SOCKETS, take_socket)]
