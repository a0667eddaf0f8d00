"""Mouse and touch on the map and the knobs, and the labels that appear under the pointer."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.browser import until

pytestmark = pytest.mark.browser

WORDS = """
window.words = [];
const fillText = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
  words.push(text);
  return fillText.call(this, text, ...rest);
};
"""


@pytest.fixture
def phone(boxes: Callable[..., Any], browser: Any) -> Iterator[Any]:
    """The page on a touch screen; `page.touch(kind, points)` puts fingers on it."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto(boxes("--no-start").url)
    until(page, "window.drumatlas?.store.state.here && drumatlas.link.isOpen")
    session = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    page.touch = touch
    yield page
    context.close()


def map_at(page: Any, x: float, y: float) -> tuple[float, float]:
    area = page.locator("#map .screen").bounding_box()
    return area["x"] + x * area["width"], area["y"] + y * area["height"]


def test_a_finger_travels(phone: Any) -> None:
    before = phone.evaluate("drumatlas.store.state.here.x")
    phone.touchscreen.tap(*map_at(phone, 0.3, 0.6))
    until(phone, "x => Math.abs(drumatlas.store.state.here.x - x) > 0.05", before)
    phone.touch("touchStart", map_at(phone, 0.3, 0.6))
    for i in range(1, 9):
        phone.touch("touchMove", map_at(phone, 0.3 + 0.05 * i, 0.6))
    phone.touch("touchEnd")
    wanted = phone.evaluate(
        "drumatlas.map.view.toBox(0.7 * drumatlas.map.view.width, 0.6 * drumatlas.map.view.height)"
    )
    until(
        phone,
        "([x, y]) => Math.hypot(drumatlas.store.state.here.x - x, drumatlas.store.state.here.y - y)"
        " < 0.01",
        wanted,
    )


def test_two_fingers_zoom_and_do_not_travel(phone: Any) -> None:
    before = phone.evaluate("drumatlas.store.state.here.z")
    phone.touch("touchStart", map_at(phone, 0.45, 0.5), map_at(phone, 0.55, 0.5))
    for i in range(1, 9):
        apart = 0.05 + 0.03 * i
        phone.touch("touchMove", map_at(phone, 0.5 - apart, 0.5), map_at(phone, 0.5 + apart, 0.5))
    phone.touch("touchEnd")
    assert phone.evaluate("drumatlas.map.view.zoom") > 2
    phone.wait_for_timeout(300)
    assert phone.evaluate("drumatlas.store.state.here.z") == before
    phone.get_by_role("button", name="Show all").tap()
    assert phone.evaluate("drumatlas.map.view.zoom") == 1


def test_a_finger_turns_a_knob(phone: Any) -> None:
    phone.locator("nav button", has_text="Turn").tap()
    knob = phone.locator("[data-control=x2]").bounding_box()
    x, y = knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 3
    phone.touch("touchStart", (x, y))
    for i in range(1, 11):
        phone.touch("touchMove", (x, y - 4 * i))
    phone.touch("touchEnd")
    until(phone, "drumatlas.store.state.values.x2 > 0.6")


def test_the_wheel_zooms_at_the_pointer_and_a_drag_of_the_other_button_pans(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes("--no-start"))
    area = page.locator("#map .screen").bounding_box()
    page.mouse.move(area["x"] + 300, area["y"] + 200)
    place = page.evaluate("drumatlas.map.view.toBox(300, 200)")
    z = page.evaluate("drumatlas.store.state.here.z")
    page.mouse.wheel(0, -500)
    until(page, "drumatlas.map.view.zoom > 1.5")
    assert page.evaluate("drumatlas.map.view.toBox(300, 200)") == pytest.approx(place, abs=1e-6)
    page.mouse.down(button="right")
    page.mouse.move(area["x"] + 340, area["y"] + 230, steps=4)
    page.mouse.up(button="right")
    assert page.evaluate("drumatlas.map.view.toBox(340, 230)") == pytest.approx(place, abs=1e-6)
    assert page.evaluate("drumatlas.store.state.here.z") == z


def test_the_point_under_the_pointer_is_named(
    boxes: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(boxes("--no-start"), script=WORDS)
    names = page.evaluate("drumatlas.atlas.genres.map((genre) => genre.name)")
    point = page.evaluate(
        """() => {
            const { points } = drumatlas.atlas;
            const room = (i) => Math.min(...Array.from(points.x, (x, j) =>
                i === j ? 1 : Math.hypot(x - points.x[i], points.y[j] - points.y[i])));
            const some = [...points.genre.keys()].filter((i) => points.genre[i] > 0).slice(0, 100);
            const i = some.reduce((best, one) => (room(one) > room(best) ? one : best));
            const [x, y] = drumatlas.map.view.toPixels(points.x[i], points.y[i]);
            const screen = document.querySelector("#map .screen").getBoundingClientRect();
            return { x: screen.x + x, y: screen.y + y, genre: points.genre[i] };
        }"""
    )
    page.mouse.move(point["x"], point["y"])
    until(
        page,
        "name => words.some((word) => /· (training|generated)$/.test(word)"
        " && word.startsWith(`${name} · `))",
        names[point["genre"]],
    )
