"""The page and its box: reconnecting, another atlas, the token, the rate of updates."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drumatlas.atlas.model import Atlas
from support.atlases import write_other
from support.browser import until

pytestmark = pytest.mark.browser


def test_it_comes_back_after_the_box_was_off(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    box = boxes()
    page = visit(box)
    box.end()
    until(page, "document.body.classList.contains('lost')")
    port = re.search(r":(\d+)/", box.url)
    assert port is not None
    boxes("--web", f"127.0.0.1:{port[1]}")
    until(page, "!document.body.classList.contains('lost')")
    until(page, "drumatlas.store.state.run.playing")


def test_it_loads_itself_again_once_where_another_atlas_plays(
    boxes: Callable[..., Any], visit: Callable[..., Any], atlas: Atlas, tmp_path: Path
) -> None:
    other = write_other(tmp_path / "other.atlas", atlas)
    box = boxes()
    page = visit(box)
    loads: list[str] = []
    page.on("load", lambda _: loads.append(page.url))
    box.end()
    until(page, "document.body.classList.contains('lost')")
    port = re.search(r":(\d+)/", box.url)
    assert port is not None
    with page.expect_event("load"):
        boxes("--web", f"127.0.0.1:{port[1]}", "--atlas", str(other))
    until(page, "window.drumatlas && drumatlas.store.state.atlas === drumatlas.atlas.sha256")
    assert page.evaluate("drumatlas.atlas.name") == "other"
    assert len(loads) == 1
    unserved = "setTimeout(() => drumatlas.link.onState({ atlas: 'one that is not served' }), 20)"
    with page.expect_event("load"):
        page.evaluate(unserved)
    until(page, "window.drumatlas?.store.state.here && drumatlas.link.isOpen")
    page.evaluate(unserved)
    page.wait_for_timeout(500)
    assert len(loads) == 2


def test_without_the_token_the_page_is_refused(
    boxes: Callable[..., Any], browser: Any, tmp_path: Path
) -> None:
    (tmp_path / "c.toml").write_text('[web]\ntoken = "0123456789abcdef"\n')
    box = boxes("--config", "c.toml")
    assert box.url.endswith("/?token=0123456789abcdef")
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(box.url.split("?")[0])
    assert answer.status == 403
    page.goto(box.url)
    until(page, "window.drumatlas?.store.state.run?.playing")
    assert "token" not in page.url
    assert "token" not in page.evaluate("document.cookie")
    page.goto(box.url.split("?")[0])
    until(page, "window.drumatlas?.store.state.run?.playing")
    context.close()


def test_the_page_is_quick_to_follow(boxes: Callable[..., Any], visit: Callable[..., Any]) -> None:
    """A view a 30th of a second, however many turns; not one per turn."""
    page = visit(boxes("--no-start"))
    page.evaluate(
        "() => { window.states = 0; const take = drumatlas.link.onState;"
        " drumatlas.link.onState = (state) => { window.states++; take(state); } }"
    )
    slider = page.locator("[data-control=swing]")
    began = time.monotonic()
    for _ in range(60):
        slider.press("ArrowUp")
    seconds = time.monotonic() - began
    page.wait_for_timeout(500)
    assert page.evaluate("drumatlas.store.state.values.swing") == pytest.approx(60 / 64, abs=1e-4)
    assert page.evaluate("states") <= 31 * (seconds + 0.5) + 2
