"""The keys of the live page, and a control that has only its row in the table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drumatlas.explore.controls import CONTROLS, nudged
from support.browser import until
from support.made_up_controls import copy_with_made_up

pytestmark = pytest.mark.browser

BROWSER_NAMES = {name: f"Arrow{name.title()}" for name in ("left", "right", "up", "down")}
IS_NEAR = """([name, value]) =>
    Math.abs(drumatlas.store.state.values[name] - value) < 1e-4"""


def test_each_key_turns_its_control_as_in_the_terminal(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes("--no-start"))
    for control in CONTROLS:
        if control.is_button:
            continue
        for i, key in enumerate(control.keys_on_page.split()):
            before = page.evaluate("name => drumatlas.store.state.values[name]", control.name)
            page.keyboard.press(BROWSER_NAMES.get(key, key))
            until(page, IS_NEAR, [control.name, nudged(control.name, before, 1 if i % 2 else -1)])


def test_a_key_that_is_held_goes_on(boxes: Callable[..., Any], visit: Callable[..., Any]) -> None:
    page = visit(boxes("--no-start"))
    for name, key in (("map_x", "]"), ("density.toms", "L"), ("accent", "M")):
        for _ in range(8):
            page.keyboard.press(key)
        until(page, IS_NEAR, [name, 0.5 + 8 / 64])


def test_each_key_presses_its_button(boxes: Callable[..., Any], visit: Callable[..., Any]) -> None:
    page = visit(boxes("--no-start"))
    page.evaluate("() => { window.pressed = []; drumatlas.press = (name) => pressed.push(name); }")
    buttons = [control for control in CONTROLS if control.is_button]
    for control in buttons:
        page.keyboard.press(control.keys.replace("space", " "))
    assert page.evaluate("pressed") == [control.name for control in buttons]


def test_a_made_up_control_has_its_knob_pad_keys_and_help(
    boxes: Callable[..., Any],
    visit: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(copy_with_made_up(tmp_path)))
    page = visit(boxes("--no-start"))
    assert page.locator("#feel [data-control=spook]").is_visible()
    assert page.locator("#act [data-button=boo]").inner_text() == "Boo"
    page.keyboard.press(")")
    until(page, IS_NEAR, ["spook", 0.25 + 1 / 64])
    page.keyboard.press("?")
    words = page.locator("#help dl").inner_text()
    assert "frightens the drummer" in words
    assert "spook" in words
