import numpy as np
import pytest

from drumatlas.beat.codes import Grid, grids, rotation_hash
from drumatlas.beat.tsv import BeatRow
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.score.compare import auc, precision_recall
from drumatlas_export.score.measures import composition, distances
from drumatlas_export.score.songs import SongBeats, songless
from drumatlas_export.score.table import OWN, REAL, Reference, comparison
from drumatlas_export.score.worst import mean, spread, worst

pytestmark = pytest.mark.export


@pytest.fixture(scope="module")
def beats(rows: list[BeatRow]) -> Grid:
    return grids([row.code for row in rows])


@pytest.fixture(scope="module")
def reference(rows: list[BeatRow], beats: Grid) -> Reference:
    known = BeatFilter([rotation_hash(row.code) for row in rows[:180]])
    return Reference(beats[:180], known, songless(beats[180:240]), beats[:90])


def test_distances_are_those_to_each(beats: Grid) -> None:
    table = distances(beats[:3], beats[:70])
    assert table.shape == (3, 70)
    turns = [(np.roll(beats[2], shift, axis=0) != beats[50]).sum() for shift in range(32)]
    assert table[2, 50] == min(turns)
    assert (np.diag(table[:, :3]) == 0).all()


def test_precision_and_recall_by_hand() -> None:
    def dots(*counts: int) -> Grid:
        """Beats of the first so many cells: their distance is the difference."""
        cells = np.arange(448)
        return np.stack([cells < count for count in counts]).reshape(-1, 32, 14)

    real, made = dots(100, 110, 120, 130, 140), dots(120, 121, 122, 123, 400)
    # The real ones' balls are 30, 20, 20, 20 and 30 cells wide; 400 is in none of them. The made
    # ones' reach 3 cells, or 2, but the last's 279: as far as 130, which is 270 away.
    assert precision_recall(made, real) == (0.8, 0.6)
    assert precision_recall(made[:4], real[:4])[0] == 1
    assert precision_recall(made[:4], real[:4])[1] == 0.25
    assert precision_recall(made[:3], real[:3]) == (0, 0)


def test_auc_detects_noise_and_is_half_for_the_same_kind(beats: Grid) -> None:
    noise = np.random.default_rng(0).random((100, 32, 14)) < 0.15
    assert auc(songless(noise), songless(beats[:100]), 0) > 0.95
    assert 0.3 < auc(songless(beats[::2]), songless(beats[1::2]), 0) < 0.7
    assert auc(songless(beats[:3]), songless(beats[3:6]), 0) == 1


@pytest.mark.parametrize("songs", [1, 2, 4])
def test_auc_does_not_ask_where_a_side_is_of_too_few_songs(beats: Grid, songs: int) -> None:
    few = SongBeats(beats[:40], np.arange(40) % songs)
    assert auc(songless(beats[100:140]), few, 0) == auc(few, songless(beats[100:140]), 0) == 1


def test_auc_does_not_ask_for_songs_it_has_seen(beats: Grid) -> None:
    """12 songs of 10 beats each that are nearly the same, on each side: as beats they are known
    again, as songs they can't be."""
    songs = np.repeat(np.arange(12), 10)
    left, right = beats[:12][songs], beats[120:132][songs]
    assert auc(songless(left), songless(right), 0) > 0.9
    assert auc(SongBeats(left, songs), SongBeats(right, songs), 0) < 0.8


def test_every_baseline_is_in_the_table(reference: Reference, beats: Grid) -> None:
    table = comparison(beats[240:], None, reference, 1)
    assert list(table) == [
        *(OWN, "training copies", "independent noise", "shuffled steps", "bars of two beats"),
        *("three flips", "kick of another", REAL),
    ]
    assert {name: row["n"] for name, row in table.items()} == {**dict.fromkeys(table, 60), REAL: 30}
    assert table["training copies"]["pass"] == table["training copies"]["novel"] == 0
    assert table["independent noise"]["precision"] <= table[OWN]["precision"]
    assert table["independent noise"]["auc"] > table[OWN]["auc"]
    assert comparison(beats[240:], None, reference, 1) == table
    assert comparison(beats[240:], songless(beats[240:290]), reference, 1)[REAL]["n"] == 50


def test_a_space_without_passes_has_a_row_too(reference: Reference, beats: Grid) -> None:
    row = comparison(beats[:0], None, reference, 1)[OWN]
    assert (row["n"], row["pass"], row["precision"], row["auc"]) == (0, 0, 0, 1)


def test_the_composition_by_hand() -> None:
    beats = np.zeros((2, 32, 14), bool)
    beats[0, ::8, 0] = True  # the same kicks in both bars
    beats[1, ::8, 0] = True
    beats[1, [4, 20, 21], [1, 1, 2]] = True  # a snare in both bars, a hat in the second one
    beats[1, 28:, 3] = True  # and a fill
    expected = {"bars_equal": 0.5, "differing_cells": 2.5, "hits": 7.5, "voices_a_beat": 2.5}
    assert composition(beats) == expected
    assert composition(np.roll(beats, 5, axis=1)) == expected
    assert composition(beats[:0]) == dict.fromkeys(expected, 0)


def test_every_row_shows_the_composition_of_its_beats(reference: Reference, beats: Grid) -> None:
    table = comparison(beats[240:], songless(beats[:40]), reference, 1)
    for name, made in ((OWN, beats[240:]), (REAL, beats[:40])):
        assert {key: table[name][key] for key in composition(made)} == composition(made)
    # Its bars are of two beats, and its steps are as dense as those of the training beats.
    assert table["bars of two beats"]["differing_cells"] > table[REAL]["differing_cells"]
    assert table["training copies"]["hits"] == pytest.approx(table[REAL]["hits"], rel=0.1)


def test_the_worst_run_counts() -> None:
    runs = [
        {"space": "a", "seed": 1, "f1": 0.5, "smoothness_cells": {"mean": 4, "dead": 0.25}},
        {"space": "b", "seed": 2, "f1": 0.75, "smoothness_cells": {"mean": 5, "dead": 0.125}},
    ]
    assert worst(runs) == {"f1": 0.5, "smoothness_cells": {"mean": 5, "dead": 0.25}}
    assert spread(runs) == {"f1": 0.25, "smoothness_cells": {"mean": 1, "dead": 0.125}}
    assert mean(runs) == {"f1": 0.625, "smoothness_cells": {"mean": 4.5, "dead": 0.1875}}
    assert worst([{"t": {"x": {"auc": 0.6, "n": 3}}}, {"t": {"x": {"auc": 0.7, "n": 2}}}]) == {
        "t": {"x": {"auc": 0.7, "n": 2}}
    }


def test_the_worst_of_what_is_better_when_low_is_the_most() -> None:
    def run(away: float, wide: float) -> dict[str, object]:
        areas = {"rock": {"purity": 0.5, "spread": wide}}
        return {"map_inverse": {"drawn_median": away}, "genre_areas": areas}

    assert worst([run(0.25, 1.5), run(0.5, 1.25)]) == run(0.5, 1.5)


def test_the_worst_of_a_composition_is_the_farthest_from_real_beats() -> None:
    def run(own: float, real: float) -> dict[str, object]:
        rows = {OWN: own, REAL: real}
        return {"against_held_out": {name: {"hits": value} for name, value in rows.items()}}

    runs = [run(40, 50), run(48, 53), run(60, 50)]
    # Real beats have 51 hits: 40 is farther away than 60.
    assert worst(runs) == run(40, 53)
    assert worst([run(40, 50), run(65, 50)]) == run(65, 50)
    # A genre may have the name of a measure.
    areas = [{"genre_areas": {"hits": {"purity": one}}} for one in (0.5, 0.75)]
    assert worst(areas) == areas[0]


def test_missing_styles_are_better_when_few() -> None:
    runs = [{"textbook": {"top1": top, "styles_missing": n}} for top, n in ((0.5, 2), (0.75, 4))]
    assert worst(runs) == {"textbook": {"top1": 0.5, "styles_missing": 4}}


def test_a_measure_that_some_runs_lack_is_joined_over_the_others() -> None:
    runs = [{"f1": 0.5}, {"f1": 0.25, "textbook": {"top1": 0.5}}, {"f1": 0.75, "textbook": {}}]
    assert worst(runs) == {"f1": 0.25, "textbook": {"top1": 0.5}}
    assert mean(runs) == {"f1": 0.5, "textbook": {"top1": 0.5}}
    assert worst(runs[::-1]) == worst(runs)
