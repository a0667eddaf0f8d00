import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from drumatlas.errors import PortError
from drumatlas_export.mine import cluster
from drumatlas_export.mine.cluster import mine_on_cluster
from drumatlas_export.mine.file import Rules
from drumatlas_export.mine.local import mine_locally
from drumatlas_export.mine.sources import Source, find_sources

pytestmark = pytest.mark.export

needs_dask = pytest.mark.skipif(
    find_spec("distributed") is None, reason="distributed missing; pip install -e '.[dask]'"
)
NOBODY = "tcp://127.0.0.1:9"


@pytest.fixture
def sources(
    tmp_path: Path, hits_of: Callable[..., list[tuple[int, int]]], write_midi: Callable[..., Path]
) -> list[Source]:
    beat = [1, 0, 4, 0, 6, 0, 4, 0, 5, 0, 4, 0, 6, 0, 4, 2] * 2
    for number in range(70):  # more than two batches
        hits = hits_of([*beat[:-1], number], 2 + number % 3)
        write_midi(tmp_path / "m" / f"song number{number}.mid", hits)
    (tmp_path / "m" / "broken.mid").write_bytes(b"MThd")
    with ZipFile(tmp_path / "m" / "z.zip", "w") as archive:
        for number in range(3):
            name = f"song number{number}.mid"
            archive.write(tmp_path / "m" / name, f"inside/{name}")
    return find_sources([tmp_path], [])


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with two workers, each a process."""
    from distributed import LocalCluster

    with LocalCluster(2, threads_per_worker=1, dashboard_address=":0") as one:
        yield one.scheduler_address


@needs_dask
def test_a_cluster_gives_what_this_machine_gives(sources: list[Source], address: str) -> None:
    here = list(mine_locally(sources, Rules(), 2))
    assert list(mine_on_cluster(sources, Rules(), address)) == here
    assert {one.refusal for one in here if one.refusal} == {
        "no two bars are played 3 times in a row",
        "malformed: cut short: the file ends within its header",
    }


@needs_dask
def test_mine_writes_the_same_bytes_from_a_cluster(
    run: Any, sources: list[Source], address: str, tmp_path: Path
) -> None:
    folder = sources[0].path.parent
    for name, more in (("here", ["--jobs", 2]), ("there", ["--dask", address])):
        options = ["-o", tmp_path / f"{name}.tsv", "--report", tmp_path / f"{name}.json", *more]
        assert run("mine", folder, *options)[0] == 0
    for kind in ("tsv", "json"):
        here, there = ((tmp_path / f"{name}.{kind}").read_bytes() for name in ("here", "there"))
        assert here == there
        assert len(here) > 1000


@needs_dask
def test_workers_that_do_not_see_the_files_are_an_error(address: str, tmp_path: Path) -> None:
    gone = Source(tmp_path / "gone.mid", "gone.mid", "m", False)
    with pytest.raises(PortError, match=r"can't see .*gone\.mid; the workers need the files"):
        list(mine_on_cluster([gone], Rules(), address))


@needs_dask
def test_workers_of_another_version_are_an_error(
    sources: list[Source], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "__version__", "99")
    with pytest.raises(PortError, match=r"has drumatlas [\d.]+, not 99"):
        list(mine_on_cluster(sources, Rules(), address))


@needs_dask
@pytest.mark.parametrize("wrong", [NOBODY, "nonsense", "tcp://", "gopher://x:1", "127.0.0.1:x"])
def test_an_unreachable_scheduler_is_an_error(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setattr(cluster, "_WAIT_S", 0.5)
    with pytest.raises(PortError, match="no scheduler answers there"):
        list(mine_on_cluster(sources, Rules(), wrong))


@needs_dask
def test_a_scheduler_without_workers_is_an_error(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(cluster, "_WAIT_S", 2)
    with LocalCluster(1, processes=False, dashboard_address=":0") as one:
        one.scale(0)
        while one.scheduler.workers:
            time.sleep(0.01)
        with pytest.raises(PortError, match="no workers"):
            list(mine_on_cluster(sources, Rules(), one.scheduler_address))


def test_without_the_extra_it_says_what_to_install(
    sources: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(PortError, match=r"--dask: distributed is missing; pip install"):
        list(mine_on_cluster(sources, Rules(), NOBODY))
