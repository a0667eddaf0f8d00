"""The server over real sockets: everything that must not come in, or not so much of it."""

import contextlib
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from drumatlas.explore.controls import Change, Press
from drumatlas.web import client, connection_limits, server

TOKEN = "0123456789abcdef"


def is_alive(box: Any) -> bool:
    """The beat goes on, and a page is served."""
    before = box.engine.sequencer.horizon_ns
    box.wait_for(lambda: box.engine.sequencer.horizon_ns > before)
    return bool(box.get("/")[0] == 200)


def test_a_foreign_host_is_refused_once_logged(box: Any) -> None:
    for _ in range(3):
        assert box.get("/", headers={"Host": "rebound.example"})[0] == 421
        assert box.get("/atlas.json", headers={"Host": f"10.0.0.1:{box.port}"})[0] == 421
    assert box.get("/", headers={"Host": f"localhost:{box.port}"})[0] == 200
    box.wait_for(lambda: box.said)
    assert box.said == ["page: refused a foreign Host from 127.0.0.1"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", None])
def test_a_foreign_origin_gets_no_socket(box: Any, origin: str | None) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        box.open(origin=origin)
    assert box.engine.explorer.frozen is False


def test_a_foreign_page_gets_no_file(box: Any) -> None:
    assert box.get("/last.mid", headers={"Origin": "http://evil.example"})[0] == 403
    cross = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert box.get("/atlas.json", headers=cross)[0] == 403
    assert box.get("/", headers={**cross, "Sec-Fetch-Mode": "navigate"})[0] == 200


def test_without_the_token_every_request_is_refused(
    boxes: Callable[..., Any], reading: Callable[[Any], Any]
) -> None:
    box = boxes(token=TOKEN)
    wrong = ["", "wrong", TOKEN + "x", TOKEN.swapcase(), *(TOKEN[:i] for i in range(1, 16))]
    for path in ("/", "/atlas.json", *(f"/?token={one}" for one in wrong)):
        assert box.get(path)[0] == 403
    with pytest.raises(InvalidStatus, match="403"):
        box.open()
    status, headers, _ = box.get(f"/?token={TOKEN}")
    assert status == 200
    session, *about = headers["set-cookie"].split("; ")
    assert set(about) == {"HttpOnly", "SameSite=Strict", "Path=/"}
    name, value = session.split("=")
    assert name == f"drumatlas-{box.port}"
    assert TOKEN not in value
    own = {"Cookie": session}
    assert box.get("/atlas.json", headers=own)[0] == 200
    assert "set-cookie" not in box.get(f"/?token={TOKEN}", headers=own)[1]
    for wrong in (f"{name}={value[:-1]}", f"{name}={value}x", f"{name}={TOKEN}", f"x={value}"):
        assert box.get("/atlas.json", headers={"Cookie": wrong})[0] == 403
        with pytest.raises(InvalidStatus, match="403"):
            box.open(additional_headers={"Cookie": wrong})
    with box.open(additional_headers=own) as page:
        reader = reading(page)
        reader.until(lambda: "run" in reader.state)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_other_methods_are_refused(box: Any, method: str) -> None:
    assert box.get("/", method)[0] == 405


def test_large_bodies_are_cut(box: Any) -> None:
    with box.raw() as socket:
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{box.port}\r\nContent-Length: 10000000"
        socket.sendall(f"{head}\r\n\r\n".encode())
        with pytest.raises(OSError):
            for _ in range(100):
                socket.sendall(bytes(100_000))
                time.sleep(0.01)
    assert is_alive(box)


def test_large_headers_and_garbage_are_cut(box: Any) -> None:
    head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{box.port}\r\n".encode()
    for data in (
        head + b"X: " + bytes(b"a" * 5000) * 10,
        b"GET /" + b"a" * 100_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\n",  # TLS
        bytes(range(256)) * 100,
        b"\n\n\n\n",
    ):
        with box.raw() as socket:
            answer = b""
            with contextlib.suppress(OSError):
                socket.sendall(data)
                while part := socket.recv(4096):
                    answer += part
            assert b" 200 " not in answer
    assert is_alive(box)


def test_a_slow_request_is_cut(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "OPEN_S", 0.5)
    began = time.monotonic()
    with box.raw() as socket:
        socket.settimeout(0.1)
        line = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{box.port}\r\nX: ".encode()
        with pytest.raises(OSError):
            while time.monotonic() - began < 8:
                socket.sendall(line[:1] or b"a")
                line = line[1:]
                try:
                    if socket.recv(1) == b"":
                        raise OSError("cut")
                except TimeoutError:
                    pass
    assert time.monotonic() - began < 5
    box.wait_for(lambda: any("never ended" in line for line in box.said))
    assert is_alive(box)


def test_200_sockets_leave_room_for_a_page(
    box: Any, reading: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_limits, "NAP_S", 0.001)
    sockets = [box.raw() for _ in range(200)]
    try:
        with box.open(open_timeout=20) as page:
            reader = reading(page)
            reader.until(lambda: "run" in reader.state)
            assert is_alive(box)
        sockets[0].settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert sockets[0].recv(1) == b""  # the oldest was cut
    finally:
        for socket in sockets:
            socket.close()
    assert len([line for line in box.said if "sockets" in line]) == 1


def test_pages_are_counted(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_PAGES", 2)
    with box.open(), box.open(), pytest.raises(InvalidStatus, match="503"):
        box.open()
    box.wait_for(lambda: box.bridge.pages == 0)
    with box.open():
        pass


def expect_cut(page: Any, code: int) -> None:
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            page.recv(timeout=10)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == code


def test_messages_that_are_too_large_cut_the_page(box: Any) -> None:
    with box.open() as page:
        page.send(bytes(10_000_000))
        expect_cut(page, 1009)
    with box.open() as page:
        page.send(json.dumps({"press": "p" * 20_000}))
        assert "at most" in next(
            message["said"]["text"]
            for message in iter(lambda: json.loads(page.recv(timeout=10)), None)
            if "said" in message
        )
    assert is_alive(box)


def test_garbage_frames_cut_the_page(box: Any) -> None:
    for garbage in (b"\xff\xff\xff\xff", b"\x81\x05hello", b"\x83\x80\x00\x00\x00\x00"):
        with box.open() as page:
            page.socket.sendall(garbage)
            expect_cut(page, 1002)
    box.wait_for(lambda: any("a page was cut" in line for line in box.said))
    assert is_alive(box)


def test_bad_messages_are_answered_then_cut(box: Any) -> None:
    with box.open() as page:
        for i in range(client.MOST_BAD + 1):
            page.send(
                ["[" * 3000, "{}", '{"turn": {"x1": 1e400}}', '{"go": 1' + "0" * 400 + "}"][i % 4]
            )
        expect_cut(page, 1008)
    assert len([line for line in box.said if "can't be read" in line]) <= 1
    assert is_alive(box)


def test_a_page_that_sends_too_much_is_cut(box: Any) -> None:
    with box.open() as page:
        try:
            for i in range(2000):
                page.send(json.dumps({"turn": {"x1": i / 2000}}))
        except ConnectionClosed:
            pass
        expect_cut(page, 1008)
    assert is_alive(box)


def test_a_page_that_does_not_read_is_left_behind(box: Any) -> None:
    """Views wait for it as one, so it costs no memory; the others go on."""
    with box.open() as slow:
        slow.send('{"listen": true}')
        box.wait_for(lambda: box.bridge.listeners == 1)
        one = next(iter(box.server._clients))
        for _ in range(3000):
            one.show({"faults": ["x" * 1000]})
            one.play([None, [1, 2, 3]])
        assert len(one._notes) <= 64
        assert len(one._state) <= 20
        assert is_alive(box)


def test_downloads_are_rationed(box: Any) -> None:
    assert 429 in {box.get("/beat.mid")[0] for _ in range(8)}


def test_responses_name_no_server_software(box: Any) -> None:
    assert "server" not in box.get("/")[1]
    assert not re.search(rb"websockets|Python", box.get("/nothing")[2])


def test_takes_that_pages_save_are_rationed_over_all_pages(
    box: Any, reading: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "KEEPS_A_SECOND", 1e-6)
    kept: list[Change] = []  # nothing else is pressed
    box.engine.listeners.append(kept.append)
    for _ in range(3):
        with box.open() as page:
            for _ in range(50):
                page.send('{"press": "keep"}')
            page.send('{"ping": 1}')
            reader = reading(page)
            reader.until(lambda r=reader: any("pong" in message for message in r.messages))
    assert any("too many takes" in m["said"]["text"] for m in reader.messages if "said" in m)
    box.wait_for(lambda: len(kept) >= server.KEEPS_AT_ONCE)
    box.engine.handle(Press("keep"), time.monotonic_ns())  # the box's own button is not rationed
    assert len(kept) == server.KEEPS_AT_ONCE + 1
