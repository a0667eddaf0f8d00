"""The timing of the page as a file: sound, tempo, wandering and paths."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.explore.controls import Press
from drumatlas.explore.explorer import Explorer
from support.browser import draw_path, here, until

pytestmark = pytest.mark.browser

STEP_MS = 125.0  # at 120 BPM

PAIR = """() => {
    window.pairs = []; window.given = 0;
    const hit = drumatlas.sound.hit.bind(drumatlas.sound);
    drumatlas.sound.hit = (at, ...rest) => {
        const before = starts.length;
        given++;
        hit(at, ...rest);
        if (starts.length > before) pairs.push([at, 1000 * starts.at(-1)]);
    };
}"""


def test_wander_moves_when_the_box_would(opened: Callable[..., Any], atlas: Atlas) -> None:
    page = opened()
    # (ms, bar or None): stopped, started within an interval of time, stopped again.
    times = [(ms, None) for ms in range(100, 9000, 700)]
    times += [(9000 + 250 * i, i // 8) for i in range(40)]
    times += [(19100 + 500 * i, None) for i in range(14)]
    seen = page.evaluate(
        """(times) => {
            const { box } = drumatlas;
            box.press('wander');
            return times.map(([ms, bar]) => { box.tick(ms, bar); return Array.from(box.z); });
        }""",
        times,
    )
    box = Explorer(atlas)
    box.handle(Press("wander"), 0)
    stops = set()
    for (ms, bar), z in zip(times, seen, strict=True):
        box.tick(ms * 1_000_000, bar)
        assert z == pytest.approx(box.latent.tolist(), abs=1e-4)
        stops.add(tuple(z))
    assert len(stops) == 1 + 4 + 4 + 3


def test_wander_stays_for_the_first_bar(opened: Callable[..., Any]) -> None:
    page = opened()
    page.locator("[data-control=tempo]").press("End")
    page.evaluate(
        """() => {
            window.moves = [];
            const { box } = drumatlas, tick = box.tick.bind(box);
            box.tick = (now, bar) => {
                const before = box.z;
                tick(now, bar);
                if (box.z !== before) moves.push(bar);
            };
            box.press('wander');
        }"""
    )
    until(page, "moves.length >= 1")
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "moves.at(-1) >= 2")
    page.get_by_role("button", name="Stop", exact=True).click()
    until(page, "moves.at(-1) === null")
    bars = [bar for bar in page.evaluate("moves") if bar is not None]
    assert bars == list(range(1, len(bars) + 1))


def test_hits_are_given_to_the_sound_card_at_the_times_of_the_beat(
    opened: Callable[..., Any],
) -> None:
    page = opened("small")
    page.evaluate(PAIR)
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "starts.length > 0")
    page.wait_for_timeout(10_000)
    pairs, given = page.evaluate("[pairs, given]")
    due, starts = np.array(pairs).T
    assert len(due) > 30
    assert len(due) >= 0.7 * given  # a machine that stalls costs hits, but never their time
    steps = (due - due[0]) / STEP_MS
    assert steps == pytest.approx(np.rint(steps), abs=1e-6)
    off = starts - due  # up to what lies between two clocks that began apart
    off -= np.median(off)
    assert np.percentile(np.abs(off), 99) <= 5.0, f"ms: {np.percentile(off, [1, 50, 99])}"
    print(f"ms: {np.percentile(np.abs(off), [50, 99, 100])} of {len(off)}")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_timeout(300)
    count = page.evaluate("starts.length")
    page.wait_for_timeout(600)
    assert page.evaluate("starts.length") == count


def test_hits_lie_on_the_grid_whatever_the_timer_does(
    opened: Callable[..., Any],
) -> None:
    page = opened()
    luck = np.random.default_rng(2)
    looks = np.cumsum(luck.uniform(1, 240, 400)).tolist()
    swung = page.evaluate(
        """(looks) => {
            const hits = [];
            const player = new drumatlas.player.constructor((at) => hits.push(at), () => {});
            player.next = Array.from({ length: 32 }, (_, step) => [step, 0, 100]);
            player.swing = 0.5;
            player.start(1000);
            for (const now of looks) player.pump(1000 + now);
            const half = hits.length;
            player.setTempo(90);
            for (const now of looks) player.pump(1000 + looks.at(-1) + now);
            return { hits, half };
        }""",
        looks,
    )
    hits, half = np.array(swung["hits"]), swung["half"]
    expected = 1000 + STEP_MS * np.arange(half) + STEP_MS / 4 * (np.arange(half) % 2)
    assert hits[:half] == pytest.approx(expected)
    slow = 60_000 / 90 / 4
    later = np.arange(half, len(hits))
    swing = slow / 4 * (later % 2)
    assert hits[half:] == pytest.approx(1000 + STEP_MS * half + slow * (later - half) + swing)


def test_tempo_mutes_and_freeze_take_effect_while_it_plays(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "drumatlas.player.playing")
    page.locator("[data-control=tempo]").press("End")
    assert page.evaluate("drumatlas.player.bpm") == 240
    for name in page.locator("#beat .name").all():
        name.click()
    page.wait_for_timeout(400)
    page.evaluate("starts.length = 0")
    page.wait_for_timeout(600)
    assert page.evaluate("starts.length") == 0
    page.get_by_role("button", name="Freeze").click()
    code = here(page)["code"]
    page.evaluate("drumatlas.box.travel(0.9, 0.2)")
    assert here(page)["code"] == code
    page.get_by_role("button", name="Freeze").click()
    assert here(page)["code"] != code


def test_a_path_is_followed_bar_by_bar(opened: Callable[..., Any]) -> None:
    page = opened()
    stops = draw_path(page)
    page.locator("[data-control=tempo]").press("End")
    page.get_by_role("button", name="Play", exact=True).click()
    for x, y in stops[1:4]:
        until(
            page,
            "([x, y]) => Math.hypot(drumatlas.store.state.here.x - x,"
            " drumatlas.store.state.here.y - y) < 1e-3",
            [x, y],
        )
