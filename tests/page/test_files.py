"""Links and files at the page of a running box, in Chromium."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import pytest

from support.browser import DROP, until

pytestmark = pytest.mark.browser

COPIES = """
Object.defineProperty(navigator, "clipboard", {
    value: { writeText: async (text) => { window.copied = text; } },
});
"""
COPIES_NOTHING = """
Object.defineProperty(navigator, "clipboard", {
    value: { writeText: async () => { throw new Error("denied"); } },
});
"""


def test_a_shared_link_asks_before_it_goes(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    box = boxes("--no-start")
    one = visit(box)
    made = one.evaluate("""async () => {
        const { toFragment } = await import("/share.js");
        return toFragment([0.2, 0.8, 1.5, -0.25], {density: 0.7}, {density: 0.5}, true);
    }""")
    other = visit(box, path=f"#{made}")
    before = other.evaluate("drumatlas.store.state.knobs")
    other.wait_for_timeout(300)
    assert other.evaluate("drumatlas.store.state.knobs") == before
    other.get_by_role("button", name="Go there").click()
    until(other, "drumatlas.store.state.knobs[2] === 1.5")
    assert other.evaluate("drumatlas.store.state.values.density") == 0.7
    assert "#" not in other.url


@pytest.mark.parametrize("may_copy", [True, False])
def test_the_share_button_gives_a_link_to_this_very_place(
    boxes: Callable[..., Any], visit: Callable[..., Any], may_copy: bool
) -> None:
    """Where the browser lets nobody copy, the link is shown to be copied by hand."""
    box = boxes("--no-start")
    one = visit(box, script=COPIES if may_copy else COPIES_NOTHING)
    one.evaluate("drumatlas.link.send({ go: 1234 })")
    until(one, "drumatlas.store.state.knobs.some((knob) => knob !== 0.5)")
    one.locator("[data-control=density]").press("End")
    until(one, "drumatlas.store.state.values.density === 1")
    one.get_by_role("button", name="Share").click()
    if may_copy:
        until(one, "window.copied")
        link = one.evaluate("copied")
    else:
        until(one, "document.getElementById('link').open")
        link = one.locator("#link input").input_value()
        one.keyboard.press("Escape")
    assert link.startswith(box.url)
    there = one.evaluate("[drumatlas.store.state.knobs, drumatlas.store.state.beat.code]")
    one.locator("[data-button=next_genre]").click()
    until(one, "knobs => drumatlas.store.state.knobs.join() !== knobs.join()", there[0])
    one.locator("[data-control=density]").press("Home")
    other = visit(box, path=link.removeprefix(box.url))
    other.get_by_role("button", name="Go there").click()
    until(other, "drumatlas.store.state.values.density === 1")
    until(other, "code => drumatlas.store.state.beat.code.join() === code.join()", there[1])
    assert other.evaluate("drumatlas.store.state.knobs") == pytest.approx(there[0], abs=1e-4)


def test_a_file_that_is_dropped_lands_where_its_beat_is(
    boxes: Callable[..., Any], visit: Callable[..., Any], tmp_path: Path
) -> None:
    page = visit(boxes("--no-start"))
    page.evaluate("drumatlas.link.send({ go: 700 })")
    until(page, "drumatlas.store.state.knobs.some((knob) => knob !== 0.5)")
    with page.expect_download() as caught:
        page.get_by_role("button", name="Beat .mid").click()
    caught.value.save_as(tmp_path / "beat.mid")
    assert mido.MidiFile(tmp_path / "beat.mid").length > 3.5
    before = page.evaluate("drumatlas.store.state.knobs.join()")
    page.locator("[data-button=next_genre]").click()
    until(page, "before => drumatlas.store.state.knobs.join() !== before", before)
    elsewhere = page.evaluate("drumatlas.store.state.knobs.join()")
    page.evaluate(DROP, base64.b64encode((tmp_path / "beat.mid").read_bytes()).decode())
    until(page, "before => drumatlas.store.state.knobs.join() !== before", elsewhere)
    until(page, "document.getElementById('toast').textContent.startsWith('landed')")
    assert not page.evaluate("document.body.classList.contains('dropping')")
    page.evaluate(DROP, base64.b64encode(b"MThd nonsense").decode())
    until(page, "document.getElementById('toast').classList.contains('bad')")


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_file_that_is_opened_lands_at_its_place(
    boxes: Callable[..., Any], visit: Callable[..., Any], tmp_path: Path, size: str
) -> None:
    page = visit(boxes("--no-start"), size)
    if size == "phone":
        page.get_by_role("button", name="Box", exact=True).click()
    with page.expect_download() as caught:
        page.get_by_role("button", name="Beat .mid").click()
    path = tmp_path / "beat.mid"
    caught.value.save_as(path)
    before = page.evaluate("drumatlas.store.state.knobs")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open .mid").click()
    chooser.value.set_files(path)
    until(
        page, "before => drumatlas.store.state.knobs.join() !== before", ",".join(map(str, before))
    )
    until(page, "document.getElementById('toast').textContent.startsWith('landed')")


def test_a_file_that_can_not_be_sent_is_not_lost_in_silence(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    box = boxes("--no-start")
    page = visit(box)
    box.end()
    until(page, "!drumatlas.link.isOpen")
    page.evaluate(DROP, base64.b64encode(b"MThd").decode())
    until(page, "document.getElementById('toast').textContent.includes('not sent')")
