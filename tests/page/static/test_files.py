"""A .mid file that is opened or dropped on the page as a file lands at its beat's place."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.explore.encode import encode_beat
from drumatlas.explore.search import Places
from drumatlas.play.settings import DEFAULT_VOICES
from support.browser import DROP, here, until
from support.midi_bytes import beat, file_of, named, played
from support.own_takes import take_of

pytestmark = pytest.mark.browser


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("way", ["open", "drop"])
def test_a_file_lands_where_its_beat_is(
    opened: Callable[..., Any], atlas: Atlas, places: Places, tmp_path: Path, way: str
) -> None:
    page = opened("phone" if way == "open" else "desk")
    if way == "open":
        page.get_by_role("button", name="About").click()
    for point in (5, 700, 2900):
        code = places.at(atlas.points.z[point]).code
        data = take_of(code, DEFAULT_VOICES)
        page.evaluate("drumatlas.toast('')")
        if way == "open":
            (tmp_path / "beat.mid").write_bytes(data)
            with page.expect_file_chooser() as chooser:
                page.get_by_role("button", name="Open .mid").click()
            chooser.value.set_files(tmp_path / "beat.mid")
        else:
            page.evaluate(DROP, encoded(data))
        until(page, "document.getElementById('toast').textContent.startsWith('landed')")
        z = encode_beat(atlas, code)
        found = here(page)
        assert found["z"] == pytest.approx(z.tolist(), abs=1e-5)
        assert found["code"] == list(places.at(z).code)
    page.evaluate("drumatlas.press('undo')")
    assert here(page)["z"] != found["z"]
    assert page.seen.errors == []


def test_a_bad_file_is_refused_and_changes_nothing(opened: Callable[..., Any]) -> None:
    page = opened()
    before = here(page)
    page.evaluate(DROP, encoded(b"MThd nonsense"))
    until(page, "document.getElementById('toast').classList.contains('bad')")
    assert page.locator("#toast").text_content().startswith("beat.mid: ")
    assert here(page) == before


def test_a_page_without_an_encoder_says_so(file: Path, opened: Callable[..., Any]) -> None:
    text = file.read_text(encoding="utf-8")
    start = text.index('"encoder":{') + len('"encoder":')
    _, end = json.JSONDecoder().raw_decode(text, start)
    lacking = file.with_name("lacking.html")
    lacking.write_text(text[:start] + "null" + text[end:], encoding="utf-8")
    page = opened(file=lacking)
    assert "can't read .mid files" in page.locator("#box").text_content()
    assert page.get_by_role("button", name="Open .mid").count() == 0


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_remarks_stay_until_they_are_closed(opened: Callable[..., Any], size: str) -> None:
    page = opened(size)
    body = played([*beat(), (7680, 33), (7800, 3)], 0, named("Drums"))
    page.evaluate(DROP, encoded(file_of(body[:-4], body[:-4], b"\x00\x3c\x40")))
    until(page, "document.querySelectorAll('#toast li').length >= 5")
    toast = page.locator("#toast")
    assert toast.locator("span").text_content() == "landed: the file's beat has 26 hits"
    assert "note 33 (metronome click)" in toast.text_content()
    within = """() => {
        const toast = document.getElementById("toast");
        const { left, right, top, bottom } = toast.getBoundingClientRect();
        return Math.min(left, top) >= 0 && right <= innerWidth && bottom <= innerHeight;
    }"""
    until(page, within)
    page.wait_for_timeout(5000)  # longer than a line is shown
    toast.get_by_role("button", name="Close").click()
    until(page, "!document.getElementById('toast').classList.contains('shown')")
    assert toast.get_by_role("button").count() == 0
