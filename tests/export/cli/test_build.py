import os
import signal
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from drumatlas.atlas.read import read_atlas
from drumatlas.atlas.write import groove_bytes
from drumatlas.errors import AtlasError, BeatError, FileError
from drumatlas.explore.search import Places
from drumatlas_export.cli import build, main, models
from drumatlas_export.groove.file import read_groove

pytestmark = pytest.mark.export

Run = Callable[..., tuple[int, str, str]]
Refuses = Callable[..., str]
AT_120, AT_100 = (b"\xff\x51\x03" + us.to_bytes(3) for us in (500_000, 600_000))
MADE = ["beats.tsv", "build.json", "mined.json", "mined.tsv", "model.pt", "scores.json"]


@pytest.fixture
def quick(small_map: None, few_samples: None) -> None:
    """A small map, and scores of few samples."""


@pytest.fixture
def here(
    run: Run, tmp_path: Path, beats_tsv: Path, monkeypatch: pytest.MonkeyPatch, quick: None
) -> Path:
    """A working folder with 300 MIDI files, and settings for a run of about a second."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    settings = "seed = 3\nlearning_rate = 1e-2\nmax_epochs = 60\npatience = 10\nhidden = [64, 32]\n"
    Path("quick.toml").write_text(settings, encoding="utf-8")
    assert run("midi", beats_tsv, "-o", "music")[0] == 0
    for path in Path("music/funk").iterdir():
        path.write_bytes(path.read_bytes().replace(AT_120, AT_100))
    return tmp_path


def words(*more: str, output: str = "my.atlas") -> tuple[str, ...]:
    return ("build", "music", "-o", output, "--config", "quick.toml", "--jobs", "1", *more)


def test_one_go_and_an_interrupted_one_give_the_same_atlas_that_plays(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run(*words())
    assert (code, out) == (0, ""), err
    assert err.endswith("my.atlas is ready: drumatlas play --atlas my.atlas\n")
    assert "drumatlas-" not in err  # as a temporary folder's name begins
    assert "music: 300 of 300 beats pass\n" in err
    assert "\nmodel: best epoch " in err
    assert "\nmy.atlas: " in err
    first = sha256(Path("my.atlas").read_bytes()).hexdigest()
    names = {"music", "quick.toml", "my.atlas", "my.json", "my.html"}
    assert {path.name for path in here.iterdir() if path.name[:5] != "torch"} == names
    atlas = read_atlas(Path("my.atlas"))
    assert Places(atlas).at(atlas.latent.centre.astype(np.float32)).hits.any()
    assert {genre.name for genre in atlas.genres} == {"rock", "jazz", "funk"}
    assert atlas.training["mined"]["files_read"] == 300
    tempos = {genre.name: genre.climate and genre.climate.bpm[1] for genre in atlas.genres}
    assert tempos == {"rock": 120, "jazz": 120, "funk": 100}  # of the files

    with monkeypatch.context() as patch:
        patch.setattr(models, "export", lambda _: os.kill(os.getpid(), signal.SIGTERM))
        assert main(words("--work", "w")) == 130
    assert sorted(path.name for path in Path("w").iterdir()) == MADE
    trained = Path("w/model.pt").stat().st_mtime_ns
    code, _, err = run(*words("--work", "w"))
    assert code == 0
    assert err.count("already done") == 4
    assert Path("w/model.pt").stat().st_mtime_ns == trained
    assert sha256(Path("my.atlas").read_bytes()).hexdigest() == first


def test_work_of_other_settings_or_files_is_not_reused(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "train", stop)
    for more in (["--seed", "2"], ["--repeats", "2"]):
        assert run(*words("--work", "w", *more))[0] == 130
        assert Path("w/beats.tsv").exists()
        assert run(*words("--work", "w", *more))[2].count("already done") == 2
    Path("quick.toml").write_text("seed = 4\n", encoding="utf-8")
    assert "already done" not in run(*words("--work", "w", *more))[2]
    next(Path("music").rglob("*.mid")).unlink()
    assert "already done" not in run(*words("--work", "w", *more))[2]
    shipped = read_groove(None)
    assert shipped is not None
    for groove in (shipped, replace(shipped, loud=shipped.loud + 1)):
        Path("g.npz").write_bytes(groove_bytes(groove))
        assert "already done" not in run(*words("--work", "w", "--groove", "g.npz"))[2]
        assert "already done" in run(*words("--work", "w", "--groove", "g.npz"))[2]
    for note in (36, 40):
        Path("box.toml").write_text(f"[voices.kick]\nnote = {note}\n", encoding="utf-8")
        assert "already done" not in run(*words("--work", "w", "--map", "box.toml"))[2]
        assert "already done" in run(*words("--work", "w", "--map", "box.toml"))[2]
    assert "already done" not in run(*words("--work", "w", "--groove", "g.npz"))[2]
    monkeypatch.setattr(build, "__version__", "99")
    assert "already done" not in run(*words("--work", "w", "--groove", "g.npz"))[2]


@pytest.mark.parametrize(
    "files",
    [
        {"beats.tsv": b"mine"},
        {"a.atlas": b"mine"},
        {"build.json": b"{}", "scores.json": b"mine"},
        {"build.json": b"\xff", "scores.json": b"mine"},
        {"build.json": b"[" * 100_000},
    ],
    ids=["table", "atlas", "other stamp", "no text", "deep"],
)
def test_a_folder_of_other_files_is_left_as_it_is(
    refuses: Refuses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    Path("music").mkdir()
    Path("music/a.mid").touch()
    Path("own").mkdir()
    for name, data in files.items():
        (Path("own") / name).write_bytes(data)
    refuses("own: holds files that", "build", "music", "-o", "a.atlas", "--work", "own")
    assert {path.name: path.read_bytes() for path in Path("own").iterdir()} == files


@pytest.mark.parametrize("more", [(), ("--work", "w")], ids=["temporary", "work"])
def test_files_without_a_beat_are_one_line_of_reasons(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    Path("music").mkdir()
    for name in "abc":
        Path(f"music/{name}.mid").write_bytes(b"MThd")
    code, out, err = run("build", "music", "-o", "a.atlas", "--jobs", "1", *more)
    assert (code, out) == (2, "")
    assert err == ("1 of 6: mine\ndrumatlas-export: music: 3 files, no beat: 3 malformed\n")


def test_errors_of_temporary_files_name_what_the_user_knows(
    run: Run, here: Path, beats_tsv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, err = run(*words("--known", str(beats_tsv)))
    assert code == 2
    assert "drumatlas-" not in err.replace("drumatlas-export: ", "")
    assert err.splitlines()[-1].startswith(
        "drumatlas-export: music: 0 beats are too few to train on"
    )

    def full(path: Path, _: str) -> None:
        raise FileError(f"{path}: can't be written: No space left on device")

    monkeypatch.setattr("drumatlas_export.cli.beats.write_text", full)
    line = "the temporary folder (choose another with --work DIR): can't be written: No space left"
    code, _, err = run(*words())
    assert (code, line in err) == (2, True)


def test_few_beats_are_warned_of_and_very_few_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    build._warn_of_few(2000, "music")
    assert capsys.readouterr().err == ""
    build._warn_of_few(796, "music")
    assert "796 beats are few" in capsys.readouterr().err
    with pytest.raises(BeatError, match=r"music: 39 beats are too few .* --repeats 2"):
        build._warn_of_few(39, "music")


def test_an_atlas_that_can_not_play_is_not_left(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch, atlas_path: Path
) -> None:
    def refuse(_: object) -> None:
        raise AtlasError("none of its beats passes the filter")

    Path("x.atlas").write_bytes(atlas_path.read_bytes())
    monkeypatch.setattr("drumatlas.explore.search.Places", refuse)
    with pytest.raises(AtlasError):
        build._try_out(Path("x.atlas"))
    assert not Path("x.atlas").exists()


@pytest.mark.parametrize(
    ("culprit", "more"),
    [
        ("nowhere: no such file", ["nowhere", "-o", "a.atlas"]),
        ("must end in .atlas", ["music", "-o", "a.zip"]),
        ("gone/a.atlas", ["music", "-o", "gone/a.atlas"]),
        ("no.tsv", ["music", "-o", "a.atlas", "--genres", "no.tsv"]),
        ("no.toml", ["music", "-o", "a.atlas", "--config", "no.toml"]),
        ("unknown model 'gan'; choose from ae", ["music", "-o", "a.atlas", "--model", "gan"]),
        ("--seed", ["music", "-o", "a.atlas", "--seed", "-1"]),
        ("music/x/w", ["music", "-o", "a.atlas", "--work", "music/x/w"]),
    ],
)
def test_build_refuses_before_it_works(
    refuses: Refuses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, culprit: str, more: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    Path("music").mkdir()
    Path("music/x").touch()
    Path("music/a.mid").touch()
    refuses(culprit, "build", *more)
