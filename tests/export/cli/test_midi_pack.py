from collections.abc import Callable
from pathlib import Path

import pytest

from drumatlas.beat.tsv import BeatRow, parse

pytestmark = pytest.mark.export

Run = Callable[..., tuple[int, str, str]]
Refuses = Callable[..., str]


def codes_in(path: Path) -> list[tuple[int, ...]]:
    return sorted(row.code for row in parse(path.read_text(encoding="utf-8").splitlines()))


def test_a_pack_mined_again_gives_the_same_codes_and_genres(
    run: Run, tmp_path: Path, beats_tsv: Path, rows: list[BeatRow]
) -> None:
    code, out, err = run("midi", beats_tsv, "-o", tmp_path / "pack")
    assert (code, out) == (0, "")
    assert err == f"{tmp_path / 'pack'}: 300 beats, 3 times each\n"
    table = tmp_path / "pack" / "index.tsv"
    words = ("mine", tmp_path / "pack", "-o", tmp_path / "b.tsv", "--genres", table, "--jobs", 1)
    assert run(*words)[0] == 0
    assert codes_in(tmp_path / "b.tsv") == sorted(row.code for row in rows)
    lines = (tmp_path / "b.tsv").read_text(encoding="utf-8").splitlines()
    assert {row.code: row.labels for row in parse(lines)} == {row.code: row.labels for row in rows}


def test_a_zip_by_an_atlas_is_the_same_each_time(
    run: Run, tmp_path: Path, beats_tsv: Path, atlas_path: Path
) -> None:
    for name in ("a.zip", "b.zip"):
        words = ("midi", beats_tsv, "-o", tmp_path / name, "--space", atlas_path, "--bpm", 96)
        assert run(*words)[0] == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_beats_that_mining_would_lose_are_reported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.tsv").write_text(",".join(["1,0,0,0"] * 8) + "\n", encoding="utf-8")
    _, _, err = run("midi", tmp_path / "b.tsv", "-o", tmp_path / "p.zip")
    assert err.endswith("`mine` would not find 1 of these beats again: low entropy\n")


@pytest.fixture
def here(tmp_path: Path, beats_tsv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder with good and bad files."""
    monkeypatch.chdir(tmp_path)
    Path("b.tsv").write_bytes(beats_tsv.read_bytes())
    Path("bad.tsv").write_text("1,2\n", encoding="utf-8")
    Path("full").mkdir()
    Path("full/x").touch()


@pytest.mark.parametrize(
    ("culprit", "words"),
    [
        ("no.tsv", ["no.tsv", "-o", "p"]),
        ("bad.tsv, line 1", ["bad.tsv", "-o", "p"]),
        ("bad.tsv: not a drumatlas model", ["b.tsv", "-o", "p", "--space", "bad.tsv"]),
        ("full: already exists", ["b.tsv", "-o", "full"]),
        ("gone/p.zip", ["b.tsv", "-o", "gone/p.zip"]),
        ("--bpm", ["b.tsv", "-o", "p", "--bpm", "0"]),
        ("--repeats", ["b.tsv", "-o", "p", "--repeats", "0"]),
    ],
)
def test_midi_refuses(refuses: Refuses, here: None, culprit: str, words: list[str]) -> None:
    refuses(culprit, "midi", *words)
