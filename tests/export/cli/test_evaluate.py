"""`drumatlas-export evaluate`: the scores of a model or an atlas."""

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas.atlas.read import read_atlas
from drumatlas.beat.tsv import BeatRow, format_rows
from drumatlas_export.cli.common import flat
from support.model_files import BAD_SPACES

pytestmark = pytest.mark.export

Run = Callable[..., tuple[int, str, str]]
Refuses = Callable[..., str]


@pytest.mark.parametrize("space", ["tiny.pt", "tiny.atlas"])
def test_evaluate_prints_a_table_or_json(
    run: Run, here: Path, few_samples: None, space: str
) -> None:
    words = ["evaluate", space, "--train", "beats.tsv", "--seed", 2]
    code, out, err = run(*words, "--json")
    assert (code, err) == (0, "")
    scores = json.loads(out)
    assert (scores["space"], scores["kind"], scores["seed"]) == (space, "acai", 2)
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    areas, rows = scores.pop("genre_areas"), scores.pop("against_held_out")
    single = [[name, str(value)] for name, value in flat(scores)]
    lines = iter(out.splitlines())
    assert [line.split(maxsplit=1) for line in itertools.islice(lines, len(single))] == single
    for title, table in (("genre areas", areas), ("against held-out beats", rows)):
        columns = list(next(iter(table.values())))
        assert next(lines).split() == [*title.split(), *columns]
        for name, row in table.items():
            assert next(lines).split() == [*name.split(), *map(str, row.values())]
    assert list(lines) == []


def test_evaluate_of_several_spaces_prints_the_worst(
    run: Run, here: Path, few_samples: None
) -> None:
    words = ["evaluate", "tiny.pt", "tiny.atlas", "--train", "beats.tsv", "--seed", 2, "--seed", 3]
    code, out, err = run(*words, "--json")
    assert (code, err) == (0, "")
    scores = json.loads(out)
    assert [(one["space"], one["seed"]) for one in scores["runs"]] == [
        *(("tiny.pt", 2), ("tiny.pt", 3), ("tiny.atlas", 2), ("tiny.atlas", 3))
    ]
    assert scores["worst"]["novelty"] == min(one["novelty"] for one in scores["runs"])
    values = [one["novelty"] for one in scores["runs"]]
    assert scores["mean"]["novelty"] == pytest.approx(sum(values) / 4, abs=1e-4)
    assert scores["spread"]["f1_held_out"] < 0.01  # of one model
    joined = run(*words)[1].split("all runs")[1].splitlines()
    assert joined[0].split() == ["worst", "mean", "spread"]
    columns = [dict(flat(scores[how])) for how in ("worst", "mean", "spread")]
    assert [line.split() for line in joined[1:] if line.startswith("novelty ")] == [
        ["novelty", *(str(column["novelty"]) for column in columns)]
    ]
    assert len(joined) == 1 + len(columns[0])


def test_evaluate_measures_the_named_test_beats(
    run: Run, here: Path, rows: list[BeatRow], few_samples: None
) -> None:
    (here / "a.tsv").write_text("".join(format_rows(rows[:200])), encoding="utf-8")
    (here / "b.tsv").write_text("".join(format_rows(rows[150:])), encoding="utf-8")
    words = ["evaluate", "tiny.pt", "--train", "a.tsv", "--test", "b.tsv", "--json"]
    code, out, _ = run(*words)
    assert (code, json.loads(out)["test_beats"]) == (0, 100)


@pytest.mark.parametrize(
    ("culprit", "words"),
    [
        *((culprit, [space, "--train", "beats.tsv"]) for culprit, space in BAD_SPACES),
        ("no.tsv: No such file", ["tiny.pt", "--train", "no.tsv"]),
        ("bad.tsv, line 401", ["tiny.pt", "--train", "bad.tsv"]),
        ("bad.tsv, line 401", ["tiny.pt", "--train", "beats.tsv", "--test", "bad.tsv"]),
        ("every test beat", ["tiny.pt", "--train", "beats.tsv", "--test", "few.tsv"]),
        ("2 beats are too few", ["tiny.pt", "--train", "few.tsv"]),
        ("--train", ["tiny.pt"]),
    ],
)
def test_evaluate_refuses(refuses: Refuses, here: Path, culprit: str, words: list[str]) -> None:
    refuses(culprit, "evaluate", *words)


def test_scores_pass_from_evaluate_to_the_atlas(
    run: Run, here: Path, few_samples: None, quick_export: None
) -> None:
    _, out, _ = run("evaluate", "tiny.pt", "--train", "beats.tsv", "--json")
    (here / "own.json").write_text(out, encoding="utf-8")
    assert run("export", "tiny.pt", "-o", "new.atlas", "--scores", "own.json")[0] == 0
    scores = read_atlas(here / "new.atlas").scores
    assert scores == json.loads(out)
    assert all(math.isfinite(value) for _, value in flat(scores) if type(value) is float)
