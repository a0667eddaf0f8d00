"""Input of the commands that train, sample, evaluate and export: good and bad files."""

import json
from collections.abc import Sequence
from pathlib import Path

from drumatlas.beat.tsv import BeatRow, format_rows

# The refusal of each file that is not a model or an atlas.
BAD_SPACES = [
    ("no.pt: no such file", "no.pt"),
    ("folder: no such file", "folder"),
    ("bad.pt: ", "bad.pt"),
    ("bad.atlas: ", "bad.atlas"),
    ("cut.pt: ", "cut.pt"),
    ("cut.atlas: ", "cut.atlas"),
    ("beats.tsv: ", "beats.tsv"),
]


# Climates of a mining report: of enough songs, and of too few.
FUNK = {"songs": 30, "bpm": [95.5, 101, 110], "swing": 0.125, "kit": "room"}
JAZZ = {"songs": 2, "bpm": [50, 60, 70], "swing": 0.9, "kit": None}


def write_model_files(folder: Path, rows: Sequence[BeatRow], model: bytes, atlas: bytes) -> None:
    """Write into `folder` the beats of `rows`, a model and an atlas, and damaged ones of all."""
    beats = "".join(format_rows(rows))
    texts = {
        "beats.tsv": beats,
        "bad.tsv": beats + "1,2,3\n",
        "few.tsv": "".join(format_rows(rows[:2])),
        "empty.tsv": "# nothing\n",
        "quick.toml": "max_epochs = 2\nhidden = [8]\nseed = 11\n",
        "key.toml": "epochs = 2\n",
        "type.toml": 'batch = "many"\n',
        "value.toml": "batch = 0\n",
        "syntax.toml": "batch =\n",
        "bad.pt": "garbage",
        "bad.atlas": "garbage",
        "scores.json": '{"novelty": 0.25}',
        "about.json": '{"title": "mine"}',
        "mined.json": '{"beats": 7, "refused_files": [{"file": "secret.mid"}]}',
        "climates.json": json.dumps({"beats": 7, "climates": {"funk": FUNK, "jazz": JAZZ}}),
        "absurd.json": json.dumps({"climates": {"funk": FUNK | {"bpm": [1, 2, 3]}}}),
        "null.json": '{"climates": null}',
        "list.json": "[1]",
        "text.json": "novelty",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "tiny.pt").write_bytes(model)
    (folder / "tiny.atlas").write_bytes(atlas)
    (folder / "cut.pt").write_bytes(model[:-500])
    (folder / "cut.atlas").write_bytes(atlas[:-500])
    (folder / "folder").mkdir()
    (folder / "dir.atlas").mkdir()
