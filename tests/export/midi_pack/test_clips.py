from io import BytesIO
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import STEPS, Code, check_code, grids
from drumatlas.beat.smf import read_drums
from drumatlas.beat.tsv import BeatRow
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.midi_pack.clips import REPEATS, clip_bytes, lost_in_mining, names, pack_files
from drumatlas_export.midi_pack.velocity import flat_certainty, of_space
from drumatlas_export.mine.file import Rules, mine_file
from drumatlas_export.mine.sources import Source
from drumatlas_export.space import open_space
from support.beats import rotate

pytestmark = pytest.mark.export

CODE = check_code((1, 0, 4, 0, 6, 0, 4, 0, 5, 0, 4, 0, 6, 0, 4, 0) * 2)
BAR = 4 * 480


def steps_of(draw: int) -> Code:
    rng = np.random.default_rng(draw)
    full = rng.integers(1, 1 << 14, STEPS)
    return check_code((full * (rng.random(STEPS) < rng.uniform(0.1, 1))).tolist())


def mined_from(data: bytes, folder: Path, *, windowed: bool = False) -> set[Code]:
    (folder / "x.mid").write_bytes(data)
    result = mine_file(Source(folder / "x.mid", "x.mid", "x", windowed), Rules(REPEATS))
    return {found.code for found in result.found if not found.refusal}


@given(draw=st.integers(0, 10**6))
def test_mining_gives_back_just_the_beats_that_are_not_announced_as_lost(
    draw: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    code = steps_of(draw)
    (clip,) = flat_certainty([BeatRow(code)])
    found = mined_from(clip_bytes(clip, "x"), tmp_path_factory.mktemp("mine"))
    assert found == (set() if sum(lost_in_mining([code]).values()) else {code})


def test_a_pack_of_single_beats_is_mined_by_windows(tmp_path: Path) -> None:
    (clip,) = flat_certainty([BeatRow(CODE)])
    data = clip_bytes(clip, "x", repeats=1)
    assert mined_from(data, tmp_path) == set()
    assert mined_from(data, tmp_path, windowed=True) == {CODE}


def test_lost_beats_are_counted_by_reason() -> None:
    dull = check_code((1, 0, 0, 0) * 8)
    early = check_code((*range(1, 13), *[0] * 20))
    assert BeatFilter().lively([early])[0]
    codes = [CODE, rotate(CODE, 3), dull, early]
    reasons = {"low entropy": 1, "a pause of over a bar": 1, "rotations of another": 1}
    assert lost_in_mining(codes) == reasons
    assert sum(lost_in_mining([(0,) * 32]).values()) == 1
    assert sum(lost_in_mining([]).values()) == 0


@pytest.mark.parametrize("repeats", [1, 3])
def test_a_file_has_tempo_metre_and_whole_bars(repeats: int) -> None:
    (clip,) = flat_certainty([BeatRow(CODE, labels=("window", "r\u00f6ck"))])
    data = clip_bytes(clip, "0001 r\u00f6ck", bpm=96, repeats=repeats)
    file = mido.MidiFile(file=BytesIO(data), charset="utf-8")
    (track,) = file.tracks
    assert (file.type, file.ticks_per_beat) == (0, 480)
    tempo, metre = track[2:4]
    assert mido.tempo2bpm(tempo.tempo) == pytest.approx(96, abs=0.01)
    assert (metre.numerator, metre.denominator) == (4, 4)
    assert track.name == "0001 r\u00f6ck"
    assert sum(message.time for message in track) == repeats * 2 * BAR
    now, sounding, loud = 0, set(), set()
    for message in track:
        now += message.time
        if message.type == "note_on":
            assert now % 120 == 0
            assert message.note not in sounding
            assert message.channel == 9
            sounding.add(message.note)
            loud.add(message.velocity)
        elif message.type == "note_off":
            sounding.remove(message.note)
    assert not sounding
    assert len(loud) > 2  # the metre is heard
    assert min(loud) >= 1
    notes = read_drums(data).notes
    assert len(notes) == repeats * sum(step.bit_count() for step in CODE)


def test_names_tell_genre_and_place() -> None:
    rows = [
        BeatRow(CODE, latent=(1.0, -2.25, 0.0, 10.0), labels=("window", "hip/hop: old", "pop")),
        BeatRow(CODE, xy=(0.5, -0.25), labels=("rock",)),
        BeatRow(CODE, labels=("../..",)),
    ]
    assert names(flat_certainty(rows)) == [
        "hip-hop-old/0001 hip-hop-old z +1.00 -2.25 +0.00 +10.00.mid",
        "rock/0002 rock map +0.500 -0.250.mid",
        "beat/0003 beat.mid",
    ]


def test_a_space_gives_places_genres_and_velocities(atlas_path: Path, rows: list[BeatRow]) -> None:
    space = open_space(atlas_path)
    bare = [BeatRow(row.code) for row in rows[:20]]
    clips = of_space([*bare, BeatRow(CODE, latent=(1.0, 2.0, 3.0, 4.0), labels=("odd",))], space)
    assert clips[-1].row.latent == (1.0, 2.0, 3.0, 4.0)
    assert clips[-1].genre == "odd"
    found = space.places(grids([row.code for row in bare]))
    assert np.array([clip.row.latent for clip in clips[:-1]]) == pytest.approx(found)
    assert {clip.genre for clip in clips[:-1]} <= {genre.name for genre in space.genres}
    for clip, flat in zip(clips, flat_certainty([clip.row for clip in clips]), strict=True):
        assert ((clip.velocity > 0) == (flat.velocity > 0)).all()
    assert any(
        (clip.velocity != flat.velocity).any()
        for clip, flat in zip(clips, flat_certainty([clip.row for clip in clips]), strict=True)
    )


def test_the_index_is_a_genre_table() -> None:
    *_, (name, data) = pack_files(flat_certainty([BeatRow(CODE, labels=("Odd One",))]))
    assert (name, data.decode()) == (
        "index.tsv",
        f"file\tgenre\tbeat\nOdd-One/0001 Odd-One.mid\tOdd One\t{','.join(map(str, CODE))}\n",
    )


def test_same_beats_same_bytes(rows: list[BeatRow]) -> None:
    once, again = (list(pack_files(flat_certainty(rows[:30]))) for _ in range(2))
    assert once == again
    assert len({name for name, _ in once}) == 31
