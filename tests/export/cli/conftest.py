"""A folder of input for the commands that make and measure models."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from drumatlas.beat.tsv import BeatRow
from support.model_files import write_model_files

if TYPE_CHECKING:
    from drumatlas_export.space import Space

_MEASURED: dict[tuple[object, ...], dict[str, Any]] = {}


@pytest.fixture
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `evaluate` measure little, and the same only once: that it gives the same scores again is
    tested in `export/score/test_job.py`, and here how they are printed and passed on."""
    from drumatlas_export.score import job

    evaluate = job.evaluate

    def once(
        space: "Space",
        train: Sequence[BeatRow],
        test: Sequence[BeatRow],
        seed: int = 0,
        others: Sequence[BeatRow] | None = None,
    ) -> dict[str, Any]:
        network = space.decode(space.sample(20, 1)).tobytes()
        rows = tuple(tuple(some or ()) for some in (train, test, others))
        key = (space.name, space.thresholds.tobytes(), network, *rows, others is None, seed)
        if key not in _MEASURED:
            _MEASURED[key] = evaluate(space, train, test, seed, others, samples=400, places=60)
        return deepcopy(_MEASURED[key])

    monkeypatch.setattr(job, "evaluate", once)


@pytest.fixture
def here(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows: list[BeatRow],
    model_path: Path,
    atlas_path: Path,
) -> Path:
    """The working folder, with good and bad files of all kinds."""
    monkeypatch.chdir(tmp_path)
    write_model_files(tmp_path, rows, model_path.read_bytes(), atlas_path.read_bytes())
    return tmp_path
