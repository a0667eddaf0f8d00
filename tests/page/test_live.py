"""The page of a running box, in Chromium."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drumatlas.beat.grid import four_four, quantise
from drumatlas.beat.smf import read_drums
from drumatlas.beat.tsv import parse
from support.browser import NO_STORE, draw_path, until

pytestmark = pytest.mark.browser

FAST = ("--bpm", "300")  # a bar takes 0.8 s
BAR_MS = 800


def decoded(z: str) -> list[int]:
    """Return the beat that `drumatlas decode` prints for a latent point, as text."""
    command = [sys.executable, "-m", "drumatlas", "decode"]
    done = subprocess.run(command, input=z, capture_output=True, text=True, check=True)
    return list(next(iter(parse(done.stdout.splitlines()))).code)


def last_beat(take: Path) -> list[int]:
    """Return the last complete two bars of a take, counted from its start."""
    track = read_drums(take.read_bytes())
    region = quantise(track, *four_four(track)[0])
    assert region is not None
    # A take may end in the middle of its last bars.
    whole = (len(region.codes) - 16) // 32
    return list(region.codes[: whole * 32].reshape(-1, 32)[-1])


@pytest.mark.parametrize("size", ["phone", "small", "desk"])
def test_it_loads_without_errors_and_without_other_hosts(
    boxes: Callable[..., Any], visit: Callable[..., Any], size: str
) -> None:
    page = visit(boxes(), size)
    page.wait_for_timeout(1500)
    assert page.seen.errors == []
    assert page.seen.foreign == []
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits), "it is wider than the screen"
    assert page.locator("#play, [data-button=play]").first.is_visible()
    assert page.locator("#map canvas").last.is_visible()


@pytest.mark.parametrize("place", [(0.3, 0.4), (0.7, 0.55)])
def test_a_click_on_the_map_plays_what_decode_gives_there(
    boxes: Callable[..., Any], visit: Callable[..., Any], place: tuple[float, float]
) -> None:
    box = boxes(*FAST)
    page = visit(box)
    before = page.locator("#place-line").get_attribute("data-z")
    area = page.locator("#map .screen").bounding_box()
    x, y = (area["x"] + place[0] * area["width"], area["y"] + place[1] * area["height"])
    page.mouse.click(x, y)
    until(page, "before => document.getElementById('place-line').dataset.z !== before", before)
    z = page.locator("#place-line").get_attribute("data-z")
    expected = decoded(z)
    until(page, "() => drumatlas.store.state.comes === null")
    assert page.evaluate("drumatlas.store.state.beat.code") == expected
    page.wait_for_timeout(6 * BAR_MS)
    box.end()
    assert last_beat(box.take) == expected


def test_a_drag_travels_to_where_it_ends(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes())
    area = page.locator("#map .screen").bounding_box()
    left, top = area["x"], area["y"]
    page.mouse.move(left + 200, top + 200)
    page.mouse.down()
    page.mouse.move(left + 260, top + 240, steps=8)
    page.mouse.move(left + 400, top + 300, steps=8)
    page.mouse.up()
    wanted = page.evaluate("drumatlas.map.view.toBox(400, 300)")
    until(
        page,
        "([x, y]) => Math.hypot(drumatlas.store.state.here.x - x, drumatlas.store.state.here.y - y)"
        " < 0.004",
        wanted,
    )


def test_a_knob_that_the_hardware_turns_turns_on_the_page(
    boxes: Callable[..., Any], visit: Callable[..., Any], tmp_path: Path
) -> None:
    # Up for a second, there for a second, down, and there: whenever the page opens, it turns.
    moves = [
        {"t": t + i / 20, "control": "x3", "value": i / 20 if t % 4 == 0 else 1 - i / 20}
        for t in range(0, 120, 2)
        for i in range(21)
    ]
    (tmp_path / "moves.jsonl").write_text("\n".join(map(json.dumps, moves)))
    page = visit(boxes("--panel", "script:moves.jsonl"))
    shown = """([value, hand]) => {
        const knob = document.querySelector("[data-control=x3]");
        return knob.getAttribute("aria-valuenow") === value
            && knob.querySelector(".hand").getAttribute("transform") === `rotate(${hand})`;
    }"""
    for value, hand in (("1.000", 135), ("0.000", -135), ("1.000", 135)):
        until(page, shown, [value, hand])


def test_buttons_change_the_state_of_the_box(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes("--no-start"))
    play = page.locator("[data-button=play]")
    assert play.get_attribute("aria-pressed") == "false"
    play.click()
    until(page, "drumatlas.store.state.run.playing")
    assert play.get_attribute("aria-label") == "Stop"
    page.keyboard.press("x")
    until(page, "drumatlas.store.state.flags.frozen")
    assert page.locator("[data-button=load_b]").is_disabled()
    page.locator("[data-button=save_b]").click()
    until(page, "drumatlas.store.state.slots.includes('b')")
    assert page.locator("[data-button=load_b]").is_enabled()
    page.get_by_label("mute closed hat").click()
    until(page, "drumatlas.store.state.mutes.includes(2)")
    assert page.get_by_label("mute closed hat").get_attribute("aria-pressed") == "true"
    page.locator("[data-button=learn]").click()
    until(
        page,
        "document.querySelector('[data-button=learn]').getAttribute('aria-pressed') === 'true'",
    )
    until(page, "document.getElementById('ports').textContent.includes('Nowlearning: use a')")
    page.locator("[data-button=learn]").click()
    until(page, "!document.getElementById('ports').textContent.includes('Now')")


def test_a_path_is_followed_bar_by_bar(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes(*FAST))
    stops = draw_path(page)
    for stop in stops[1:3]:
        until(
            page,
            "([x, y]) => Math.hypot(drumatlas.store.state.here.x - x,"
            " drumatlas.store.state.here.y - y) < 1e-3",
            stop,
        )


def test_it_works_without_local_storage(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes("--no-start"), script=NO_STORE)
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.get_by_role("button", name="Dark or light").click()
    assert {theme, page.evaluate("document.documentElement.dataset.theme")} == {"light", "dark"}
    page.evaluate("drumatlas.keys.set(false)")
    assert page.seen.errors == []


def test_the_morph_pad_lies_between_the_snapshots(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes("--no-start"))
    pad = page.locator(".morphpad")
    assert "idle" in pad.get_attribute("class")
    knob = "([value]) => Math.abs(drumatlas.store.state.values.x1 - value) < 0.01"
    for slot, value in (("a", 0.2), ("c", 0.8)):
        page.evaluate("value => drumatlas.turn('x1', value)", value)
        until(page, knob, [value])
        page.locator(f"[data-button='save_{slot}']").click()
    until(page, "() => !document.querySelector('.morphpad').classList.contains('idle')")
    box = pad.bounding_box()
    middle = {"x": box["width"] / 4, "y": box["height"] / 2}
    pad.click(position=middle)
    until(page, knob, [0.5])
    until(page, "() => Math.abs(drumatlas.store.state.values.morph_y - 0.5) < 0.03")
    assert page.locator(".corner.full").all_inner_texts() == ["A", "C"]
    page.evaluate("drumatlas.turn('morph_y', 1)")  # and follows other hands
    until(page, "() => document.querySelector('.morphpad .dot').style.bottom === '100%'")
    until(page, knob, [0.8])
