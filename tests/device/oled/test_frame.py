import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.errors import ConfigError, ControlError
from drumatlas.oled.chips import check_chip
from drumatlas.oled.frame import SIDE, Frame, chart_line, pixel, read_chart, read_frame

UNIT = st.floats(0, 1)
LOOKS = st.builds(
    Frame,
    place=st.builds(pixel, UNIT, UNIT),
    bpm=st.floats(20, 300),
    genre=st.text(max_size=20),
    beat=st.none() | st.integers(0, 7),
    is_following=st.booleans(),
    fault=st.text(max_size=100),
    faults=st.integers(0, 9),
)


@given(LOOKS)
def test_a_look_goes_through_a_pipe_in_one_piece(frame: Frame) -> None:
    line = frame.line()
    assert line.count(b"\n") == 1
    assert len(line) < 4096, "PIPE_BUF: written whole or not at all"
    assert read_frame(line) == frame


def test_a_fault_is_cut_where_the_line_would_be_too_long() -> None:
    frame = Frame((1, 1), 120, "x" * 80, 0, False, "ü" * 5000, 1)
    assert len(frame.line()) < 4096


@given(st.binary(max_size=60))
def test_a_malformed_line_is_an_error(line: bytes) -> None:
    with pytest.raises(ControlError):
        read_frame(line)
    with pytest.raises(ControlError):
        read_chart(line)


@given(st.floats(-1, 2), st.floats(-1, 2))
def test_a_place_lies_on_the_map(x: float, y: float) -> None:
    across, down = pixel(x, y)
    assert 1 <= across <= SIDE - 2
    assert 1 <= down <= SIDE - 2


@given(st.lists(st.tuples(UNIT, UNIT), max_size=30))
def test_a_chart_has_a_dot_for_each_point(places: list[tuple[float, float]]) -> None:
    bits = read_chart(chart_line(places))
    dots = {(i % SIDE, i // SIDE) for i in range(SIDE * SIDE) if bits[i // 8] & 0x80 >> i % 8}
    assert dots == {pixel(*place) for place in places}


@pytest.mark.parametrize("chip", ["", "ssd1306", "sh1106", "png:box.png"])
def test_known_displays_are_accepted(chip: str) -> None:
    check_chip(chip)


@pytest.mark.parametrize("chip", ["ssd1305 ", "png:", "oled"])
def test_an_unknown_display_is_refused(chip: str) -> None:
    with pytest.raises(ConfigError, match="ssd1306"):
        check_chip(chip)
