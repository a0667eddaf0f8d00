"""The server over real sockets: a page that works."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import mido
import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.search import Places
from drumatlas.web import server
from drumatlas.web.assets import StaticAssets, points_bytes


def test_files_come_with_a_strict_policy(box: Any, atlas: Atlas) -> None:
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
    assert json.loads(box.get("/atlas.json")[2])["points"] == len(atlas.points.xy)


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


def test_a_turned_knob_turns_on_every_page(box: Any, reading: Callable[[Any], Any]) -> None:
    from drumatlas.explore.controls import Turn

    with box.open() as one, box.open() as other:
        readers = [reading(one), reading(other)]
        for reader in readers:
            reader.until(lambda reader=reader: "values" in reader.state)
        box.engine.handle(Turn("x3", 0.875), time.monotonic_ns())
        for reader in readers:
            reader.until(lambda reader=reader: reader.state["values"]["x3"] == 0.875)
            assert "values" in reader.messages[0]["state"]


def test_listening_pages_get_notes_ahead_of_their_time(
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


def test_pages_learn_which_parts_of_the_map_pass(box: Any, reading: Callable[[Any], Any]) -> None:
    with box.open() as page:
        reader = reading(page)
        reader.until(lambda: any("passing" in m for m in reader.messages), seconds=60)


def another(atlas: Atlas) -> Atlas:
    points = replace(atlas.points, xy=-atlas.points.xy)
    return replace(atlas, name="other", sha256="another", points=points)


def test_pages_learn_that_another_atlas_plays(
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


def test_a_later_page_gets_the_new_atlas(box: Any, atlas: Atlas) -> None:
    assert json.loads(box.get("/atlas.json")[2])["sha256"] == atlas.sha256
    other = another(atlas)
    box.bridge.put(box.server.change_atlas, StaticAssets(other), other)
    box.wait_for(lambda: json.loads(box.get("/atlas.json")[2])["sha256"] == "another")


def passing_of(reader: Any) -> str:
    reader.until(lambda: any("passing" in message for message in reader.messages), seconds=60)
    found = next(message["passing"] for message in reader.messages if "passing" in message)
    return str(found["bits"])


def held_pieces(monkeypatch: pytest.MonkeyPatch) -> tuple[list[Atlas], threading.Event]:
    """Parts of the map that differ by atlas, and are computed only once the event is set."""
    begun: list[Atlas] = []
    may_end = threading.Event()

    def pieces(atlas: Atlas) -> Iterator[Any]:
        begun.append(atlas)
        while not may_end.is_set():
            yield np.zeros(0, bool)
        yield np.array([atlas.name == "other"])

    monkeypatch.setattr(server, "passing_pieces", pieces)
    return begun, may_end


def test_parts_that_pass_are_those_of_the_atlas_that_plays(
    box: Any, reading: Callable[[Any], Any], atlas: Atlas, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it changes while they are computed."""
    begun, may_end = held_pieces(monkeypatch)
    with box.open() as page:
        box.wait_for(lambda: begun)
        other = another(atlas)
        box.engine.change_atlas(Explorer(other))
        box.bridge.put(box.server.change_atlas, StaticAssets(other), other)
        box.wait_for(lambda: len(begun) == 2)
        may_end.set()
        assert base64.b64decode(passing_of(reading(page))) == b"\1"
    with box.open() as page:
        assert base64.b64decode(passing_of(reading(page))) == b"\1"
    assert [one.name for one in begun] == [atlas.name, "other"]


def test_parts_that_pass_are_computed_once_however_often_a_page_comes(
    box: Any, reading: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = held_pieces(monkeypatch)
    for _ in range(5):
        with box.open() as page:
            box.wait_for(lambda: begun)
    may_end.set()
    with box.open() as page:
        passing_of(reading(page))
    assert len(begun) == 1


def test_parts_that_can_t_be_computed_are_tried_once(
    box: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[Atlas] = []

    def pieces(atlas: Atlas) -> Iterator[Any]:
        tried.append(atlas)
        yield np.zeros(0, bool)
        raise RuntimeError("a foreign network")

    monkeypatch.setattr(server, "passing_pieces", pieces)
    for _ in range(3):
        with box.open():
            box.wait_for(lambda: box.said)
    assert box.said == ["page: no passing areas: RuntimeError: a foreign network"]
    assert len(tried) == 1
