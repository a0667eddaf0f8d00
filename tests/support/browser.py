"""A page in a browser: waiting, drawing a path, its errors and its accessibility."""

import time
from typing import Any

import pytest

SIZES = {"phone": (390, 844), "small": (800, 480), "desk": (1440, 900)}

# Makes a browser refuse localStorage, as one does whose settings forbid it.
NO_STORE = """
Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("The operation is insecure.", "SecurityError"); },
});
"""


# Drops a file of bytes (base64) on the beat.
DROP = """(encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "beat.mid", { type: "audio/midi" }));
    const target = document.querySelector("#beat canvas");
    for (const type of ["dragenter", "dragover", "drop"]) {
        const about = { dataTransfer: transfer, bubbles: true, cancelable: true };
        target.dispatchEvent(new DragEvent(type, about));
    }
}"""


def until(page: Any, condition: str, given: object = None, seconds: float = 30) -> None:
    """Wait until a JavaScript expression, or function of `given`, is true.

    It is polled from here, because the page's policy forbids the eval that the browser's own wait
    uses.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition, given):
        assert time.monotonic() < deadline, f"it did not come: {condition}"
        page.wait_for_timeout(20)


def draw_path(page: Any) -> list[list[float]]:
    """Draw a path over the map with the mouse; return its stops."""
    page.get_by_role("button", name="Path").click()
    area = page.locator("#map .screen").bounding_box()
    page.mouse.move(area["x"] + 200, area["y"] + 200)
    page.mouse.down()
    page.mouse.move(area["x"] + 500, area["y"] + 260, steps=12)
    page.mouse.up()
    stops: list[list[float]] = page.evaluate("drumatlas.path.stops")
    assert len(stops) >= 4
    return stops


class Seen:
    """The errors on a page's console, and its requests to other hosts."""

    def __init__(self, page: Any, url: str) -> None:
        self.errors: list[str] = []
        self.foreign: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        page.on("request", lambda r: None if r.url.startswith(url) else self.foreign.append(r.url))

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(message.text)


def here(page: Any) -> Any:
    """Return the place of a page that is a file, once it has found the beat there."""
    page.evaluate("drumatlas.box.refresh()")
    return page.evaluate("({...drumatlas.store.state.here, code: drumatlas.store.state.code})")


def barriers(page: Any, size: str) -> dict[str, list[str]]:
    """Return what axe-core reports on each tab at that screen size: elements by rule and tab."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    tabs = page.locator("nav button")
    found: dict[str, list[str]] = {}
    for i in range(tabs.count() if size != "desk" else 1):
        if size != "desk":
            tabs.nth(i).click()
        for one in axe.Axe().run(page).response["violations"]:
            found[f"{one['id']}, tab {i}"] = [node["html"] for node in one["nodes"]]
    return found


OWN_BEAT = "drumatlas.grid.own"  # the codes of the beat that the user clicked together, or null
WHERE = "drumatlas.store.state.here.z.join()"


def click_cell(page: Any, x: float, y: float) -> None:
    """Click into the beat at shares x, y, 0..1, of its width and height."""
    area = page.locator("#beat canvas").bounding_box()
    page.mouse.click(area["x"] + x * area["width"], area["y"] + y * area["height"])
