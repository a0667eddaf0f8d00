import json
from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas.beat.tsv import parse

pytestmark = pytest.mark.export

Run = Callable[..., tuple[int, str, str]]
Refuses = Callable[..., str]


def test_it_lists_the_styles(run: Run) -> None:
    code, out, err = run("textbook")
    head, *lines = out.splitlines()
    assert (code, err) == (0, "")
    assert head.split() == ["style", "family", "bpm", "swing", "kit", "beats"]
    house = next(line for line in lines if line.startswith("house "))
    assert house.split()[1:5] == ["dance", "118-128", "0.15", "electronic"]
    # Columns stand below their heads, whatever the names are.
    assert {line[head.index("bpm") - 1] for line in lines} == {" "}
    assert all(line[head.index("bpm")].isdigit() for line in lines)


def test_json_holds_the_same(run: Run) -> None:
    code, out, _ = run("textbook", "--json")
    table = json.loads(out)
    assert code == 0
    assert len(table) == len(run("textbook")[1].splitlines()) - 1
    house = next(one for one in table if one["style"] == "house")
    assert (house["family"], house["bpm"], house["swing"]) == ("dance", [118, 128], 0.15)


def test_it_writes_the_beats(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    code, out, err = run("textbook", "-o", path, "--json")
    rows = list(parse(path.read_text(encoding="utf-8").splitlines(keepends=True)))
    table = json.loads(out)
    assert code == 0
    assert f"{path}: {len(rows)} beats of {len(table)} styles" in err
    assert {label for row in rows for label in row.labels} == {one["style"] for one in table}


def test_the_document_counts_them(run: Run, tmp_path: Path) -> None:
    _, _, err = run("textbook", "-o", tmp_path / "t.tsv")
    beats, styles = err.rpartition(": ")[2].split(" beats of ")
    text = (Path(__file__).parents[3] / "export/README.md").read_text(encoding="utf-8")
    words = " ".join(text.split())
    assert f"{styles.strip()}, written down by hand" in words
    assert f"It gives {int(beats):,} beats." in words


def test_they_can_follow_mined_beats_in_a_file(run: Run, tmp_path: Path) -> None:
    mined, book = tmp_path / "m.tsv", tmp_path / "t.tsv"
    assert run("textbook", "-o", book)[0] == 0
    mined.write_text("# songs: a song\n" + ",".join(map(str, range(32))) + "\trock\n")
    both = (mined.read_text() + book.read_text()).splitlines(keepends=True)
    rows = list(parse(both))
    assert rows[0].songs == ("a song",)
    assert all(row.songs and "a song" not in row.songs for row in rows[1:])


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_listed(
    refuses: Refuses, tmp_path: Path
) -> None:
    refuses(tmp_path / "no" / "t.tsv", "textbook", "-o", tmp_path / "no" / "t.tsv")
