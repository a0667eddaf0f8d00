"""Fixtures of the host side: tiny beats, a tiny model and its atlas, MIDI files, the CLI."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import numpy as np
import pytest

from drumatlas.beat.codes import Code, pack, rotation_hash
from drumatlas.beat.tsv import BeatRow, format_rows
from drumatlas.explore.filters import BeatFilter
from support.beats import Hit, WriteMidi
from support.made_once import made_once, run_folder

if TYPE_CHECKING:
    from drumatlas_export.space import Space
    from drumatlas_export.train.checkpoint import Checkpoint
    from drumatlas_export.train.config import TrainConfig

MISSING = [
    name for name in ("torch", "onnx", "sklearn", "contourpy", "rich") if find_spec(name) is None
]

if MISSING:
    # The modules could not even be imported: they are left out as a whole.
    collect_ignore_glob = ["*"]

    def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
        """Say why, since an ignored folder is silent."""
        reason = f"{', '.join(MISSING)} missing; pip install -e '.[export]'"
        terminalreporter.write_line(f"tests/export left out: {reason}", yellow=True)


TICKS = 480  # a beat, in the MIDI files made here
STEP = TICKS // 4
BEATS = 300
SONGS = 100
GENRES = ("rock", "jazz", "funk")


def _one_beat(rng: np.random.Generator, genre: str) -> Code:
    """A beat that a drummer of `genre` might play: a fixed frame and some hits at random."""
    grid = np.zeros((32, 14), bool)
    grid[::8, 0] = True
    grid[4::8, 1] = True
    metal = {"rock": 2, "jazz": 8, "funk": 5}[genre]
    grid[:: 2 if genre != "funk" else 1, metal] = True
    grid ^= rng.random((32, 14)) < {"rock": 0.03, "jazz": 0.05, "funk": 0.04}[genre]
    return tuple(pack(grid).tolist())


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """These networks are too small to share: threads would only wait for one another."""
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def rows() -> list[BeatRow]:
    """300 beats of different rotation classes, all lively; 3 genres, 100 songs of 3 beats."""
    rng = np.random.default_rng(7)
    result: list[BeatRow] = []
    seen: set[int] = set()
    while len(result) < BEATS:
        genre = GENRES[len(result) % 3]
        code = _one_beat(rng, genre)
        name = rotation_hash(code)
        if name in seen or not BeatFilter().passes([code])[0]:
            continue
        seen.add(name)
        result.append(BeatRow(code, labels=(genre,), songs=(f"song {len(result) // 3}",)))
    return result


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shared files lie; tests only read here."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def beats_tsv(rows: list[BeatRow], folder: Path) -> Path:
    """The 300 beats as a file."""
    path = folder / "beats.tsv"
    path.write_text("".join(format_rows(rows)), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def config() -> TrainConfig:
    """A run of about a second that learns something."""
    from drumatlas_export.train.config import TrainConfig

    return TrainConfig(kind="acai", seed=3, learning_rate=1e-2, max_epochs=60, patience=10)


@pytest.fixture(scope="session")
def checkpoint(rows: list[BeatRow], config: TrainConfig) -> Checkpoint:
    """The tiny model."""
    from drumatlas_export.train.fit import fit

    return fit(rows, config, lambda *_: None)


@pytest.fixture(scope="session")
def model_path(checkpoint: Checkpoint, folder: Path) -> Path:
    """The tiny model as a file."""
    from drumatlas_export.train.checkpoint import save

    save(checkpoint, folder / "tiny.pt")
    return folder / "tiny.pt"


@pytest.fixture(scope="session")
def space(checkpoint: Checkpoint) -> Space:
    """The tiny model's space."""
    from drumatlas_export.space import of_checkpoint

    return of_checkpoint(checkpoint, "tiny.pt")


@pytest.fixture(scope="session")
def atlas_path(checkpoint: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model's atlas, made once a run; its map holds all 300 beats and 200 new ones."""
    from drumatlas_export.atlas import chart
    from drumatlas_export.atlas.job import export

    def make(path: Path) -> None:
        provenance = {"sources": ["made up"], "beats": "not this"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(chart, "GENERATED_POINTS", 200)
            export(checkpoint, path, {"novelty": 0.5}, provenance)

    return made_once(run_folder(tmp_path_factory) / "tiny.atlas", make)


@pytest.fixture
def small_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map that is drawn in no time."""
    from drumatlas_export.atlas import chart

    monkeypatch.setattr(chart, "TRAINING_POINTS", 60)
    monkeypatch.setattr(chart, "GENERATED_POINTS", 30)


@pytest.fixture
def quick_export(small_map: None, atlas_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export of the tiny model that takes its ONNX (2 s) from the atlas that holds it."""
    from drumatlas_export.atlas import job

    with ZipFile(atlas_path) as archive:
        networks = archive.read("decoder.onnx"), archive.read("encoder.onnx")
    monkeypatch.setattr(job, "to_onnx", lambda *_: networks)


@pytest.fixture(scope="session")
def hits_of() -> Callable[[Sequence[int], int], list[Hit]]:
    """Notes of a code, played `times` times from the file's start; each voice by its own key."""
    from drumatlas.beat.voices import VOICE_TABLE

    def hits(code: Sequence[int], times: int) -> list[Hit]:
        return [
            ((turn * 32 + step) * STEP, voice.note)
            for turn in range(times)
            for step, value in enumerate(code)
            for voice in VOICE_TABLE
            if value >> voice.bit & 1
        ]

    return hits


@pytest.fixture(scope="session")
def write_midi() -> WriteMidi:
    """Writes drum hits (tick, key), signatures (tick, n, d), tempos (tick, microseconds a beat) and
    programs (tick, program) as a MIDI file; gives its path."""
    import mido

    def write(  # noqa: PLR0913 - events of each kind, by name
        path: Path,
        hits: Iterable[Hit],
        signatures: Iterable[tuple[int, int, int]] = (),
        channel: int = 9,
        *,
        tempos: Iterable[tuple[int, int]] = (),
        programs: Iterable[tuple[int, int]] = (),
    ) -> Path:
        events = [
            (tick, 0, mido.MetaMessage("time_signature", numerator=n, denominator=d))
            for tick, n, d in signatures
        ]
        for tick, tempo in tempos:
            events.append((tick, 0, mido.MetaMessage("set_tempo", tempo=tempo)))
        for tick, program in programs:
            message = mido.Message("program_change", channel=channel, program=program)
            events.append((tick, 0, message))
        for tick, key in hits:
            message = mido.Message("note_on", channel=channel, note=key, velocity=90)
            events.append((tick, 1, message))
        events.sort(key=lambda event: event[:2])
        track = mido.MidiTrack()
        last = 0
        for tick, _, message in events:
            track.append(message.copy(time=tick - last))
            last = tick
        path.parent.mkdir(parents=True, exist_ok=True)
        mido.MidiFile(type=0, ticks_per_beat=TICKS, tracks=[track]).save(path)
        return path

    return write


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs `drumatlas-export`: (exit code, stdout, stderr)."""
    from drumatlas_export.cli import main

    def call(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:  # argparse's way out
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def refuses(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> Callable[..., str]:
    """Runs a command that must be refused: exit code 2, one line, which holds `culprit`, on
    stderr, nothing on stdout, and not one file more or less in tmp_path. Gives the line."""

    def call(culprit: object, *words: object) -> str:
        before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert err.startswith("drumatlas-export")
        assert err.count("\n") == 1
        assert err.endswith("\n")
        assert str(culprit) in err
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
        return err

    return call
