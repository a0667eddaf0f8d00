import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.tsv import BeatRow, format_rows, parse, parse_line
from drumatlas.errors import BeatError

CODE = (1,) + (0,) * 31
LINE = ",".join(map(str, CODE))

floats = st.floats(allow_nan=False, allow_infinity=False, width=32)
labels = st.text(alphabet="abcdefghijklmnopqrstuvwxyz -", min_size=1).filter(str.strip)
rows = st.builds(
    BeatRow,
    code=st.lists(st.integers(0, 16383), min_size=32, max_size=32).map(tuple),
    latent=st.none() | st.tuples(floats, floats, floats, floats),
    xy=st.none() | st.tuples(floats, floats),
    labels=st.lists(labels, max_size=3).map(tuple),
    songs=st.lists(
        st.text(alphabet="abc 123", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=2
    ).map(tuple),
)


@given(st.lists(rows, max_size=5))
def test_written_rows_read_back(written: list[BeatRow]) -> None:
    assert list(parse(format_rows(written))) == written


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (LINE, BeatRow(CODE)),
        (LINE + "\r\n", BeatRow(CODE)),
        (LINE + "\t1,2,3,4.5", BeatRow(CODE, (1, 2, 3, 4.5))),
        (LINE + "\t1,2,3,4\t-1e1,2", BeatRow(CODE, (1, 2, 3, 4), (-10, 2))),
        (LINE + "\t1,2,3,4\t5,6\trock;pop", BeatRow(CODE, (1, 2, 3, 4), (5, 6), ("rock", "pop"))),
        (LINE + "\trock", BeatRow(CODE, labels=("rock",))),
    ],
)
def test_each_field_is_optional(line: str, row: BeatRow) -> None:
    assert parse_line(line) == row


def test_comments_and_empty_lines_are_skipped() -> None:
    lines = ["# a comment\n", "\n", LINE + "\n", "# songs: a | b\n", LINE + "\n"]
    assert [row.songs for row in parse(lines)] == [(), ("a", "b")]


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        LINE + ",1",
        LINE[2:],
        LINE.replace("1", "16384"),
        LINE.replace("1", "-1"),
        LINE.replace("1", "1.5"),
        LINE + "\t1,2,3,nan",
        LINE + "\t1,2,3,inf",
        LINE + "\t1,2,3,4\t5,6\trock\tmore",
        LINE + "\t1,2,3,4\t1,2,3,4",
    ],
)
def test_wrong_lines_name_file_and_line(line: str) -> None:
    with pytest.raises(BeatError, match=r"f\.tsv, line 2: "):
        list(parse([LINE, line + " "], "f.tsv"))


@given(st.text())
def test_any_text_parses_or_is_a_beat_error(text: str) -> None:
    with contextlib.suppress(BeatError):
        assert all(len(row.code) == 32 for row in parse(text.splitlines()))
