"""Looking at a page in a browser: what several tests of the page share."""

import time
from typing import Any

SIZES = {"phone": (390, 844), "small": (800, 480), "desk": (1440, 900)}


def until(page: Any, condition: str, given: object = None, seconds: float = 10) -> None:
    """Wait until a JavaScript expression, or function of `given`, is true.

    Asked again and again from here: what the browser would ask by itself is barred by the page's
    policy, which allows no eval.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition, given):
        assert time.monotonic() < deadline, f"it did not come: {condition}"
        page.wait_for_timeout(20)
