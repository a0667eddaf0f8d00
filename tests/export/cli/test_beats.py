import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from support.beats import DULL, FUNK, ROCK, HitsOf, WriteMidi, rows_of

pytestmark = pytest.mark.export

Run = Callable[..., tuple[int, str, str]]
Refuses = Callable[..., str]


@pytest.fixture
def songs(tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi) -> Path:
    """A folder of two songs, a loop that is played once, a waltz and a broken file."""
    root = tmp_path / "songs"
    write_midi(root / "pop" / "Toto_Africa.mid", hits_of(ROCK, 4))
    write_midi(root / "pop" / "Sade_Paradise rock.mid", hits_of(FUNK, 3))
    write_midi(root / "loops" / "Some_Loop.mid", hits_of(FUNK[16:] + FUNK[16:], 1))
    write_midi(root / "pop" / "Some_Waltz.mid", hits_of(ROCK, 4), [(0, 3, 4)])
    (root / "pop" / "broken.mid").write_bytes(b"MThd")
    return root


def test_windows_of_no_collection_are_an_error(
    refuses: Refuses, songs: Path, tmp_path: Path
) -> None:
    words = ("mine", songs, "-o", tmp_path / "b.tsv", "--windows", "loops", "--windows", "lops")
    refuses("--windows lops: no such collection; choose from loops, pop\n", *words)


def test_mine_writes_beats_and_a_report(run: Run, songs: Path, tmp_path: Path) -> None:
    code, out, err = run(
        "mine", songs, "-o", tmp_path / "b.tsv", "--jobs", 1, "--report", tmp_path / "r.json"
    )
    assert (code, out) == (0, "")
    assert rows_of(tmp_path / "b.tsv") == [
        (FUNK, ("pop",), ("sade paradise rock",)),
        (ROCK, ("pop",), ("toto africa",)),
    ]
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (report["files_read"], report["beats"]) == (5, 2)
    assert report["reasons"] == {
        "malformed": 1,
        "in 3/4": 1,
        "no two bars are played 3 times in a row": 1,
    }
    assert [one["file"] for one in report["refused_files"]] == [
        *("loops/Some_Loop.mid", "pop/Some_Waltz.mid", "pop/broken.mid")
    ]
    assert "files read" in err
    assert "broken" not in err


def test_mine_obeys_its_options(run: Run, songs: Path, tmp_path: Path) -> None:
    table = tmp_path / "t.tsv"
    table.write_text("file\tstyle\npop/Toto_Africa.mid\tYacht Rock\n", encoding="utf-8")
    options = ["--repeats", 4, "--windows", "loops", "--jobs", 2]
    options += ["--genres", table, "--genre-column", "style", "--genres", "folders"]
    assert run("mine", songs, "-o", tmp_path / "b.tsv", *options)[0] == 0
    assert rows_of(tmp_path / "b.tsv") == [
        (FUNK[16:] * 2, ("loops", "window"), ("some loop",)),
        (ROCK, ("yacht rock",), ("toto africa",)),
    ]


def test_mine_of_files_without_beats_is_an_error_with_the_reasons(
    run: Run, refuses: Refuses, tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    write_midi(tmp_path / "m" / "plain song.mid", hits_of(DULL, 4))
    line = "m: 1 file, no beat; patterns: 1 entropy too low\n"
    refuses(line, "mine", tmp_path / "m", "-o", tmp_path / "b.tsv")
    assert run("mine", tmp_path / "m", "-o", tmp_path / "b.tsv", "--min-entropy", 0.5)[0] == 0
    assert [code for code, _, _ in rows_of(tmp_path / "b.tsv")] == [DULL]


def test_a_folder_of_refusals_is_one_line_and_a_report(
    run: Run, songs: Path, tmp_path: Path
) -> None:
    for path in songs.rglob("*.mid"):
        if path.parent.name == "pop" and path.name not in {"Some_Waltz.mid", "broken.mid"}:
            path.unlink()
    (tmp_path / "b.tsv").write_bytes(b"of before")
    words = ["mine", songs, "-o", tmp_path / "b.tsv", "--jobs", 1]
    code, out, err = run(*words, "--report", tmp_path / "r.json")
    assert (code, out) == (2, "")
    assert err == (
        f"drumatlas-export: {songs}: 3 files, no beat: 1 in 3/4, 1 malformed, "
        "1 no two bars are played 3 times in a row; in 1 of 1 file no two bars repeat "
        "often enough; if those are loops, add --windows loops\n"
    )
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert len(report["refused_files"]) == 3
    assert (tmp_path / "b.tsv").read_bytes() == b"of before"
    assert not (tmp_path / "b.tsv.part").exists()


def test_the_hint_is_followed_by_beats(run: Run, songs: Path, tmp_path: Path) -> None:
    words = ["mine", songs, "-o", tmp_path / "b.tsv", "--jobs", 1]
    hint = "in 1 of 1 file no two bars repeat often enough; if those are loops, add --windows loops"
    code, _, err = run(*words)
    assert (code, err.splitlines()[-1]) == (0, hint)
    code, _, err = run(*words, "--windows", "loops")
    assert code == 0
    assert "--windows" not in err


def test_mine_names_what_it_passes_over(run: Run, songs: Path, tmp_path: Path) -> None:
    (songs / "pop" / "rest.rar").touch()
    (songs / "pop" / "cover.jpg").touch()
    (songs / "up").symlink_to("..")
    words = ["mine", songs, "-o", tmp_path / "b.tsv", "--jobs", 1, "--report", tmp_path / "r.json"]
    code, _, err = run(*words)
    assert code == 0
    assert "passed over" in err
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    archive = "archive other than .zip (unpack it)"
    assert report["passed_over"] == {archive: 1, "not a MIDI file": 1}
    assert report["passed_over_files"] == [{"file": "pop/rest.rar", "reason": archive}]


def test_mine_without_workers_says_so_and_gives_the_same(
    run: Run, songs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("mine", songs, "-o", tmp_path / "a.tsv", "--jobs", 2)[0] == 0
    monkeypatch.setattr("drumatlas_export.mine.local.why_no_workers", lambda: "No such device")
    code, _, err = run("mine", songs, "-o", tmp_path / "b.tsv", "--jobs", 2)
    assert code == 0
    assert "can't start worker processes (No such device); mining in one process\n" in err
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()


def test_mine_says_that_a_damaged_journal_is_not_used(
    run: Run, songs: Path, tmp_path: Path
) -> None:
    part = tmp_path / "b.tsv.part"
    part.write_text("[" * 100, encoding="utf-8")
    code, _, err = run("mine", songs, "-o", tmp_path / "b.tsv", "--jobs", 1)
    assert code == 0
    assert err.startswith(f"{part}: damaged, or from another job; reading all files again\n")
    assert not part.exists()


@pytest.mark.parametrize(
    ("culprit", "words"),
    [
        ("nowhere: no such file", ["nowhere", "-o", "b.tsv"]),
        ("empty: no MIDI files", ["empty", "-o", "b.tsv"]),
        ("gone/b.tsv", ["songs", "-o", "gone/b.tsv"]),
        ("empty: is a folder", ["songs", "-o", "empty"]),
        ("gone/r.json", ["songs", "-o", "b.tsv", "--report", "gone/r.json"]),
        ("t.tsv: can't be read", ["songs", "-o", "b.tsv", "--genres", "t.tsv"]),
        ("broken.mid", ["songs", "-o", "b.tsv", "--genres", "songs/pop/broken.mid"]),
        ("1 is not in 2..64", ["songs", "-o", "b.tsv", "--repeats", "1"]),
        ("--repeats", ["songs", "-o", "b.tsv", "--repeats", "1"]),
        ("--jobs", ["songs", "-o", "b.tsv", "--jobs", "0"]),
        ("--min-entropy", ["songs", "-o", "b.tsv", "--min-entropy", "nan"]),
        ("-o", ["songs"]),
    ],
)
def test_mine_refuses(
    refuses: Refuses, songs: Path, monkeypatch: pytest.MonkeyPatch, culprit: str, words: list[str]
) -> None:
    monkeypatch.chdir(songs.parent)
    Path("empty").mkdir()
    refuses(culprit, "mine", *words)


@pytest.mark.parametrize("kind", ["names", "folders"])
def test_mine_takes_names_that_are_not_utf8(
    run: Run, tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi, kind: str
) -> None:
    path = tmp_path / "m" / os.fsdecode(b"Beyonc\xe9/01.mid")
    try:
        path.parent.mkdir(parents=True)
    except OSError:  # a file system that knows UTF-8 only
        pytest.skip("no such names here")
    write_midi(path, hits_of(ROCK, 4))
    words = ["mine", tmp_path / "m", "-o", tmp_path / "b.tsv", "--jobs", 1, "--genres", kind]
    assert run(*words)[0] == 0
    assert [code for code, _, _ in rows_of(tmp_path / "b.tsv")] == [ROCK]


def test_mine_reports_names_that_are_not_utf8(run: Run, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    path = tmp_path / "m" / os.fsdecode(b"caf\xe9.mid")
    try:
        path.write_bytes(b"no music")
    except OSError:
        pytest.skip("no such names here")
    report = tmp_path / "r.json"
    words = ["mine", tmp_path / "m", "-o", tmp_path / "b.tsv", "--jobs", 1, "--report", report]
    assert run(*words)[0] == 2
    assert json.loads(report.read_text(encoding="utf-8"))["files_without_patterns"] == 1


def test_mine_reads_by_the_map_and_channels_that_it_is_given(
    run: Run, tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    write_midi(tmp_path / "m" / "some song.mid", hits_of(ROCK, 4), channel=4)
    output, report = tmp_path / "b.tsv", tmp_path / "r.json"
    assert run("mine", tmp_path / "m", "-o", output, "--channel", 5, "--report", report)[0] == 0
    assert [code for code, _, _ in rows_of(output)] == [ROCK]
    (tmp_path / "box.toml").write_text(
        "".join(
            f"[voices.{name}]\nnote = {note}\nchannel = 5\n"
            for name, note in (("kick", 38), ("snare", 36), ("closed_hat", 42))
        ),
        encoding="utf-8",
    )
    words = ("--map", tmp_path / "box.toml", "--report", report)
    assert run("mine", tmp_path / "m", "-o", output, *words)[0] == 0
    swapped = tuple(step & ~3 | (step & 1) << 1 | (step & 2) >> 1 for step in ROCK)
    assert [code for code, _, _ in rows_of(output)] == [swapped]


@pytest.mark.parametrize("jobs", [1, 2])
def test_mine_says_which_notes_had_no_voice(
    run: Run, tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi, jobs: int
) -> None:
    clicks = [(beat * 480, 33) for beat in range(32)]
    write_midi(tmp_path / "m" / "one song.mid", [*hits_of(ROCK, 4), *clicks, (0, 3)])
    write_midi(tmp_path / "m" / "other song.mid", hits_of(FUNK, 4))
    write_midi(tmp_path / "m" / "third song.mid", clicks)
    report = tmp_path / "r.json"
    words = ("mine", tmp_path / "m", "-o", tmp_path / "b.tsv", "--report", report, "--jobs", jobs)
    code, _, err = run(*words)
    assert code == 0
    table = json.loads(report.read_text(encoding="utf-8"))
    assert table["notes_without_voice"] == {"33 (metronome click)": 64, "3": 1}
    assert table["files_with_notes_without_voice"] == 2
    assert table["reasons"] == {"no note has a voice": 1}
    assert "notes without voice" in err
    assert [code for code, _, _ in rows_of(tmp_path / "b.tsv")] == [ROCK, FUNK]


def test_hats_on_their_edges_are_hats(
    run: Run, tmp_path: Path, hits_of: HitsOf, write_midi: WriteMidi
) -> None:
    edges = {42: 22, 46: 26}
    hits = [(tick, edges.get(key, key)) for tick, key in hits_of(FUNK, 4)]
    write_midi(tmp_path / "m" / "a song.mid", hits)
    assert run("mine", tmp_path / "m", "-o", tmp_path / "b.tsv")[0] == 0
    assert [code for code, _, _ in rows_of(tmp_path / "b.tsv")] == [FUNK]


def test_an_unknown_map_or_channel_is_refused(
    refuses: Refuses, songs: Path, tmp_path: Path
) -> None:
    words = ("mine", songs, "-o", tmp_path / "b.tsv")
    refuses("--map: unknown map 'piano'; choose from gm, v-drums, tr-8s", *words, "--map", "piano")
    refuses("none.toml", *words, "--map", tmp_path / "none.toml")
    refuses("17 is not in 1..16", *words, "--channel", "10,17")
