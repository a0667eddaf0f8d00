import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import CODE_LIMIT, STEPS
from drumatlas.beat.drum_map import GM
from drumatlas.beat.drums import Reading
from drumatlas.errors import FileError
from drumatlas_export.mine import journal as journal_module
from drumatlas_export.mine.climate import SongClimate
from drumatlas_export.mine.drum_sets import DRUM_SETS
from drumatlas_export.mine.file import FileResult, Rules, mine_file
from drumatlas_export.mine.job import mine, rows
from drumatlas_export.mine.journal import Journal, _line, _result
from drumatlas_export.mine.patterns import Found
from drumatlas_export.mine.report import report
from drumatlas_export.mine.sources import Source, find_sources

pytestmark = pytest.mark.export

CODES = st.lists(st.integers(0, CODE_LIMIT - 1), min_size=STEPS, max_size=STEPS).map(tuple)
REMARKS = st.lists(st.text(), max_size=2)
LOST = st.dictionaries(st.integers(0, 127), st.integers(1, 999))
FOUND = st.builds(Found, CODES, st.floats(0, 0.5), st.integers(1, 99), st.text())
CLIMATES = st.builds(
    SongClimate, st.floats(20, 300), st.floats(0, 1), st.sampled_from(["", *DRUM_SETS])
)
RESULTS = st.builds(
    FileResult, st.text(), st.lists(FOUND, max_size=3), REMARKS, LOST, st.none() | CLIMATES
)


@given(RESULTS)
def test_a_line_gives_the_same_result_to_the_bit(result: FileResult) -> None:
    line = _line(result)
    assert line.count("\n") == 1
    assert _result(line) == result


class PowerCutError(Exception):
    pass


def first_line(sources: Sequence[Source]) -> str:
    """Return the line by which a journal knows its job."""
    with TemporaryDirectory() as folder, Journal(Path(folder) / "part", sources, Rules()):
        return (Path(folder) / "part").read_text(encoding="utf-8").strip()


def in_process(sources: Sequence[Source], rules: Rules) -> Iterable[FileResult]:
    return (mine_file(source, rules) for source in sources)


def cut_short(sources: Sequence[Source], rules: Rules) -> Iterable[FileResult]:
    for number, result in enumerate(in_process(sources, rules)):
        if number == 3:
            raise PowerCutError
        yield result


@pytest.fixture
def sources(
    tmp_path: Path, hits_of: Callable[..., list[tuple[int, int]]], write_midi: Callable[..., Path]
) -> list[Source]:
    beat = [1, 0, 4, 0, 6, 0, 4, 0, 5, 0, 4, 0, 6, 0, 4, 2] * 2
    for number in range(6):
        write_midi(
            tmp_path / "m" / f"song number{number}.mid",
            hits_of([*beat[:-1], number], 4),
            tempos=[(0, 500_000 + 10_000 * number)],
        )
    return find_sources([tmp_path / "m"], [])


def rock(_name: str) -> str:
    return "rock"


def test_a_job_that_was_cut_goes_on(tmp_path: Path, sources: list[Source]) -> None:
    path = tmp_path / "b.tsv.part"
    with pytest.raises(PowerCutError), Journal(path, sources, Rules()) as journal:
        mine(sources, rock, Rules(), cut_short, journal=journal)
    asked: list[int] = []

    def rest(left: Sequence[Source], rules: Rules) -> Iterable[FileResult]:
        asked.append(len(left))
        return in_process(left, rules)

    with Journal(path, sources, Rules()) as journal:
        mined = mine(sources, rock, Rules(), rest, journal=journal)
        journal.finish()
    whole = mine(sources, rock, Rules(), in_process)
    assert asked == [3]
    assert (rows(mined), report(mined)) == (rows(whole), report(whole))
    assert report(mined)["climates"]["rock"]["songs"] == 6
    assert not path.exists()


def kept_after(path: Path, sources: list[Source], rules: Rules) -> int:
    with Journal(path, sources, rules) as journal:
        return len(journal.kept)


def test_half_a_line_is_read_again(tmp_path: Path, sources: list[Source]) -> None:
    path = tmp_path / "part"
    with Journal(path, sources, Rules()) as journal:
        for result in in_process(sources, Rules()):
            journal.add(result)
    assert kept_after(path, sources, Rules()) == 6
    path.write_bytes(path.read_bytes()[:-5])
    assert kept_after(path, sources, Rules()) == 5


@pytest.mark.parametrize("other", ["rules", "map", "channels", "size", "age", "name", "foreign"])
def test_another_job_starts_from_the_beginning(
    tmp_path: Path, sources: list[Source], other: str
) -> None:
    path = tmp_path / "part"
    with Journal(path, sources, Rules(reading=Reading(GM))) as journal:
        journal.add(FileResult("was read"))
    rules = {
        "rules": Rules(4),
        "map": Rules(reading=Reading(replace(GM, table=GM.table[:-1] + b"\0"))),
        "channels": Rules(reading=Reading(GM, frozenset((0,)))),
    }.get(other, Rules(reading=Reading(GM)))
    first = sources[0].path
    if other == "size":
        first.write_bytes(b"")
    elif other == "age":
        os.utime(first, ns=(1, 1))
    elif other == "name":
        sources = sources[1:]
    elif other == "foreign":
        path.write_bytes(b"\xff\xfe")
    assert kept_after(path, sources, rules) == 0


GOOD = [*[1] * 32, 0.25, 3, ""]
HEAD = ["", [], [], None]


@pytest.mark.parametrize(
    "line",
    [
        "[" * 100_000,
        json.dumps([*HEAD, [*GOOD[:33], float("inf"), ""]]),
        json.dumps([*HEAD, [*GOOD[:32], float("nan"), 3, ""]]),
        json.dumps([*HEAD, [*GOOD[:32], "0.1", 3, ""]]),
        json.dumps([*HEAD, [*GOOD[:33], True, ""]]),
        json.dumps([*HEAD, [*GOOD[:33], "3", ""]]),
        json.dumps([*HEAD, [*GOOD[:34], None]]),
        json.dumps([*HEAD, [*["1"] * 32, *GOOD[32:]]]),
        json.dumps([*HEAD, [*[0.5] * 32, *GOOD[32:]]]),
        json.dumps([*HEAD, [*[1 << 14] * 32, *GOOD[32:]]]),
        json.dumps([*HEAD, GOOD[:20]]),
        json.dumps([*HEAD, GOOD[:2]]),
        json.dumps([*HEAD, 5]),
        json.dumps([*HEAD, "text"]),
        json.dumps(["\ud800"]),
        json.dumps(["", [], []]),
        *(
            json.dumps(["", [], [], climate])
            for climate in (
                [[*GOOD]],
                [120.0, 0.0],
                [120.0, 0.0, "", ""],
                ["120", 0.0, ""],
                [19.0, 0.0, ""],
                [float("inf"), 0.0, ""],
                [float("nan"), 0.0, ""],
                [120.0, 1.5, ""],
                [120.0, True, ""],
                [120.0, 0.0, "tabla"],
                [120.0, 0.0, []],
                [120.0, 0.0, None],
                120.0,
            )
        ),
        json.dumps([]),
        json.dumps([None]),
        json.dumps({"a": 1}),
        "5",
        "null",
        "9" * 5000,
        "",
        "\0",
    ],
    ids=lambda line: line[:12],
)
def test_a_forged_line_is_read_again(tmp_path: Path, sources: list[Source], line: str) -> None:
    path = tmp_path / "part"
    path.write_text(f"{first_line(sources)}\n{line}\n", encoding="utf-8")
    with Journal(path, sources, Rules()) as journal:
        assert (journal.kept, journal.is_replaced) == ([], True)
    forged = f'["good",[],[],null]\n{line}\n["not reached",[],[],null]\n'
    path.write_text(f"{first_line(sources)}\n{forged}", encoding="utf-8")
    with Journal(path, sources, Rules()) as journal:
        assert (journal.kept, journal.is_replaced) == ([FileResult("good")], False)


def test_a_line_that_never_ends_is_not_read_whole(
    tmp_path: Path, sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "_MAX_LINE", 200)
    path = tmp_path / "part"
    text = f'{first_line(sources)}\n["a",[],[],null]\n["{"b" * 300}",[],[],null]\n'
    path.write_text(text, encoding="utf-8")
    with Journal(path, sources, Rules()) as journal:
        assert journal.kept == [FileResult("a")]


def test_a_link_is_replaced_and_what_it_leads_to_is_left(
    tmp_path: Path, sources: list[Source]
) -> None:
    path, victim = tmp_path / "part", tmp_path / "victim"
    victim.write_text(f'{first_line(sources)}\n["forged"]\n', encoding="utf-8")
    before = victim.read_bytes()
    path.symlink_to(victim)
    with Journal(path, sources, Rules()) as journal:
        assert (journal.kept, journal.is_replaced) == ([], True)
        journal.add(FileResult("own"))
    assert not path.is_symlink()
    assert victim.read_bytes() == before
    assert kept_after(path, sources, Rules()) == 1


def test_a_link_that_comes_later_is_not_written_through(
    tmp_path: Path, sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, victim = tmp_path / "part", tmp_path / "victim"
    victim.write_bytes(b"precious")
    whole = journal_module.atomic

    @contextmanager
    def raced(path: Path) -> Iterator[IO[bytes]]:
        with whole(path) as stream:
            yield stream
        path.unlink()
        path.symlink_to(victim)

    monkeypatch.setattr(journal_module, "atomic", raced)
    with pytest.raises(FileError, match="part: can't be written: "):
        Journal(path, sources, Rules())
    assert victim.read_bytes() == b"precious"


def test_a_pipe_is_replaced_and_a_folder_is_an_error(tmp_path: Path, sources: list[Source]) -> None:
    os.mkfifo(tmp_path / "part")
    assert kept_after(tmp_path / "part", sources, Rules()) == 0
    assert (tmp_path / "part").is_file()
    (tmp_path / "other").mkdir()
    with pytest.raises(FileError, match="other: can't be written"):
        Journal(tmp_path / "other", sources, Rules())


def test_a_journal_of_another_user_is_ignored(
    tmp_path: Path, sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "part"
    with Journal(path, sources, Rules()) as journal:
        journal.add(FileResult("was read"))
    if os.getuid() == 0:
        os.chown(path, 12345, -1)
    else:
        monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert kept_after(path, sources, Rules()) == 0
