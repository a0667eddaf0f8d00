"""Clicks on the cells of the beat, on the page as a file."""

from collections.abc import Callable
from typing import Any

import pytest

from support.browser import OWN_BEAT, WHERE, click_cell, until

pytestmark = pytest.mark.browser


def test_clicks_travel_to_the_nearest_beat_and_can_be_undone(opened: Callable[..., Any]) -> None:
    page = opened()
    before = page.evaluate(WHERE)
    xs = iter((0.1, 0.3, 0.45, 0.7, 0.9))
    while page.evaluate(WHERE) == before:
        at = page.evaluate(WHERE)
        click_cell(page, next(xs), 0.97)
        page.wait_for_timeout(100)
    assert page.evaluate(OWN_BEAT) is not None
    page.get_by_role("button", name="Undo").click()
    until(page, f"at => {WHERE} === at", at)
    assert page.evaluate(OWN_BEAT) is None
    assert page.seen.errors == []
