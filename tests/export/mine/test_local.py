import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas_export.mine import local
from drumatlas_export.mine.file import FileResult, Rules, mine_file
from drumatlas_export.mine.local import DIED, mine_batch, mine_here, mine_locally
from drumatlas_export.mine.sources import Source, find_sources

pytestmark = pytest.mark.export


def deadly(source: Source, rules: Rules) -> FileResult:
    """Stands for a file that takes its process with it."""
    if source.name == "b.mid":
        os._exit(9)
    return mine_file(source, rules)


def deadly_batch(batch: list[Source], rules: Rules) -> list[FileResult]:
    return [deadly(source, rules) for source in batch]


@pytest.fixture
def sources(tmp_path: Path, write_midi: Callable[..., Path]) -> list[Source]:
    for name in "abc":
        write_midi(tmp_path / f"{name}.mid", [(0, 36)])
    return find_sources([tmp_path], [])


def test_a_file_that_kills_its_worker_is_refused_and_the_others_are_not(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "mine_batch", deadly_batch)
    monkeypatch.setattr(local, "BATCH", 2)
    told = [one.refusal for one in mine_locally(sources, Rules(), 2)]
    fine = "no two bars are played 3 times in a row"
    assert told == [fine, DIED, fine]


def test_a_worker_that_dies_while_results_are_taken_costs_its_file_only(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "mine_batch", deadly_batch)
    monkeypatch.setattr(local, "BATCH", 1)
    monkeypatch.setattr(local, "_AHEAD", 2)  # a and b are handed out, c is not
    pools = []
    make = local._pool
    monkeypatch.setattr(local, "_pool", lambda jobs: pools.append(make(jobs)) or pools[-1])
    results = mine_locally(sources, Rules(), 1)
    told = [next(results).refusal]
    while not pools[0]._broken:  # b's worker dies, and c will find nobody
        time.sleep(0.01)
    told += [one.refusal for one in results]
    fine = "no two bars are played 3 times in a row"
    assert told == [fine, DIED, fine]


def test_a_file_that_takes_too_long_is_refused(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = local.signal.signal(local.signal.SIGALRM, local._overtime)
    monkeypatch.setattr(local, "MAX_SECONDS", 0.05)
    monkeypatch.setattr(local, "mine_file", lambda *_: time.sleep(60))
    try:
        assert [one.refusal for one in mine_batch(sources, Rules())] == ["took over 0.05 s"] * 3
    finally:
        local.signal.signal(local.signal.SIGALRM, before)
    assert local.signal.getitimer(local.signal.ITIMER_REAL)[0] == 0


def swollen(_source: Source, _rules: Rules) -> FileResult:
    bytearray(local.MAX_MEMORY)
    raise AssertionError("there is a limit")


def swollen_batch(batch: list[Source], rules: Rules) -> list[FileResult]:
    local.mine_file = swollen  # in the worker, which the test's own patches do not reach
    return mine_batch(batch, rules)


def test_a_file_that_takes_too_much_memory_is_refused(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "mine_batch", swollen_batch)
    told = [one.refusal for one in mine_locally(sources, Rules(), 1)]
    assert told == ["took over 1024 MiB of memory"] * 3


def test_without_workers_the_same_comes_from_one_process(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert local.why_no_workers() == ""
    before = local.signal.getsignal(local.signal.SIGALRM)
    assert list(mine_here(sources, Rules())) == list(mine_locally(sources, Rules(), 2))
    monkeypatch.setattr(local, "MAX_SECONDS", 0.05)
    monkeypatch.setattr(local, "mine_file", lambda *_: time.sleep(60))
    assert [one.refusal for one in mine_here(sources, Rules())] == ["took over 0.05 s"] * 3
    assert local.signal.getsignal(local.signal.SIGALRM) == before


def test_a_machine_without_shared_locks_has_no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        def Lock(self) -> None:  # noqa: N802 - multiprocessing's name
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(local, "get_context", lambda _: Context())
    assert local.why_no_workers() == "Permission denied"


def test_no_files_give_no_results() -> None:
    assert list(mine_locally([], Rules(), 0)) == []


def test_workers_are_on_a_safe_path_and_what_else_starts_is_not(sources: list[Source]) -> None:
    before = dict(os.environ)
    results = mine_locally(sources, Rules(), 1)
    next(results)
    assert os.environ["PYTHONSAFEPATH"] == "1"
    assert len(list(results)) == len(sources) - 1
    assert dict(os.environ) == before
