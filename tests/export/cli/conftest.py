"""A folder of input for the commands that make and measure models."""

from functools import partial
from pathlib import Path

import pytest

from drumatlas.beat.tsv import BeatRow
from support.model_files import write_model_files


@pytest.fixture
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `evaluate` measure little."""
    from drumatlas_export.score import job

    quick = partial(job.evaluate, samples=400, places=60)
    monkeypatch.setattr(job, "evaluate", quick)


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
