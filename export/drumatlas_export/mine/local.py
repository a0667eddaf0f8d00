"""Mine in worker processes of this machine; results come back in the order of the files.

`mine_file` has limits of its own, which are part of its result. The limits here catch everything
else: a file that makes a worker hang, run out of memory or crash is refused, and the job goes on.
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

BATCH = 32  # files that a worker gets at once
MAX_SECONDS = 30  # per file
MAX_MEMORY = 1 << 30  # bytes that a worker may allocate beyond its size at the start
DIED = "its worker died: out of memory, or a crash"
_AHEAD = 4  # batches queued per worker, so that no worker waits
_PAGE = 4096

Batch = Sequence[Source]


class _OvertimeError(Exception):
    """A file took too long."""


def mine_locally(sources: Sequence[Source], rules: Rules, jobs: int) -> Iterator[FileResult]:
    """Yield a result for each of `sources`, in order, using `jobs` processes."""
    with _safe_path():
        yield from _mine_in_workers(sources, rules, max(jobs, 1))


@contextmanager
def _safe_path() -> Iterator[None]:
    """Keep processes started meanwhile from importing modules of the current folder.

    That folder may hold files of strangers.
    """
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
            except BrokenProcessPool:  # submit raises it, too, once a worker has died
                batches.extendleft(reversed([one for one, _ in waiting]))
                waiting.clear()
                pool.shutdown()
                pool = _pool(jobs)
                results = _one_by_one(batches.popleft(), rules)
            yield from results
    finally:
        pool.shutdown(cancel_futures=True)


def why_no_workers() -> str:
    """Return why this machine can't have worker processes, or ''.

    They share locks, which on Linux need a writable /dev/shm.
    """
    try:
        get_context("spawn").Lock()
    except (OSError, ImportError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""


def mine_here(sources: Sequence[Source], rules: Rules) -> Iterator[FileResult]:
    """Yield a result for each of `sources` from the main thread, where workers can't be started.

    The time per file is limited as in a worker. Memory is not: a file that exhausts it ends the
    job.
    """
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
    """Mine a batch on which a worker died; refuse only the files that kill a worker again."""
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
    # Ctrl-C reaches all processes of a terminal; the parent stops its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):  # not on Windows
        signal.signal(signal.SIGALRM, _overtime)
        _limit_memory()


def _limit_memory() -> None:
    import resource  # noqa: PLC0415 - Unix only

    try:
        has = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * _PAGE
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (has + MAX_MEMORY, hard))
    except (OSError, ValueError):
        return  # not Linux, or a lower limit is set


def _overtime(_signum: int, _frame: FrameType | None) -> None:
    raise _OvertimeError


def mine_batch(batch: Batch, rules: Rules) -> list[FileResult]:
    """Return the results of some files; runs in a worker."""
    return [_guarded(source, rules) for source in batch]


def _guarded(source: Source, rules: Rules) -> FileResult:
    has_alarm = hasattr(signal, "setitimer")
    try:
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
        return mine_file(source, rules)
    except _OvertimeError:
        return FileResult(f"took over {MAX_SECONDS} s")
    except MemoryError:
        return FileResult(f"took over {MAX_MEMORY >> 20} MiB of memory")
    finally:
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
