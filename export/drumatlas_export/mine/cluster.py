"""Mine on a Dask cluster: its workers read the files, the results come back in order.

Workers need this package and must see the files under the same paths. The result of a file depends
on its bytes alone (`mine_file`), so the output equals that of a local run, byte for byte.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from drumatlas import __version__
from drumatlas.errors import PortError
from drumatlas_export.mine.file import FileResult, Rules, mine_file
from drumatlas_export.mine.local import BATCH, DIED, Batch
from drumatlas_export.mine.sources import Source

DaskClient = Any  # distributed has no types

_WAIT_S = 10  # for the scheduler to answer, and for a first worker
_AHEAD = 4  # batches submitted per thread of the cluster


def mine_on_cluster(sources: Sequence[Source], rules: Rules, address: str) -> Iterator[FileResult]:
    """Yield a result for each of `sources`, in order, from the workers of a Dask scheduler.

    PortError if the scheduler at `address` can't be reached or has no workers, or if its workers
    can't do the job.
    """
    with _client(address) as client:
        _check_workers(client, address, sources)
        yield from _results(client, sources, rules, address)


@contextmanager
def _client(address: str) -> Iterator[DaskClient]:
    try:
        distributed = import_module("distributed")  # of the extra drumatlas[dask]
    except ImportError as error:
        raise PortError(
            f"--dask: {error.name or 'distributed'} is missing", "pip install 'drumatlas[dask]'"
        ) from None
    try:
        client = distributed.Client(address, timeout=_WAIT_S, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:  # TimeoutError is an OSError
        raise PortError(f"--dask {address}: no scheduler answers there: {error}") from None
    try:
        yield client
    finally:
        client.close()


def _check_workers(client: DaskClient, address: str, sources: Sequence[Source]) -> None:
    """Raise PortError if no worker runs, or one has another version or can't see the files."""
    try:
        client.wait_for_workers(1, timeout=_WAIT_S)
        answers: dict[str, Any] = client.run(_inspect, sources[0].path if sources else None)
    except TimeoutError:
        raise PortError(f"--dask {address}: the scheduler has no workers") from None
    except Exception as error:  # anything that keeps a worker from importing this package
        raise PortError(
            f"--dask {address}: a worker can't run the job ({error})",
            "install 'drumatlas[export]' where the workers run",
        ) from None
    for worker, (version, is_there) in answers.items():
        if version != __version__:
            raise PortError(f"--dask {worker}: has drumatlas {version}, not {__version__}")
        if not is_there:
            raise PortError(
                f"--dask {worker}: can't see {sources[0].path}",
                "the workers need the files under the same path",
            )


def _inspect(path: Path | None) -> tuple[str, bool]:
    return __version__, path is None or path.exists()


def _mine(batch: Batch, rules: Rules) -> list[FileResult]:
    return [mine_file(source, rules) for source in batch]


def _results(
    client: DaskClient, sources: Sequence[Source], rules: Rules, address: str
) -> Iterator[FileResult]:
    batches = deque(sources[i : i + BATCH] for i in range(0, len(sources), BATCH))
    ahead = _AHEAD * max(sum(client.nthreads().values()), 1)
    waiting: deque[tuple[Batch, Any]] = deque()
    while batches or waiting:
        while batches and len(waiting) < ahead:
            batch = batches.popleft()
            waiting.append((batch, client.submit(_mine, batch, rules, pure=False)))
        batch, future = waiting.popleft()
        yield from _fetched(client, batch, future, rules, address)


def _fetched(
    client: DaskClient, batch: Batch, future: Any, rules: Rules, address: str
) -> Iterator[FileResult]:
    """Yield the results of `future`; if its workers died, mine its files one by one."""
    distributed = import_module("distributed")
    try:
        yield from future.result()
    except distributed.KilledWorker:
        if len(batch) == 1:
            yield FileResult(DIED)
            return
        for source in batch:
            again = client.submit(_mine, [source], rules, pure=False)
            yield from _fetched(client, [source], again, rules, address)
    except (OSError, distributed.CancelledError) as error:
        raise PortError(f"--dask {address}: the scheduler is gone: {error}") from None
