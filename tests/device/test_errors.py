import pytest

from drumatlas.errors import MOST, AtlasError, FileError, PortError


@pytest.mark.parametrize("kind", [AtlasError, FileError, PortError])
def test_a_message_is_one_line_that_can_be_shown(kind: type[Exception]) -> None:
    text = str(kind("a\nb\x1b[31m\u2028c\ud800 é"))
    assert text == r"a b\x1b[31m c\ud800 é"


def test_of_a_long_message_both_ends_are_left() -> None:
    text = str(AtlasError("begin" + "x" * 100_000 + "end"))
    assert len(text) < MOST
    assert text.startswith("begin")
    assert text.endswith("end")
