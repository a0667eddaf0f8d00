from io import BytesIO

import mido
import pytest

from drumatlas.beat.drum_map import GM, V_DRUMS_MAP, map_of_voices
from drumatlas.beat.drums import Reading, misfit_line, read, unvoiced_line
from drumatlas.beat.grid import four_four
from drumatlas.beat.voices import VOICE_TABLE


def file_of_keys(*keys: int, channel: int = 9) -> bytes:
    """A file with a key on each beat."""
    ons = [
        mido.Message("note_on", channel=channel, note=key, time=480 * bool(i))
        for i, key in enumerate(keys)
    ]
    buffer = BytesIO()
    file = mido.MidiFile(ticks_per_beat=480, tracks=[mido.MidiTrack(ons)])
    file.save(file=buffer)
    return buffer.getvalue()


def hits(data: bytes, reading: Reading) -> list[int]:
    """What is on each beat of the first two bars."""
    drums = read(data, reading)
    code, _ = next(iter(drums.two_bars(four_four(drums.track))))
    return [step for step in code[::4] if step]


def test_a_file_is_read_by_what_its_notes_show() -> None:
    assert read(file_of_keys(36, 55, 58)).drum_map is GM
    assert read(file_of_keys(36, 55, 58, 22)).drum_map is V_DRUMS_MAP
    assert hits(file_of_keys(36, 55, 58, 22), Reading()) == [1, 1 << 7, 1 << 3, 1 << 2]
    assert hits(file_of_keys(36, 55, 58, 22), Reading(GM)) == [1, 1 << 8, 1 << 9, 1 << 2]


def test_notes_without_a_voice_are_counted_by_key() -> None:
    drums = read(file_of_keys(36, 33, 33, 2))
    assert drums.unvoiced == {33: 2, 2: 1}
    assert drums.voiced == 1
    assert read(file_of_keys()).voiced == 0


def test_a_map_brings_its_channels() -> None:
    own = map_of_voices("own", [(voice.bit, 2) for voice in VOICE_TABLE])
    assert hits(file_of_keys(0, 1, channel=2), Reading(own)) == [1, 2]
    assert not read(file_of_keys(0, 1, channel=3), Reading(own)).voiced
    assert hits(file_of_keys(0, 1, channel=3), Reading(own, frozenset((3,)))) == [1, 2]


@pytest.mark.parametrize(
    ("unvoiced", "line"),
    [
        ({}, ""),
        ({33: 1}, "1 note without a voice (note 33 (metronome click): 1)"),
        ({3: 1, 5: 7}, "8 notes without a voice (note 5: 7, note 3: 1)"),
    ],
)
def test_lost_notes_are_listed_by_key(unvoiced: dict[int, int], line: str) -> None:
    assert unvoiced_line(unvoiced) == line


def test_a_line_about_many_keys_stays_a_line() -> None:
    line = unvoiced_line(dict.fromkeys(range(100), 1))
    assert line.startswith("100 notes without a voice (note 0: 1, ")
    assert line.endswith(", 88 more)")


def test_moved_notes_are_listed_by_reason() -> None:
    assert misfit_line(["", ""]) == misfit_line([]) == ""
    line = misfit_line(["swing or triplets", "", "off the 16th grid", "swing or triplets"])
    assert line == (
        "of 4 two-bar windows: 2 swing or triplets, 1 off the 16th grid; moved to the nearest 16ths"
    )


@pytest.mark.parametrize(
    "reset", [(0x41, 0x10, 0x42, 0x12, 0x40, 0, 0x7F, 0, 0x41), (0x43, 0x10, 0x4C, 0, 0, 0x7E, 0)]
)
def test_in_songs_for_gs_and_xg_synths_26_is_no_hat(reset: tuple[int, ...]) -> None:
    def song(*keys: int) -> bytes:
        file = mido.MidiFile(file=BytesIO(file_of_keys(*keys)))
        file.tracks[0].insert(0, mido.Message("sysex", data=reset))
        buffer = BytesIO()
        file.save(file=buffer)
        return buffer.getvalue()

    assert read(song(36, 26, 54)).unvoiced == {26: 1}
    assert not read(file_of_keys(36, 26, 54)).unvoiced
    assert read(song(36, 26, 38)).drum_map is V_DRUMS_MAP
