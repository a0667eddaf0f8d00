import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from drumatlas.beat.tsv import BeatRow
from drumatlas_export.report.page import report
from drumatlas_export.report.plots import beat, histogram
from drumatlas_export.space import open_space

pytestmark = pytest.mark.export

SCORES = {
    "seed": 3,
    "novelty": 0.123456,
    "against_held_out": {"<own>": {"n": 5, "auc": 0.5}, "noise": {"n": 5, "auc": 1.0}},
}


class Tags(HTMLParser):
    """Counts what stands in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def test_the_page_of_an_atlas_holds_all_and_asks_nobody(
    atlas_path: Path, rows: list[BeatRow]
) -> None:
    space = open_space(atlas_path)
    page = report(space, SCORES, rows[:200], rows[200:])
    tags = Tags(page)
    assert "script" not in tags.seen
    assert not re.search(r"(src|href)=|url\(|@import", page)
    assert "default-src 'none'" in page
    for words in ("Map", "Interpolations", "Hits per beat", "&lt;own&gt;", "0.123"):
        assert words in page
    assert "<own>" not in page
    # Ways between three genres, nine beats each; a map; four plots.
    assert tags.seen.count("svg") == 2 * 9 + 1 + 4


def test_a_checkpoint_has_no_map(model_path: Path, rows: list[BeatRow]) -> None:
    page = report(open_space(model_path), SCORES, rows[:200], rows[200:])
    assert "<h2>Map" not in page
    assert Tags(page).seen.count("svg") == 6 * 9 + 4


def test_a_beat_is_drawn_cell_by_cell() -> None:
    grid = np.zeros((32, 14), bool)
    grid[[0, 5], 0] = True
    grid[31, 13] = True
    drawn = beat(grid)
    assert 'class="g0" d="M0 52h3v3h-3zM20 52h3v3h-3z"' in drawn
    assert 'class="g5" d="M124 0h3v3h-3z"' in drawn


def test_a_histogram_shows_shares() -> None:
    values = np.array([1.0, 1.0, 3.0, 99.0])
    drawn = histogram("Hits", {"a": values}, np.array([0.0, 2.0, 4.0, 6.0]))
    # Half of the values are in the first bin, a quarter in each other; what is beyond, in the last.
    assert "L0.0 4.0L140.0 4.0L140.0 77.0L280.0 77.0L280.0 77.0L420.0 77.0" in drawn
