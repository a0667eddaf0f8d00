"""The server over real sockets: a page that works, and everything that must not."""

import contextlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mido
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from drumatlas.atlas.model import Atlas
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.search import Places
from drumatlas.web import client, gate, server
from drumatlas.web.site import Site, points_bytes

TOKEN = "0123456789abcdef"


def is_alive(box: Any) -> bool:
    """The beat goes on, and a page is served."""
    before = box.engine.sequencer.horizon_ns
    box.wait_for(lambda: box.engine.sequencer.horizon_ns > before)
    return bool(box.get("/")[0] == 200)


def test_files_come_with_a_strict_policy(box: Any) -> None:
    status, headers, body = box.get("/")
    assert status == 200
    assert body.startswith(b"<!doctype html>")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert box.get("/", "HEAD")[2] == b""
    assert json.loads(box.get("/atlas.json")[2])["points"] == 4000


@pytest.mark.parametrize(
    "path",
    ["/../server.py", "/..%2fserver.py", "/page/../../errors.py", "//etc/passwd", "/index.html/",
     "/%2e%2e/", "/.", "/server.py", "/nothing", "http://127.0.0.1/../server.py"],
)  # fmt: skip
def test_nothing_but_the_pages_files_is_served(box: Any, path: str) -> None:
    status, _, body = box.get(path)
    assert status == 404
    assert b"import" not in body


def test_a_page_sees_the_box_and_moves_it(
    box: Any, reading: Callable[[Any], Any], atlas: Atlas
) -> None:
    with box.open() as page:
        reader = reading(page)
        reader.until(lambda: "run" in reader.state)
        assert set(reader.state["values"]) == set(box.engine.explorer.values)
        assert reader.state["run"]["playing"]
        reader.ask({"turn": {"map_x": 0.25, "map_y": 0.75}})
        reader.until(lambda: reader.state["values"]["map_y"] == 0.75)
        reader.until(lambda: (reader.state["here"]["x"], reader.state["here"]["y"]) == (0.25, 0.75))
        z = np.array(reader.state["here"]["z"], np.float32)
        there = list(Places(atlas).at(z).code)
        reader.until(lambda: reader.state["beat"]["code"] == there)
        reader.ask({"press": "freeze"})
        reader.until(lambda: reader.state["flags"]["frozen"])


def test_a_point_of_the_map_is_gone_to_and_undone(
    box: Any, reading: Callable[[Any], Any], atlas: Atlas
) -> None:
    with box.open() as page:
        reader = reading(page)
        reader.until(lambda: "here" in reader.state)
        before = reader.state["here"]["z"]
        reader.ask({"go": 812})
        reader.until(lambda: reader.state["here"]["z"] != before)
        assert np.allclose(reader.state["here"]["z"], atlas.points.z[812], atol=1e-4)
        reader.ask({"press": "undo"})
        reader.until(lambda: reader.state["here"]["z"] == before)


def test_what_the_hardware_turns_turns_on_every_page(
    box: Any, reading: Callable[[Any], Any]
) -> None:
    from drumatlas.explore.controls import Turn

    with box.open() as one, box.open() as other:
        readers = [reading(one), reading(other)]
        for reader in readers:
            reader.until(lambda reader=reader: "values" in reader.state)
        box.engine.handle(Turn("x3", 0.875), time.monotonic_ns())
        for reader in readers:
            reader.until(lambda reader=reader: reader.state["values"]["x3"] == 0.875)
            assert "values" in reader.messages[0]["state"]


def test_notes_come_ahead_of_their_time_to_who_listens(
    box: Any, reading: Callable[[Any], Any]
) -> None:
    with box.open() as page:
        reader = reading(page)
        reader.ask({"ping": 5})
        reader.until(lambda: any("pong" in message for message in reader.messages))
        assert not any("notes" in message for message in reader.messages)
        reader.ask({"listen": True})
        reader.until(lambda: sum("notes" in message for message in reader.messages) > 5)
        reader.ask({"ping": 6})
        reader.until(lambda: reader.messages[-1].get("pong") == 6)
        now = reader.messages[-1]["now"]
        batches = [b for message in reader.messages for b in message.get("notes", [])]
        flat = [hit for _, hits in batches for hit in hits]
        hits = [tuple(flat[i : i + 3]) for i in range(0, len(flat), 3)]
        assert hits == sorted(hits, key=lambda hit: hit[0])
        assert now - 1500 < hits[-1][0] < now + 200
        assert {bit for _, bit, _ in hits} <= set(range(14))
        reader.ask({"listen": False})
        box.wait_for(lambda: box.tape.on_played is None)


def test_a_mute_is_heard_and_shown(box: Any, reading: Callable[[Any], Any]) -> None:
    with box.open() as page:
        reader = reading(page)
        reader.ask({"mute": 2, "is": True})
        reader.ask({"mute": 5, "is": True})
        reader.until(lambda: reader.state.get("mutes") == [2, 5])
        assert [out.is_muted for out in box.engine.sequencer.settings.voices].count(True) == 2


def test_a_shared_place_is_visited(box: Any, reading: Callable[[Any], Any]) -> None:
    with box.open() as page:
        reader = reading(page)
        knobs = [0.25, 0.5, 0.75, 1.5]
        values = {"density": 0.75, "tempo": 0.25}
        reader.ask({"visit": {"knobs": knobs, "values": values, "novelty": True}})
        reader.until(lambda: reader.state.get("knobs") == knobs)
        assert reader.state["bpm"] == 90


def test_a_dropped_file_lands_at_its_place(box: Any, reading: Callable[[Any], Any]) -> None:
    _, headers, beat = box.get("/beat.mid")
    assert headers["content-disposition"] == 'attachment; filename="drumatlas-beat.mid"'
    with box.open() as page:
        reader = reading(page)
        reader.until(lambda: "here" in reader.state)
        before = reader.state["knobs"]
        page.send(beat)
        reader.until(lambda: reader.state["knobs"] != before)
        reader.until(lambda: any("said" in message for message in reader.messages))
        page.send(b"MThd nonsense")
        reader.until(lambda: reader.messages[-1].get("said", {}).get("bad"))


def test_the_last_bars_are_there_to_be_downloaded(box: Any, tmp_path: Any) -> None:
    box.wait_for(lambda: box.engine.sequencer.tick_at(time.monotonic_ns()) > 30)
    status, _, body = box.get("/last.mid")
    assert status == 200
    (tmp_path / "last.mid").write_bytes(body)
    assert any(m.type == "note_on" for m in mido.MidiFile(tmp_path / "last.mid").tracks[0])


def test_which_parts_of_the_map_pass_is_told(box: Any, reading: Callable[[Any], Any]) -> None:
    with box.open() as page:
        reader = reading(page)
        reader.until(lambda: any("passing" in m for m in reader.messages), seconds=60)


# Nobody uninvited.


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


def test_without_the_token_nobody_comes_in(
    boxes: Callable[..., Any], reading: Callable[[Any], Any]
) -> None:
    box = boxes(token=TOKEN)
    for path in ("/", "/atlas.json", "/?token=", "/?token=wrong", f"/?token={TOKEN}x"):
        assert box.get(path)[0] == 403
    with pytest.raises(InvalidStatus, match="403"):
        box.open()
    status, headers, _ = box.get(f"/?token={TOKEN}")
    assert status == 200
    cookie = headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    own = {"Cookie": cookie.split(";")[0]}
    assert box.get("/atlas.json", headers=own)[0] == 200
    assert box.get("/atlas.json", headers={"Cookie": "drumatlas=wrong"})[0] == 403
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


def test_who_is_slow_is_cut(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
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
    box.wait_for(lambda: any("did not come to its end" in line for line in box.said))
    assert is_alive(box)


def test_200_sockets_leave_room_for_a_page(
    box: Any, reading: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "NAP_S", 0.001)
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
    box.wait_for(lambda: box.desk.pages == 0)
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


def test_who_says_too_much_is_cut(box: Any) -> None:
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
        box.wait_for(lambda: box.desk.listeners == 1)
        one = next(iter(box.server._clients))
        for _ in range(3000):
            one.show({"faults": ["x" * 1000]})
            one.play([None, [1, 2, 3]])
        assert len(one._notes) <= 64
        assert len(one._state) <= 20
        assert is_alive(box)


def test_downloads_are_rationed(box: Any) -> None:
    assert 429 in {box.get("/beat.mid")[0] for _ in range(8)}


def test_it_says_who_it_is_to_nobody(box: Any) -> None:
    assert "server" not in box.get("/")[1]
    assert not re.search(rb"websockets|Python", box.get("/nothing")[2])


def another(atlas: Atlas) -> Atlas:
    points = replace(atlas.points, xy=-atlas.points.xy)
    return replace(atlas, name="other", sha256="another", points=points)


def test_pages_are_told_that_another_atlas_plays(
    box: Any, reading: Callable[[Any], Any], atlas: Atlas
) -> None:
    with box.open() as page:
        reader = reading(page)
        reader.until(lambda: "run" in reader.state)
        assert reader.state["atlas"] == atlas.sha256
        assert json.loads(box.get("/atlas.json")[2])["sha256"] == atlas.sha256
        # Nobody told the server, as where it was being made while the atlas came in.
        box.engine.change_atlas(Explorer(another(atlas)))
        reader.until(lambda: reader.state["atlas"] == "another")
        assert json.loads(box.get("/atlas.json")[2])["sha256"] == "another"
        assert box.get("/points.bin")[2] == points_bytes(another(atlas))


def test_who_comes_later_finds_the_atlas_that_was_put(box: Any, atlas: Atlas) -> None:
    assert json.loads(box.get("/atlas.json")[2])["sha256"] == atlas.sha256
    other = another(atlas)
    box.desk.put(box.server.change_atlas, Site(other), other)
    box.wait_for(lambda: json.loads(box.get("/atlas.json")[2])["sha256"] == "another")
