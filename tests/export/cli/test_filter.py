"""`drumatlas-export filter`: which lines of a file of beats pass."""

from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas.beat.codes import Code
from support.beats import DULL, FUNK, ROCK, rotate, rows_of

pytestmark = pytest.mark.export

Run = Callable[..., tuple[int, str, str]]
Refuses = Callable[..., str]


def line(code: Code) -> str:
    return ",".join(map(str, code))


SAMPLES = (
    "# songs: one | two\r\n"
    f"{line(ROCK)}\t1,2,3,4\trock\r\n"
    f"{line(DULL)}\tdull\n"
    "\n"
    "   \r\n"
    "#no space\n"
    f"{line(FUNK)}\t0.10,2,3,4e0\t-1,1\tfunk;;window\n"
    f"{line(rotate(ROCK, 11))}"
)


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    path = tmp_path / "in.tsv"
    path.write_bytes(SAMPLES.encode())
    return path


def test_filter_keeps_lines_byte_for_byte(run: Run, samples: Path, tmp_path: Path) -> None:
    code, out, err = run("filter", samples, "-o", tmp_path / "out.tsv")
    assert (code, out) == (0, "")
    assert err == f"{tmp_path / 'out.tsv'}: 3 of 4 beats pass\n"
    expected = SAMPLES.replace(f"{line(DULL)}\tdull\n", "")
    assert (tmp_path / "out.tsv").read_bytes() == expected.encode()


def test_filter_bars_known_beats_in_any_rotation(run: Run, samples: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.tsv"
    known.write_text(f"{line(rotate(ROCK, 3))}\n", encoding="utf-8")
    more = tmp_path / "more.tsv"
    more.write_text(f"{line(DULL)}\n{line(rotate(FUNK, 31))}\trock\n", encoding="utf-8")
    out = tmp_path / "out.tsv"
    assert run("filter", samples, "-o", out, "--known", known)[0] == 0
    assert [code for code, _, _ in rows_of(out)] == [FUNK]
    code, _, err = run("filter", samples, "-o", out, "--known", known, "--known", more)
    assert (code, err) == (0, f"{out}: 0 of 4 beats pass\n")
    assert out.read_bytes() == b"# songs: one | two\r\n\n   \r\n#no space\n"


@pytest.mark.parametrize(("entropy", "beats"), [("0.56", 4), ("0.57", 3), ("4", 0)])
def test_filter_goes_by_the_entropy(
    run: Run, samples: Path, tmp_path: Path, entropy: str, beats: int
) -> None:
    run("filter", samples, "-o", tmp_path / "out.tsv", "--min-entropy", entropy)
    assert len(rows_of(tmp_path / "out.tsv")) == beats


def test_filter_may_write_where_it_read(run: Run, samples: Path) -> None:
    assert run("filter", samples, "-o", samples)[0] == 0
    assert len(rows_of(samples)) == 3


def test_filter_of_no_beats_is_no_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.tsv").write_bytes(b"# nothing\r\n")
    code, _, err = run("filter", tmp_path / "in.tsv", "-o", tmp_path / "out.tsv")
    assert (code, err) == (0, f"{tmp_path / 'out.tsv'}: 0 of 0 beats pass\n")
    assert (tmp_path / "out.tsv").read_bytes() == b"# nothing\r\n"


@pytest.mark.parametrize(
    ("culprit", "words"),
    [
        ("no.tsv: No such file", ["no.tsv", "-o", "out.tsv"]),
        ("bad.tsv, line 3: 'hello' is not a list of integers", ["bad.tsv", "-o", "out.tsv"]),
        ("high.tsv, line 1: step 31 is 16384", ["high.tsv", "-o", "out.tsv"]),
        ("binary.tsv: not a text file", ["binary.tsv", "-o", "out.tsv"]),
        ("bad.tsv, line 3", ["in.tsv", "-o", "out.tsv", "--known", "bad.tsv"]),
        ("empty.tsv: no beats", ["in.tsv", "-o", "out.tsv", "--known", "empty.tsv"]),
        ("no.tsv", ["in.tsv", "-o", "out.tsv", "--known", "no.tsv"]),
        ("gone/out.tsv", ["in.tsv", "-o", "gone/out.tsv"]),
        ("folder: is a folder", ["in.tsv", "-o", "folder"]),
        ("--min-entropy", ["in.tsv", "-o", "out.tsv", "--min-entropy", "5"]),
    ],
)
def test_filter_refuses(
    refuses: Refuses, samples: Path, monkeypatch: pytest.MonkeyPatch, culprit: str, words: list[str]
) -> None:
    monkeypatch.chdir(samples.parent)
    Path("folder").mkdir()
    Path("bad.tsv").write_text(f"# x\n{line(ROCK)}\nhello\n", encoding="utf-8")
    Path("high.tsv").write_text(line((*ROCK[:31], 16384)), encoding="utf-8")
    Path("binary.tsv").write_bytes(b"\x93\x00\xff")
    Path("empty.tsv").touch()
    refuses(culprit, "filter", *words)


def test_a_name_that_is_too_long_is_refused(refuses: Refuses, samples: Path) -> None:
    refuses("too long", "filter", samples, "-o", samples.parent / ("x" * 300))
