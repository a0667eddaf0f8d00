import json
from pathlib import Path
from zipfile import ZipFile

import mido
import numpy as np
import pytest

from drumatlas.beat import grid
from drumatlas.beat.smf import MAX_BYTES
from drumatlas.errors import AtlasError, BeatError, FileError
from drumatlas.explore.groove import played_velocities
from drumatlas_export.groove import played as played_module
from drumatlas_export.groove.file import read_groove
from drumatlas_export.groove.learn import learn, measure
from drumatlas_export.groove.played import Played, read_played
from drumatlas_export.mine.sources import find_sources

pytestmark = pytest.mark.export

STEP = 120  # ticks of 480 a beat
HAT_LATE_MS = 10
BPM = 100


def perform(
    path: Path, seed: int, velocities: tuple[int, int] = (100, 50), later_bpm: int = BPM
) -> None:
    """Eight bars of hats: loud on the beat, soft and late between; kicks as the player likes. From
    bar 5 on they go by another tempo."""
    rng = np.random.default_rng(seed)
    ms = BPM * 480 / 60_000  # ticks
    events = []
    for step in range(8 * 16):
        loud = velocities[0] if step % 4 == 0 else velocities[1]
        late = 0 if step % 4 == 0 else HAT_LATE_MS
        swell = 0 if velocities[0] == velocities[1] else int(rng.integers(-5, 6))
        events.append((step * STEP + round(late * ms), 42, loud + swell))
        if step % 8 == 0:
            events.append((step * STEP, 36, velocities[0] + swell))
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(BPM))])
    track.append(mido.MetaMessage("time_signature"))
    last = 0
    for tick, key, loud in sorted([*events, (4 * 16 * STEP, 0, 0)]):
        words = {"channel": 9, "note": key, "velocity": loud, "time": tick - last}
        later = mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(later_bpm), time=tick - last)
        track.append(mido.Message("note_on", **words) if key else later)
        last = tick
    path.parent.mkdir(parents=True, exist_ok=True)
    mido.MidiFile(tracks=[track], ticks_per_beat=480).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for player in range(5):
        perform(tmp_path / "in" / f"player{player}" / "take.mid", player)
    return tmp_path / "in"


def played(folder: Path) -> Played:
    return read_played(find_sources([folder], []))


def test_velocity_and_lateness_are_read_from_a_performance(folder: Path) -> None:
    found = played(folder)
    assert found.loud.shape == (5 * 4, 32, 14)
    assert found.session.tolist() == [n for n in range(5) for _ in range(4)]
    assert (found.loud[:, :, 2] > 0).all()
    # A file's own latency, the median of all, is taken out.
    away = found.late_ms[:, 1, 2] - found.late_ms[:, 0, 2]
    assert away == pytest.approx(np.full(20, HAT_LATE_MS), abs=0.7)


def test_lateness_goes_by_the_tempo_that_is_in_force(tmp_path: Path) -> None:
    perform(tmp_path / "take.mid", 1, later_bpm=BPM // 2)
    found = played(tmp_path)
    away = found.late_ms[:, 1, 2] - found.late_ms[:, 0, 2]
    assert away == pytest.approx(
        [HAT_LATE_MS, HAT_LATE_MS, 2 * HAT_LATE_MS, 2 * HAT_LATE_MS], abs=1.4
    )


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "large.mid").open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    monkeypatch.setattr(played_module, "read", lambda *_: pytest.fail("read"))
    with pytest.raises(BeatError, match="1 file: 1 over 8 MiB"):
        played(tmp_path)


def test_a_file_that_claims_too_much_music_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform(tmp_path / "take.mid", 1)
    file = mido.MidiFile(tmp_path / "take.mid")
    (track,) = file.tracks
    half = [i for i, message in enumerate(track) if message.type == "set_tempo"][1]
    metres = [mido.MetaMessage("time_signature", numerator=n) for n in (3, 4)]
    track[half + 1 : half + 1] = metres  # a grid of its own begins
    file.save(tmp_path / "take.mid")
    assert len(played(tmp_path).loud) == 4
    monkeypatch.setattr(grid, "MAX_STEPS", 100)  # in each of the two are 64
    with pytest.raises(BeatError, match="no file holds two bars"):
        played(tmp_path)


def test_the_groove_is_the_players(folder: Path) -> None:
    groove, beat = learn(played(folder)), played(folder).loud[0] > 0
    hats = played_velocities(groove, beat, np.full(beat.shape, 0.5, np.float32))[:, 2]
    assert hats[[0, 4, 8, 12]].min() > hats[[1, 2, 3, 5]].max() + 25
    late = groove.late_ms[:, 2]
    assert late[1] - late[0] > 5


def test_sessions_that_taught_nothing_are_guessed(folder: Path) -> None:
    table = measure(played(folder))
    assert (table["windows"], table["sessions"]) == (20, 5)
    assert table["velocity_rms"]["groove"] < table["velocity_rms"]["flat"] / 2
    assert table["accent_rms"]["groove"] < table["accent_rms"]["flat"] / 2
    assert table["timing_ms_rms"]["groove"] < table["timing_ms_rms"]["grid"]


def test_one_session_gives_no_measures_of_others(tmp_path: Path) -> None:
    perform(tmp_path / "take.mid", 1)
    assert measure(played(tmp_path)) == {"windows": 4, "hits": 144, "sessions": 1}


def test_files_of_one_velocity_teach_nothing(tmp_path: Path) -> None:
    perform(tmp_path / "typed.mid", 1, (90, 90))
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    with pytest.raises(BeatError, match=r"2 files: 1 fewer than 5 different .*, 1 malformed$"):
        read_played(find_sources([tmp_path], []))


def test_the_command_says_by_number_what_taught_nothing(
    run, refuses, folder: Path, tmp_path: Path
) -> None:
    (folder / "broken.mid").write_bytes(b"MThd")
    (folder / "rest.rar").touch()
    with ZipFile(folder / "more.zip", "w") as archive:
        archive.write(folder / "player0" / "take.mid", "player5/take.mid")
    code, out, err = run("groove", folder, "-o", tmp_path / "g.npz")
    assert code == 0
    assert '"sessions": 6' in out
    assert "left out: 1 malformed\npassed over: 1 archive other than .zip (unpack it)\n" in err
    broken = folder / "broken.mid"
    refuses("broken.mid: no file holds two bars", "groove", broken, "-o", tmp_path / "h.npz")
    (tmp_path / "empty").mkdir()
    refuses("empty: no MIDI files", "groove", tmp_path / "empty", "-o", tmp_path / "h.npz")


def test_the_command_measures_and_writes(run, folder: Path, tmp_path: Path) -> None:
    code, out, _ = run("groove", folder, "-o", tmp_path / "g.npz")
    assert code == 0
    assert '"velocity_rms"' in out
    ours = read_groove(str(tmp_path / "g.npz"))
    assert ours is not None
    assert np.array_equal(ours.loud, learn(played(folder)).loud)


def test_the_groove_that_ships_is_one_and_may_be_left_out() -> None:
    shipped = read_groove(None)
    assert shipped is not None
    assert shipped.loud[4, 1] > shipped.loud[1, 1] + 20  # a backbeat, and a ghost note
    assert read_groove("none") is None


def test_a_file_that_is_no_groove_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.npz").write_bytes(b"nothing")
    with pytest.raises(AtlasError, match=r"no\.npz: not a zip"):
        read_groove(str(tmp_path / "no.npz"))
    with pytest.raises(FileError, match=r"gone\.npz"):
        read_groove(str(tmp_path / "gone.npz"))


def test_hats_edges_are_learned_and_lost_notes_are_reported(run, tmp_path: Path) -> None:
    for player in range(2):
        path = tmp_path / "in" / f"player{player}" / "take.mid"
        perform(path, player)
        song = mido.MidiFile(path)
        notes = [message for message in song.tracks[0] if message.type == "note_on"]
        for message in notes:
            message.note = {42: 22, 36: 33}.get(message.note, message.note)
        song.save(path)
    code, out, err = run("groove", tmp_path / "in", "-o", tmp_path / "g.npz")
    table = json.loads(out)
    assert code == 0
    assert table["notes_without_voice"] == {"33 (metronome click)": 32}
    assert table["hits"] == 2 * 8 * 16
    assert "32 notes without a voice" in err
