"""What is on the picture, told from its pixels."""

import pytest

pytest.importorskip("PIL", reason="the [oled] extra is not installed")

from dataclasses import replace

from PIL import Image

from drumatlas.oled.frame import SIDE, Frame, chart_line, pixel, read_chart
from drumatlas.oled.picture import draw

EMPTY = read_chart(chart_line([]))
LOOK = Frame(pixel(0.5, 0.5), 120.0, "house", 2, False, "", 0)
Rectangle = tuple[int, int, int, int]
GENRE, TEMPO, TRANSPORT, BEATS = (
    (SIDE + 3, 0, 128, 12),
    (SIDE + 3, 14, 128, 26),
    (SIDE + 3, 28, 128, 40),
    (SIDE + 3, 42, 128, 50),
)
REST: Rectangle = (SIDE + 3, 50, 128, 64)


def lit(picture: Image.Image, box: Rectangle) -> int:
    return picture.crop(box).histogram()[255]


def differs(a: Frame, b: Frame) -> set[str]:
    """The areas in which the pictures of two looks differ."""
    areas = {"genre": GENRE, "tempo": TEMPO, "transport": TRANSPORT, "beats": BEATS, "rest": REST}
    areas["map"] = (0, 0, SIDE, 64)
    one, other = draw(a, EMPTY), draw(b, EMPTY)
    return {
        name for name, box in areas.items() if one.crop(box).tobytes() != other.crop(box).tobytes()
    }


def test_it_fits_the_display() -> None:
    picture = draw(LOOK, EMPTY)
    assert (picture.size, picture.mode) == ((128, 64), "1")


def test_the_map_has_its_points_and_a_cross_in_a_hole() -> None:
    everywhere = [(x / 63, y / 63) for x in range(64) for y in range(64)]
    picture = draw(LOOK, read_chart(chart_line(everywhere)))
    x, y = LOOK.place
    assert all(picture.getpixel((x + d, y)) and picture.getpixel((x, y + d)) for d in range(-3, 4))
    assert not picture.getpixel((x + 1, y + 1))
    assert lit(picture, (x - 4, y - 4, x + 5, y + 5)) == 13
    assert picture.getpixel((x + 6, y + 6))
    assert lit(picture, (0, 0, SIDE, 64)) > 3000


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"genre": "funk"}, {"genre"}),
        ({"bpm": 121.5}, {"tempo"}),
        ({"is_following": True}, {"tempo"}),
        ({"beat": 3}, {"beats"}),
        ({"beat": None}, {"transport", "beats"}),
        ({"place": pixel(0.9, 0.1)}, {"map"}),
    ],
)
def test_each_thing_has_its_place(change: dict[str, object], where: set[str]) -> None:
    assert differs(LOOK, replace(LOOK, **change)) == where  # type: ignore[arg-type]


def test_stopped_no_beat_is_lit() -> None:
    assert lit(draw(replace(LOOK, beat=None), EMPTY), BEATS) < lit(draw(LOOK, EMPTY), BEATS)


def test_a_fault_is_dark_on_bright_over_the_whole_width() -> None:
    bar: Rectangle = (0, 52, 128, 64)
    assert lit(draw(LOOK, EMPTY), bar) == 0
    told = replace(LOOK, fault="TR-8S: unplugged", faults=1)
    assert lit(draw(told, EMPTY), bar) > 128 * 12 / 2
    assert differs(told, replace(told, faults=3)) == {"rest"}
    assert differs(told, LOOK) == {"map", "rest"}


@pytest.mark.parametrize("place", [(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)])
def test_at_the_edges_the_mark_stays_on_the_map(place: tuple[float, float]) -> None:
    assert differs(LOOK, replace(LOOK, place=pixel(*place))) == {"map"}


def test_any_text_can_be_drawn() -> None:
    draw(replace(LOOK, genre="日本 \0 \U0001f941" * 9, fault="½ é 日本\n" * 30, faults=12), EMPTY)
