"""The keys of the page as a file, and a control that has only its row in the table."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drumatlas.explore.controls import CONTROLS, nudged
from support.made_up_controls import copy_with_made_up

pytestmark = pytest.mark.browser

BUILTIN = Path(__file__).parents[3] / "device" / "drumatlas" / "builtin.atlas"
BROWSER_NAMES = {name: f"Arrow{name.title()}" for name in ("left", "right", "up", "down")}
VALUE_OF = "name => drumatlas.box.values[name]"


def test_each_key_turns_its_control_as_in_the_terminal(opened: Callable[..., Any]) -> None:
    page = opened()
    for control in CONTROLS:
        if control.is_button:
            continue
        for i, key in enumerate(control.keys_on_page.split()):
            before = page.evaluate(VALUE_OF, control.name)
            page.keyboard.press(BROWSER_NAMES.get(key, key))
            after = page.evaluate(VALUE_OF, control.name)
            if control.is_on_every_page:
                assert after == pytest.approx(nudged(control.name, before, 1 if i % 2 else -1))
            else:
                assert after is None
    assert page.seen.errors == []


def test_keys_of_the_map_travel_over_it(opened: Callable[..., Any]) -> None:
    page = opened()
    for key in ("]", "]", "}", "]"):
        page.keyboard.press(key)
    page.wait_for_timeout(100)
    here = page.evaluate("drumatlas.store.state.here")
    assert (here["x"], here["y"]) == pytest.approx((0.5 + 3 / 64, 0.5 + 1 / 64))


def test_a_made_up_control_has_its_knob_pad_and_keys(
    opened: Callable[..., Any], tmp_path: Path
) -> None:
    program = "import sys; from drumatlas_export.cli import main; sys.exit(main(sys.argv[1:]))"
    file = tmp_path / "page.html"
    subprocess.run(
        [sys.executable, "-c", program, "page", str(BUILTIN), "-o", str(file)],
        env=os.environ | {"PYTHONPATH": str(copy_with_made_up(tmp_path))},
        check=True,
        capture_output=True,
    )
    page = opened(file=file)
    assert page.locator("#feel [data-control=spook]").is_visible()
    assert page.locator("#act [data-button=boo]").inner_text() == "Boo"
    page.keyboard.press(")")
    assert page.evaluate(VALUE_OF, "spook") == 0.25 + 1 / 64
    assert page.seen.errors == []
