from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drumatlas.atlas.model import Climate
from drumatlas.atlas.read import read_atlas
from drumatlas.beat.codes import pack, rotation_hash
from drumatlas.beat.tsv import BeatRow, format_rows, parse
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.space import open_space
from drumatlas_export.train.checkpoint import Checkpoint, load, save
from support.model_files import BAD_SPACES

pytestmark = pytest.mark.export

Run = Callable[..., tuple[int, str, str]]
Refuses = Callable[..., str]


def beats_in(path: Path) -> list[BeatRow]:
    return list(parse(path.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("kind", ["ae", "vae", "acai"])
def test_train_writes_a_model(run: Run, here: Path, kind: str) -> None:
    words = ["train", "beats.tsv", "--model", kind, "--config", "quick.toml", "-o", "m.pt"]
    code, out, err = run(*words)
    assert (code, out) == (0, "")
    model = load(here / "m.pt")
    config = model.config
    assert (config.kind, config.hidden, config.max_epochs, config.seed) == (kind, (8,), 2, 11)
    assert model.run["beats"] == 300
    nats = model.run["validation_nats"]
    assert err.splitlines()[-1] == (
        f"m.pt: best epoch {model.run['best_epoch']} of 2, {nats} nats per beat on held-out songs"
    )


def test_train_takes_the_seed_of_the_command_line_and_is_reproducible(run: Run, here: Path) -> None:
    words = ["train", "beats.tsv", "--model", "ae", "--config", "quick.toml", "--seed", 12, "-o"]
    assert [run(*words, name)[0] for name in ("a.pt", "b.pt")] == [0, 0]
    first, again = load(here / "a.pt"), load(here / "b.pt")
    assert first.config.seed == 12
    assert np.array_equal(first.z, again.z)
    assert first.run == again.run


@pytest.mark.parametrize(
    ("culprit", "words"),
    [
        ("unknown model 'gan'; choose from ae, vae, acai", ["beats.tsv", "--model", "gan"]),
        ("no.tsv: No such file", ["no.tsv", "--model", "ae"]),
        ("bad.tsv, line 401: a beat has 32 steps", ["bad.tsv", "--model", "ae"]),
        ("empty.tsv: no beats", ["empty.tsv", "--model", "ae"]),
        ("tiny.atlas: not a text file", ["tiny.atlas", "--model", "ae"]),
        ("key.toml: unknown key 'epochs'", ["beats.tsv", "--model", "ae", "--config", "key.toml"]),
        ("type.toml: batch must be", ["beats.tsv", "--model", "ae", "--config", "type.toml"]),
        ("value.toml: batch = 0", ["beats.tsv", "--model", "ae", "--config", "value.toml"]),
        ("syntax.toml: ", ["beats.tsv", "--model", "ae", "--config", "syntax.toml"]),
        ("no.toml: No such file", ["beats.tsv", "--model", "ae", "--config", "no.toml"]),
        ("--seed", ["beats.tsv", "--model", "ae", "--seed", "-1"]),
        ("--model", ["beats.tsv"]),
    ],
)
def test_train_refuses(refuses: Refuses, here: Path, culprit: str, words: list[str]) -> None:
    refuses(culprit, "train", *words, "-o", "m.pt")


@pytest.mark.parametrize(
    ("output", "culprit"), [("gone/m.atlas", "gone"), ("dir.atlas", "a folder")]
)
@pytest.mark.parametrize(
    "words",
    [
        ["train", "no.tsv", "--model", "ae"],
        ["sample", "no.pt", "-n", "3"],
        ["export", "no.pt"],
    ],
    ids=lambda words: words[0],
)
def test_an_output_that_cannot_be_written_is_refused_first(
    refuses: Refuses, here: Path, words: list[str], output: str, culprit: str
) -> None:
    refuses(culprit, *words, "-o", output)


def test_train_refuses_too_few_beats(refuses: Refuses, here: Path) -> None:
    refuses("few.tsv", "train", "few.tsv", "--model", "ae", "-o", "m.pt")


@pytest.mark.parametrize("space", ["tiny.pt", "tiny.atlas"])
def test_sample_raw_draws_from_the_prior(run: Run, here: Path, space: str) -> None:
    code, out, err = run("sample", space, "-n", 40, "--raw", "-o", "s.tsv", "--seed", 5)
    assert (code, out, err) == (0, "", "s.tsv: 40 beats from 40 draws\n")
    rows = beats_in(here / "s.tsv")
    opened = open_space(here / space)
    z = np.array([row.latent for row in rows], np.float32)
    assert np.array_equal(z, opened.sample(40, 5))
    assert [row.code for row in rows] == [tuple(code) for code in pack(opened.hits(z)).tolist()]


@pytest.mark.parametrize("space", ["tiny.pt", "tiny.atlas"])
def test_sample_gives_as_many_as_asked_that_pass(run: Run, here: Path, space: str) -> None:
    code, _, err = run("sample", space, "-n", 150, "-o", "s.tsv")
    assert code == 0
    rows = beats_in(here / "s.tsv")
    opened = open_space(here / space)
    assert len(rows) == 150
    assert BeatFilter(opened.known).passes([row.code for row in rows]).all()
    assert int(err.split(" from ")[1].split()[0]) >= 150
    first = (here / "s.tsv").read_bytes()
    run("sample", space, "-n", 150, "-o", "s.tsv")
    assert (here / "s.tsv").read_bytes() == first
    run("sample", space, "-n", 150, "-o", "s.tsv", "--seed", 1)
    assert (here / "s.tsv").read_bytes() != first


def test_sample_bars_what_is_known_and_draws_on(
    run: Run, here: Path, checkpoint: Checkpoint
) -> None:
    space = open_space(here / "tiny.pt")
    drawn = pack(space.hits(space.sample(300, 0)))
    hashes = np.array([rotation_hash(code) for code in drawn], np.uint64)
    save(replace(checkpoint, hashes=hashes), here / "knows.pt")
    code, _, err = run("sample", "knows.pt", "-n", 300, "-o", "s.tsv")
    assert code == 0
    rows = beats_in(here / "s.tsv")
    assert not {rotation_hash(row.code) for row in rows} & set(hashes.tolist())
    assert len({row.latent for row in rows}) == 300
    assert int(err.split(" from ")[1].split()[0]) >= 600  # the first 300 are all known


def test_sample_gives_up_on_a_space_where_nothing_passes(
    refuses: Refuses, run: Run, here: Path, checkpoint: Checkpoint
) -> None:
    save(replace(checkpoint, thresholds=np.full(14, 2, np.float32)), here / "silent.pt")
    refuses("silent.pt: fewer than 1 in 200", "sample", "silent.pt", "-n", 2, "-o", "s.tsv")
    assert run("sample", "silent.pt", "-n", 2, "--raw", "-o", "s.tsv")[0] == 0
    assert [set(row.code) for row in beats_in(here / "s.tsv")] == [{0}, {0}]


@pytest.mark.parametrize(("culprit", "space"), BAD_SPACES)
def test_sample_refuses(refuses: Refuses, here: Path, culprit: str, space: str) -> None:
    refuses(culprit, "sample", space, "-n", 3, "-o", "s.tsv")


@pytest.mark.parametrize("count", ["0", "-3", "10000001", "many"])
def test_sample_refuses_a_count(refuses: Refuses, here: Path, count: str) -> None:
    refuses(count, "sample", "tiny.pt", "-n", count, "-o", "s.tsv")


def test_export_writes_an_atlas(run: Run, here: Path, small_map: None) -> None:
    words = ["export", "tiny.pt", "-o", "new.atlas", "--scores", "scores.json"]
    code, out, err = run(*words, "--about", "about.json", "--mined", "mined.json")
    assert (code, out) == (0, "")
    size = (here / "new.atlas").stat().st_size // 1024
    assert err == f"t-SNE map, genres, ONNX ...\nnew.atlas: {size} KiB\n"
    atlas = read_atlas(here / "new.atlas")
    assert (atlas.name, atlas.scores) == ("new", {"novelty": 0.25})
    assert (atlas.training["title"], atlas.training["mined"]) == ("mine", {"beats": 7})
    assert [genre.count for genre in atlas.genres] == [100, 100, 100]


def test_export_gives_genres_the_climate_of_their_files(
    run: Run, here: Path, quick_export: None
) -> None:
    words = ["export", "tiny.pt", "-o", "new.atlas"]
    assert run(*words)[0] == 0
    before = {genre.name: genre.climate for genre in read_atlas(here / "new.atlas").genres}
    assert run(*words, "--mined", "climates.json")[0] == 0
    atlas = read_atlas(here / "new.atlas")
    after = {genre.name: genre.climate for genre in atlas.genres}
    assert after == before | {"funk": Climate((95.5, 101.0, 110.0), 0.125, "room")}
    assert before["funk"] != after["funk"]
    assert atlas.training["mined"] == {"beats": 7}  # they are in the genres


def test_export_takes_other_beats(
    run: Run, here: Path, rows: list[BeatRow], quick_export: None
) -> None:
    own = [replace(row, labels=("ska",)) for row in rows[:30]]
    (here / "own.tsv").write_text("".join(format_rows(own)), encoding="utf-8")
    assert run("export", "tiny.pt", "-o", "new.atlas", "--beats", "own.tsv")[0] == 0
    atlas = read_atlas(here / "new.atlas")
    assert [(genre.name, genre.count) for genre in atlas.genres] == [("ska", 30)]
    assert len(atlas.known) == 30


@pytest.mark.parametrize(
    ("culprit", "words"),
    [
        ("new.zip: the name must end in .atlas", ["tiny.pt", "-o", "new.zip"]),
        ("no.pt: no such file", ["no.pt", "-o", "new.atlas"]),
        ("bad.pt: ", ["bad.pt", "-o", "new.atlas"]),
        ("cut.pt: ", ["cut.pt", "-o", "new.atlas"]),
        ("folder: ", ["folder", "-o", "new.atlas"]),
        ("tiny.atlas: ", ["tiny.atlas", "-o", "new.atlas"]),
        ("no.json: No such file", ["tiny.pt", "-o", "new.atlas", "--scores", "no.json"]),
        ("text.json: not JSON", ["tiny.pt", "-o", "new.atlas", "--scores", "text.json"]),
        ("list.json: not a JSON object", ["tiny.pt", "-o", "new.atlas", "--about", "list.json"]),
        ("list.json: not a JSON object", ["tiny.pt", "-o", "new.atlas", "--mined", "list.json"]),
        (
            "absurd.json: climates.funk.bpm must be three tempos in 20..300",
            ["tiny.pt", "-o", "new.atlas", "--mined", "absurd.json"],
        ),
        (
            "null.json: climates must be an object",
            ["tiny.pt", "-o", "new.atlas", "--mined", "null.json"],
        ),
        ("tiny.pt: not a text file", ["tiny.pt", "-o", "new.atlas", "--about", "tiny.pt"]),
        ("bad.tsv, line 401", ["tiny.pt", "-o", "new.atlas", "--beats", "bad.tsv"]),
        ("empty.tsv: no beats", ["tiny.pt", "-o", "new.atlas", "--beats", "empty.tsv"]),
    ],
)
def test_export_refuses(refuses: Refuses, here: Path, culprit: str, words: list[str]) -> None:
    refuses(culprit, "export", *words)


def test_export_of_half_a_character_is_refused(
    refuses: Refuses, here: Path, quick_export: None
) -> None:
    (here / "half.json").write_text('{"title": "\\ud800"}', encoding="utf-8")
    refuses("half.json", "export", "tiny.pt", "-o", "new.atlas", "--about", "half.json")


def test_an_atlas_holds_json_only(refuses: Refuses, here: Path, quick_export: None) -> None:
    (here / "nan.json").write_text('{"novelty": NaN}', encoding="utf-8")
    words = ["export", "tiny.pt", "-o", "new.atlas", "--scores", "nan.json"]
    refuses("nan.json: not JSON: NaN is not allowed", *words)
