"""Drums on other channels than 10: found where it is sure, and nowhere else."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.smf import DrumTrack, read_drums
from support.midi_bytes import (
    END,
    FOUR_FOUR,
    GM_ON,
    GS_RESET,
    XG_ON,
    bank,
    beat,
    file_of,
    gs_part,
    named,
    played,
    xg_part,
)

NOTES = beat()
CONGAS = [(tick, 62) for tick in range(0, 4 * 1920, 240)]  # a kit's notes for no one who guesses


def song(drums: list[tuple[int, int]], channel: int, before: bytes = b"") -> bytes:
    """The drums, and a melody on channel 2, so that it is no file of one channel."""
    melody = played([(480 * i, 60 + i * 7 % 12) for i in range(16)], channel=1)
    return file_of(FOUR_FOUR + END, played(drums, channel, before), melody)


def channels(track: DrumTrack) -> set[int]:
    return set(track.unpacked(0, 1 << 28)[1].tolist())


@pytest.mark.parametrize(
    ("before", "why"),
    [
        (XG_ON + bank(10, 127), "XG bank 127"),
        (bank(10, 120), "GM2 bank 120"),
        (GS_RESET + gs_part(0xA, 1), "a GS drum part"),
        (gs_part(0xA, 2), "a GS drum part"),
        (XG_ON + xg_part(10, 2), "an XG drum part"),
    ],
)
def test_a_part_declared_as_drums_is_read(before: bytes, why: str) -> None:
    track = read_drums(song(CONGAS, 10, before))
    assert [note[:2] for note in track.notes] == CONGAS
    assert track.remarks == [f"drums found on channel 11 ({why})"]
    both = file_of(played(NOTES), played(CONGAS, 10, before))
    assert channels(read_drums(both)) == {9, 10}  # one kit of two parts


@pytest.mark.parametrize(
    "before",
    [
        b"",
        bank(10, 127),  # MT-32 sounds, if it is not XG
        bank(10, 121),  # GM2 melodies
        XG_ON + bank(10, 127) + bank(10, 0),
        bank(10, 120) + GM_ON,
        gs_part(0xA, 0),
        gs_part(0xA, 1) + GS_RESET,
        gs_part(0x1, 1),  # another channel
        XG_ON + xg_part(10, 1) + xg_part(10, 0),
        bytes((0, 0xB0 | 10, 0, 120)),  # no program change after it
    ],
)
def test_a_part_not_declared_as_drums_is_not_read(before: bytes) -> None:
    track = read_drums(song(CONGAS, 10, before))
    assert (track.notes, track.remarks) == ([], [])
    assert track.unread == [1, 10]


def test_blocks_of_gs_are_channels() -> None:
    blocks = {0: 9, **{block: block - 1 for block in range(1, 10)}}
    blocks |= {block: block for block in range(10, 16)}
    for block, channel in blocks.items():
        track = read_drums(file_of(played(CONGAS, channel, gs_part(block, 1))))
        assert channels(track) == {channel}


def test_a_channel_plays_drums_from_where_it_is_declared() -> None:
    half = len(NOTES) // 2
    tick = NOTES[half][0]
    switch = tick.to_bytes(1) if tick < 128 else bytes((0x80 | tick >> 7, tick & 0x7F))
    body = switch + gs_part(0xA, 1)[1:] + END
    track = read_drums(file_of(played(CONGAS, 10), body, played([(0, 60)], 1)))
    assert [note[0] for note in track.notes] == [when for when, _ in CONGAS if when >= tick]


@pytest.mark.parametrize(
    "name",
    [
        "Midi Drums",
        "drums",
        "DRUMKIT",
        "Drum Loop 3",
        "Schlagzeug",
        "Batterie",
        "Bateria",
        "Ударные",
    ],
)
@pytest.mark.parametrize("channel", [0, 5, 15])
def test_a_track_named_drums_is_read(name: str, channel: int) -> None:
    offbeat = [(tick + 240 * (key == 42), key) for tick, key in NOTES]  # no hat on kick or snare
    track = read_drums(song(offbeat, channel, named(name)))
    assert len(track.notes) == len(offbeat)
    assert track.remarks == [f"drums found on channel {channel + 1} (track 2 is named {name!r})"]


@pytest.mark.parametrize("name", ["perc", "Beat 7", "Kit A", "Percussion"])
def test_a_vague_name_needs_the_notes_of_a_kit(name: str) -> None:
    assert len(read_drums(song(NOTES, 3, named(name))).notes) == len(NOTES)
    assert read_drums(song(CONGAS, 3, named(name))).notes == []


@pytest.mark.parametrize(
    "name",
    ["Steel Drums", "Drum & Bass line", "Taiko Drum", "Synth Drum", "Piano", "Kitten", "Drumlin"],
)
def test_other_names_do_not_make_a_track_drums(name: str) -> None:
    assert read_drums(song(NOTES, 3, named(name))).notes == []


def test_a_melody_named_drums_is_not_read() -> None:
    scale = [(240 * i, 48 + (0, 2, 4, 5, 7, 9, 11, 12)[i % 8]) for i in range(64)]
    assert read_drums(song(scale, 3, named("Little Drums"))).notes == []


def test_a_name_does_not_count_beside_drums_on_channel_10() -> None:
    track = read_drums(file_of(played(NOTES), played(NOTES, 0, named("Drums"))))
    assert channels(track) == {9}


@pytest.mark.parametrize("channel", [0, 8, 10, 15])
def test_a_file_of_one_channel_with_the_notes_of_a_kit_is_read(channel: int) -> None:
    track = read_drums(file_of(FOUR_FOUR + END, played(NOTES, channel)))
    assert [note[:2] for note in track.notes] == NOTES
    (remark,) = track.remarks
    assert remark == (
        f"drums found on channel {channel + 1} (the only channel; it plays a drum kit's keys)"
    )


@pytest.mark.parametrize("channel", [10, 15])
def test_channels_11_and_16_are_read_as_drums_by_custom(channel: int) -> None:
    assert len(read_drums(song(NOTES, channel)).notes) == len(NOTES)
    assert read_drums(song(NOTES, 4)).notes == []


def test_channel_16_does_not_count_beside_channel_10() -> None:
    # Files for Windows 3 hold the same drums twice.
    track = read_drums(file_of(played(NOTES), played(NOTES, 15)))
    assert [note[:2] for note in track.notes] == NOTES
    assert track.remarks == []


# Melodies

SCALES = [
    (0, 2, 4, 5, 7, 9, 11),
    (0, 2, 3, 5, 7, 8, 11),  # G minor has kick, snare, hats and a crash of General MIDI
    (0, 3, 5, 6, 7, 10),
    tuple(range(12)),
    (0, 2, 4, 6, 8, 10),
]


def _walk(rng: np.random.Generator, keys: list[int], count: int) -> list[int]:
    """A melody that moves by small steps."""
    places = np.cumsum(rng.integers(-2, 3, count)) + rng.integers(len(keys))
    return [keys[place % len(keys)] for place in places.tolist()]


def bass(rng: np.random.Generator, keys: list[int]) -> list[tuple[int, int]]:
    low = [key for key in keys if key < 52]
    return [(240 * i, key) for i, key in enumerate(_walk(rng, low, 64))]


def piano(rng: np.random.Generator, keys: list[int]) -> list[tuple[int, int]]:
    left = [(480 * i, key) for i, key in enumerate(_walk(rng, keys[: len(keys) // 2], 32))]
    right = [(240 * i, key) for i, key in enumerate(_walk(rng, keys[len(keys) // 2 :], 64))]
    return sorted(left + right)


def chords(rng: np.random.Generator, keys: list[int]) -> list[tuple[int, int]]:
    roots = rng.integers(0, len(keys) - 5, 32).tolist()
    return [(480 * i, keys[root + n]) for i, root in enumerate(roots) for n in (0, 2, 4)]


def boogie(rng: np.random.Generator, keys: list[int]) -> list[tuple[int, int]]:
    """A left hand that hammers fifths and sixths, as low as kick and snare are."""
    root = int(rng.integers(33, 45))
    return sorted((240 * i, root + n) for i in range(64) for n in (0, (7, 9)[i // 2 % 2]))


@given(
    play=st.sampled_from([bass, piano, chords, boogie]),
    tonic=st.integers(0, 11),
    scale=st.sampled_from(SCALES),
    lowest=st.integers(33, 60),
    seed=st.integers(0, 2**32 - 1),
    channel=st.sampled_from([0, 10, 15]),
)
def test_a_melody_is_never_drums(  # noqa: PLR0913 - a melody has many choices
    *,
    play: Callable[[np.random.Generator, list[int]], list[tuple[int, int]]],
    tonic: int,
    scale: tuple[int, ...],
    lowest: int,
    seed: int,
    channel: int,
) -> None:
    keys = [key for key in range(lowest, lowest + 30) if (key - tonic) % 12 in scale]
    if play is bass:
        keys = [key for key in range(33, 60) if (key - tonic) % 12 in scale]
    notes = play(np.random.default_rng(seed), keys)
    assert read_drums(file_of(played(notes, channel))).notes == []
