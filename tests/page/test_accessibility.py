"""The page of a running box for people who use a keyboard, a screen reader, or less motion."""

from collections.abc import Callable
from typing import Any

import pytest

from support.browser import barriers, until

pytestmark = pytest.mark.browser


def test_every_control_is_there_and_works_by_keyboard(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes("--no-start"))
    about = page.evaluate("drumatlas.atlas")
    for name in about["values"]:
        if name in {"map_x", "map_y"}:
            continue
        slider = page.locator(f"[data-control='{name}']")
        slider.focus()
        before = float(slider.get_attribute("aria-valuenow"))
        page.keyboard.press("PageDown" if before > 0.5 else "PageUp")
        until(
            page,
            "([name, before]) => Math.abs(drumatlas.store.state.values[name] - before) > 0.1",
            [name, before],
        )
    for name in about["buttons"]:
        assert page.locator(f"[data-button='{name}']").count() == 1, name
    page.locator("#map canvas").last.focus()
    before_x = page.evaluate("drumatlas.store.state.here.x")
    page.keyboard.press("ArrowRight")
    until(page, "x => drumatlas.store.state.here.x > x", before_x)


def test_axe_finds_no_barrier(boxes: Callable[..., Any], visit: Callable[..., Any]) -> None:
    box = boxes()
    for size in ("desk", "phone", "small"):
        for scheme in ("dark", "light"):
            page = visit(box, size)
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(200)
            assert barriers(page, size) == {}, scheme
            page.context.close()  # six pages that draw would hold each other up


def test_reduced_motion_stops_the_pulse(boxes: Callable[..., Any], browser: Any) -> None:
    box = boxes()
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(box.url)
    until(page, "window.drumatlas?.store.state.run?.playing")
    page.wait_for_timeout(500)
    beats = page.evaluate(
        "async () => { const beats = []; const frame = drumatlas.map.frame.bind(drumatlas.map);"
        " drumatlas.map.frame = (beat) => { beats.push(beat); frame(beat); };"
        " await new Promise((done) => setTimeout(done, 500)); return beats }"
    )
    assert len(beats) > 5
    assert set(beats) == {None}
    context.close()
