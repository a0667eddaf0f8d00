import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import CODE_LIMIT, STEPS
from drumatlas_export.mine.file import FileResult, Rules, mine_file
from drumatlas_export.mine.job import mine, rows
from drumatlas_export.mine.journal import Journal, _line, _result
from drumatlas_export.mine.patterns import Found
from drumatlas_export.mine.report import report
from drumatlas_export.mine.sources import Source, find_sources

pytestmark = pytest.mark.export

CODES = st.lists(st.integers(0, CODE_LIMIT - 1), min_size=STEPS, max_size=STEPS).map(tuple)
FOUND = st.builds(Found, CODES, st.floats(0, 0.5), st.integers(1, 99), st.text())


@given(
    st.builds(FileResult, st.text(), st.lists(FOUND, max_size=3), st.lists(st.text(), max_size=3))
)
def test_a_line_gives_the_same_result_to_the_bit(result: FileResult) -> None:
    line = _line(result)
    assert line.count("\n") == 1
    assert _result(line) == result


class PowerCutError(Exception):
    pass


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
        write_midi(tmp_path / "m" / f"song number{number}.mid", hits_of([*beat[:-1], number], 4))
    return find_sources([tmp_path / "m"], [])


def nothing(_name: str) -> None:
    return None


def test_a_job_that_was_cut_goes_on(tmp_path: Path, sources: list[Source]) -> None:
    path = tmp_path / "b.tsv.part"
    with pytest.raises(PowerCutError), Journal(path, sources, Rules()) as journal:
        mine(sources, nothing, Rules(), cut_short, journal=journal)
    asked: list[int] = []

    def rest(left: Sequence[Source], rules: Rules) -> Iterable[FileResult]:
        asked.append(len(left))
        return in_process(left, rules)

    with Journal(path, sources, Rules()) as journal:
        mined = mine(sources, nothing, Rules(), rest, journal=journal)
        journal.finish()
    whole = mine(sources, nothing, Rules(), in_process)
    assert asked == [3]
    assert (rows(mined), report(mined)) == (rows(whole), report(whole))
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


@pytest.mark.parametrize("other", ["rules", "size", "age", "name", "foreign"])
def test_another_job_begins_anew(tmp_path: Path, sources: list[Source], other: str) -> None:
    path = tmp_path / "part"
    with Journal(path, sources, Rules()) as journal:
        journal.add(FileResult("was read"))
    rules = Rules(4) if other == "rules" else Rules()
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
