"""Files to worker processes of this machine, results back in the order of the files.

The limits of `mine_file` are part of its result. Those here are for what nobody thought of: a
file over which a worker hangs, swells or dies costs that file, and not the job.
"""

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from types import FrameType

from drumatlas_export.mine.file import FileResult, Rules, mine_file
from drumatlas_export.mine.sources import Source

BATCH = 32  # files that a worker takes at once
MOST_SECONDS = 30  # of a file
MOST_MEMORY = 1 << 30  # bytes that a worker may take beyond what it has when it starts
DIED = "its worker died: out of memory, or a crash"
_AHEAD = 4  # batches a worker, so that none waits
_PAGE = 4096

Batch = Sequence[Source]


class _OvertimeError(Exception):
    """A file took too long."""


def mine_locally(sources: Sequence[Source], rules: Rules, jobs: int) -> Iterator[FileResult]:
    """A result for each of `sources`, by `jobs` processes."""
    with _safe_path():
        yield from _mine_in_workers(sources, rules, max(jobs, 1))


@contextmanager
def _safe_path() -> Iterator[None]:
    """Processes that start meanwhile take no module from the current folder, which may hold
    anybody's files."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTHONSAFEPATH"]
        if before is not None:
            os.environ["PYTHONSAFEPATH"] = before


def _mine_in_workers(sources: Sequence[Source], rules: Rules, jobs: int) -> Iterator[FileResult]:
    batches = deque(_batches(sources))
    waiting: deque[tuple[Batch, Future[list[FileResult]]]] = deque()
    pool = _pool(jobs)
    try:
        while batches or waiting:
            results: Iterable[FileResult]
            try:
                while batches and len(waiting) < _AHEAD * jobs:
                    waiting.append((batches[0], pool.submit(mine_batch, batches[0], rules)))
                    batches.popleft()
                results = waiting[0][1].result()
                waiting.popleft()
            except BrokenProcessPool:  # also at submit: a worker died while results were taken
                batches.extendleft(reversed([one for one, _ in waiting]))
                waiting.clear()
                pool.shutdown()
                pool = _pool(jobs)
                results = _one_by_one(batches.popleft(), rules)
            yield from results
    finally:
        pool.shutdown(cancel_futures=True)


def why_no_workers() -> str:
    """Return why this machine can't have worker processes (they share locks, which on Linux takes
    a /dev/shm that can be written), or ''."""
    try:
        get_context("spawn").Lock()
    except (OSError, ImportError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""


def mine_here(sources: Sequence[Source], rules: Rules) -> Iterator[FileResult]:
    """A result for each of `sources`, by the main thread of this process: for machines that can't
    have workers. A file's time is limited as theirs; one that exhausts the memory ends the job."""
    has_alarm = hasattr(signal, "SIGALRM")
    before = (has_alarm and signal.signal(signal.SIGALRM, _overtime)) or signal.SIG_DFL
    try:
        for source in sources:
            yield _guarded(source, rules)
    finally:
        if has_alarm:
            signal.signal(signal.SIGALRM, before)


def _batches(sources: Sequence[Source]) -> Iterator[Batch]:
    return (sources[i : i + BATCH] for i in range(0, len(sources), BATCH))


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker)


def _one_by_one(batch: Batch, rules: Rules) -> Iterator[FileResult]:
    """The same where a worker died: only the file that it dies of again is refused."""
    pool = _pool(1)
    try:
        for source in batch:
            try:
                yield from pool.submit(mine_batch, [source], rules).result()
            except BrokenProcessPool:
                yield FileResult(DIED)
                pool.shutdown()
                pool = _pool(1)
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    # Ctrl-C goes to all processes of a terminal; the one that began the job ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):  # not on Windows
        signal.signal(signal.SIGALRM, _overtime)
        _limit_memory()


def _limit_memory() -> None:
    import resource  # noqa: PLC0415 - Unix only

    try:
        has = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * _PAGE
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (has + MOST_MEMORY, hard))
    except (OSError, ValueError):
        return  # no Linux, or a lower limit is set


def _overtime(_signum: int, _frame: FrameType | None) -> None:
    raise _OvertimeError


def mine_batch(batch: Batch, rules: Rules) -> list[FileResult]:
    """The results of some files, in a worker."""
    return [_guarded(source, rules) for source in batch]


def _guarded(source: Source, rules: Rules) -> FileResult:
    has_alarm = hasattr(signal, "setitimer")
    try:
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
        return mine_file(source, rules)
    except _OvertimeError:
        return FileResult(f"took over {MOST_SECONDS} s")
    except MemoryError:
        return FileResult(f"took over {MOST_MEMORY >> 20} MiB of memory")
    finally:
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
