"""Pages that send without end, or do not read: each is cut, and said so once; others are served."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import takewhile
from typing import Any

import pytest

from drumatlas.web import client, server
from drumatlas.web import connection_limits as limits
from drumatlas.web.connection_limits import Allowance
from support import raw_websocket as raw

NO_END = {name: Allowance((1e12, 1e12), (1e12, 1e12)) for name in limits.ALLOWANCES}
MEGA = 1 << 20


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as one:
        yield one


@pytest.fixture
def unbounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page sends is not bounded, only what it leaves unread."""
    monkeypatch.setattr(limits, "ALLOWANCES", NO_END)


def is_served(box: Any) -> bool:
    """A file, and a page that hears the box."""
    with box.open() as page:
        page.send('{"ping": 7}')
        messages = iter(lambda: json.loads(page.recv(timeout=10)), None)
        pong = next(message for message in messages if "pong" in message)
    return bool(pong["pong"] == 7 and box.get("/")[0] == 200)


def said_once(box: Any, words: str) -> bool:
    box.wait_for(lambda: any(words in line for line in box.said))
    return sum(words in line for line in box.said) == 1


FLOODS = {
    "pings": raw.frame(raw.PING) * 500,
    "large pings": raw.frame(raw.PING, bytes(125)) * 100,
    "pongs": raw.frame(raw.PONG) * 500,
    "messages": raw.frame(raw.TEXT, b'{"turn": {"x1": 0.5}}') * 100,
    "empty messages": raw.frame(raw.TEXT) * 500,
    "fragments": raw.frame(raw.CONTINUE, b"1", fin=False) * 500,
    "large fragments": raw.frame(raw.CONTINUE, bytes(1000), fin=False) * 20,
}


@pytest.mark.parametrize("kind", FLOODS)
def test_a_page_that_sends_without_end_is_cut(
    box: Any, stack: ExitStack, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    one = stack.enter_context(raw.open_page(box.port))
    if "fragments" in kind:
        one.sendall(raw.frame(raw.TEXT, b"[", fin=False))
    assert raw.push(one, FLOODS[kind], 128 * MEGA) < 64 * MEGA
    assert said_once(box, "a page was cut: ")
    assert is_served(box)
    assert not capfd.readouterr().err  # asyncio warns of each write to who has gone


@pytest.mark.parametrize("kind", FLOODS)
def test_a_page_that_reads_learns_why_it_is_cut(box: Any, stack: ExitStack, kind: str) -> None:
    one = stack.enter_context(raw.open_page(box.port))
    if "fragments" in kind:
        one.sendall(raw.frame(raw.TEXT, b"[", fin=False))
    with suppress(OSError):
        for _ in range(100):
            one.sendall(FLOODS[kind])
    assert raw.close_code(raw.read_all(one)) in {1008, 1009, None}
    assert said_once(box, "a page was cut: ")


def test_few_large_messages_are_cut_by_their_bytes(box: Any, stack: ExitStack) -> None:
    one = stack.enter_context(raw.open_page(box.port))
    message = raw.frame(raw.TEXT, b'"' + bytes(60_000) + b'"')
    assert raw.push(one, message, 128 * MEGA) < 64 * MEGA  # what comes behind is thrown away
    assert said_once(box, "too many bytes")
    assert is_served(box)


def test_data_that_a_page_leaves_unread_is_bounded(
    box: Any, stack: ExitStack, unbounded: None
) -> None:
    one = stack.enter_context(raw.open_page(box.port))
    most = 0

    def waiting() -> int:
        pages = list(box.server._clients)
        return max((page.connection.waiting for page in pages), default=0)

    data = raw.frame(raw.PING, bytes(125)) * 100
    with suppress(OSError):
        for _ in range(128 * MEGA // len(data)):
            one.sendall(data)
            most = max(most, waiting())
        pytest.fail("it may leave all unread")
    assert most <= limits.MOST_WAITING + len(data)
    assert said_once(box, "did not read")
    assert is_served(box)


def test_pages_that_do_not_read_leave_room_for_others(box: Any, stack: ExitStack) -> None:
    for _ in range(server.MOST_PAGES - 1):
        one = stack.enter_context(raw.open_page(box.port))
        one.sendall(raw.frame(raw.TEXT, b'{"listen": true}'))
    box.wait_for(lambda: box.bridge.listeners == server.MOST_PAGES - 1)
    assert is_served(box)
    assert not box.said


def test_a_page_that_stopped_reading_gives_its_place_back(
    box: Any, stack: ExitStack, unbounded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pings wait like all else, so no ping tells that it is gone."""
    monkeypatch.setattr(limits, "STUCK_S", 0.5)
    monkeypatch.setattr(limits, "MOST_WAITING", 1 << 40)
    stack.enter_context(raw.open_page(box.port))
    box.wait_for(lambda: box.bridge.pages == 1)
    one = next(iter(box.server._clients))
    for _ in range(100):
        one.show({"faults": ["x" * 500_000]})
        time.sleep(0.01)
        if one.connection.paused:
            break
    box.wait_for(lambda: box.bridge.pages == 0)
    assert said_once(box, "did not read")


def test_many_slow_readers_of_a_large_file_are_bounded_together(
    box: Any, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_WAITING_TOGETHER", 2 * MEGA)
    assert box.get("/")[0] == 200  # until somebody comes there is no server
    box.server._assets._table["/large"] = server.Content(bytes(MEGA), "text/plain")
    ones = []
    for _ in range(20):
        one = stack.enter_context(socket.socket())
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect(("127.0.0.1", box.port))
        one.sendall(f"GET /large HTTP/1.1\r\nHost: 127.0.0.1:{box.port}\r\n\r\n".encode())
        ones.append(one)
    assert said_once(box, "wait to be read; one page was cut")
    assert is_served(box)


def test_the_kernel_keeps_little_for_a_socket(box: Any, stack: ExitStack) -> None:
    stack.enter_context(raw.open_page(box.port))
    box.wait_for(lambda: box.bridge.pages == 1)
    one = next(iter(box.server._clients)).connection
    kept = one.transport.get_extra_info("socket")
    for way in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        assert kept.getsockopt(socket.SOL_SOCKET, way) <= 256 << 10


def test_a_log_line_about_a_message_is_short(box: Any, reading: Callable[[Any], Any]) -> None:
    with box.open() as page:
        reader = reading(page)
        for what in ({"press": "p" * 8000}, {"go": "9" * 8000}, {"turn": {"k" * 8000: 1}}):
            reader.ask(what)
        reader.until(lambda: sum("said" in message for message in reader.messages) == 3)
    texts = [message["said"]["text"] for message in reader.messages if "said" in message]
    assert all(len(text) <= client.MOST_SAID for text in texts)


def test_pages_together_have_one_allowance_and_the_busiest_goes(
    box: Any, reading: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Allowance((0.001, 1e6), (0.001, 1000.0))
    monkeypatch.setattr(limits, "ALLOWANCES", {**limits.ALLOWANCES, "frames": row})
    monkeypatch.setattr(client, "MESSAGES_AT_ONCE", 1e6)
    with box.open() as calm, box.open() as busy:
        calm_reader = reading(calm)
        calm.send('{"ping": 1}')
        with suppress(Exception):
            for _ in range(3000):
                busy.send('{"listen": false}')
            while True:
                busy.recv(timeout=10)
        assert busy.protocol.close_rcvd is not None
        assert busy.protocol.close_rcvd.code == 1008
        calm_reader.until(lambda: any("pong" in message for message in calm_reader.messages))
        calm.send('{"ping": 2}')
        calm_reader.until(lambda: calm_reader.messages[-1].get("pong") == 2)
    assert said_once(box, "from all pages together")


def test_of_many_that_ask_at_once_no_more_than_allowed_are_open(box: Any, stack: ExitStack) -> None:
    assert box.get("/")[0] == 200  # until somebody comes there is no server
    ones = [stack.enter_context(raw.connect(box.port)) for _ in range(30)]
    request = raw.upgrade(box.port)
    for one in ones:  # all but the last byte, so that they come to their ends together
        one.sendall(request[:-1])
    for one in ones:
        one.sendall(request[-1:])
    most = 0
    deadline = time.monotonic() + 10
    for _ in takewhile(lambda _: time.monotonic() < deadline, iter(int, 1)):
        most = max(most, len(box.server._clients))
        if any("pages" in line for line in box.said):
            break
        time.sleep(0.001)
    assert most <= server.MOST_PAGES
    assert said_once(box, f"over {server.MOST_PAGES} open pages")


def test_a_flood_of_connections_does_not_hold_up_an_open_page(
    box: Any, reading: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch, stack: ExitStack
) -> None:
    """Each one too many has to wait by itself; the server does not."""
    monkeypatch.setattr(limits, "NAP_S", 4.0)
    monkeypatch.setattr(limits, "ARRIVALS_A_SECOND", 0.001)
    with box.open() as page:
        reader = reading(page)
        reader.until(lambda: "run" in reader.state)
        for _ in range(int(limits.ARRIVALS_AT_ONCE) + 20):
            with suppress(OSError):
                stack.enter_context(raw.connect(box.port, timeout=0.2))
        box.wait_for(lambda: any("too many connections" in line for line in box.said))
        for count in range(3):
            reader.ask({"ping": count})
            reader.until(lambda count=count: reader.messages[-1].get("pong") == count, seconds=5)
