"""Clicks on the cells of the beat, on the page of a box."""

from collections.abc import Callable
from typing import Any

import pytest

from support.browser import OWN_BEAT, WHERE, click_cell, until

pytestmark = pytest.mark.browser

ANSWER_MS = 2500  # what comes sooner may be the answer to a click


def toggled(one: list[int], other: list[int]) -> list[tuple[int, int]]:
    """Which steps differ, and in which bits."""
    return [(step, a ^ b) for step, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]


def test_the_box_goes_to_the_beat_that_a_click_makes(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes("--no-start"))
    assert page.evaluate(OWN_BEAT) is None
    places = {page.evaluate(WHERE)}
    for x in (0.1, 0.3, 0.45, 0.7, 0.9):
        click_cell(page, x, 0.97)  # kicks
        page.wait_for_timeout(150)
        places.add(page.evaluate(WHERE))
    assert len(places) > 1
    assert page.evaluate(OWN_BEAT) is not None  # stays while the box is where it went for it
    page.wait_for_timeout(ANSWER_MS)
    page.evaluate("drumatlas.go(700)")
    until(page, f"{OWN_BEAT} === null")


def test_a_second_click_takes_the_first_one_back(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes("--no-start"))
    beats = []
    for _ in range(3):
        click_cell(page, 0.5, 0.4)
        beats.append(page.evaluate(OWN_BEAT))
    assert beats[0] == beats[2]
    ((_, bits),) = toggled(beats[0], beats[1])
    assert bits.bit_count() == 1
    click_cell(page, 0.99, 0.01)
    (((step, bit)),) = toggled(page.evaluate(OWN_BEAT), beats[0])
    assert (step, bit) == (31, 1 << page.evaluate("drumatlas.atlas.voices.at(-1).bit"))


def test_another_panels_move_ends_it(boxes: Callable[..., Any], visit: Callable[..., Any]) -> None:
    box = boxes("--no-start")
    page, other = visit(box), visit(box)
    before = page.evaluate(WHERE)
    other.evaluate("drumatlas.go(1000)")
    until(page, f"before => {WHERE} !== before", before)
    click_cell(page, 0.5, 0.5)
    page.wait_for_timeout(ANSWER_MS)
    assert page.evaluate(OWN_BEAT) is not None
    other.evaluate("drumatlas.go(20)")
    until(page, f"{OWN_BEAT} === null")
