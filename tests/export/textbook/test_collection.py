from collections import Counter
from collections.abc import Sequence

import pytest

from drumatlas.beat.codes import STEPS, canonical, check_code
from drumatlas.beat.tsv import format_rows, parse
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.explore.controls import MAX_BPM, MIN_BPM
from drumatlas.explore.filters import BeatFilter
from drumatlas_export.mine.report import report
from drumatlas_export.textbook.collection import (
    mined,
    read_textbook,
    textbook_rows,
    variations,
)
from drumatlas_export.textbook.families import FAMILIES
from drumatlas_export.textbook.rules import RULES
from drumatlas_export.textbook.style import LEAST_BPM, MOST_BPM, PLAIN, Style
from drumatlas_export.train.split import split_by_song

pytestmark = pytest.mark.export

STYLES = read_textbook()
BY_NAME = {style.name: style for style in STYLES}
BIT = {voice.short: 1 << voice.bit for voice in VOICE_TABLE}

every_style = pytest.mark.parametrize("style", STYLES, ids=[style.name for style in STYLES])


def test_there_are_many_styles_of_every_family() -> None:
    assert len(STYLES) == len(BY_NAME) >= 30
    counts = Counter(style.family for style in STYLES)
    assert list(counts) == list(FAMILIES)  # in the order of the table
    assert min(counts.values()) >= 3


@every_style
def test_a_style_has_several_beats_by_hand_and_many_by_rule(style: Style) -> None:
    assert style.beats[0].name == PLAIN
    assert len(style.beats) >= 4
    assert 8 <= len(list(variations(style))) <= 30


@every_style
def test_every_beat_passes_the_filter_and_is_another(style: Style) -> None:
    beats = list(variations(style))
    dull = ~BeatFilter().passes([beat.code for beat in beats])
    assert not [beat.name for beat, is_dull in zip(beats, dull, strict=True) if is_dull]
    assert len({canonical(beat.code) for beat in beats}) == len(beats)
    for beat in beats:
        assert len(check_code(beat.code)) == STEPS
        assert all(soft & ~hit == 0 for hit, soft in zip(beat.code, beat.ghosts, strict=True))


@every_style
def test_each_of_its_rules_makes_a_beat(style: Style) -> None:
    made = [beat.name for beat in variations(style)]
    for rule in style.rules:
        assert any(name.endswith(f", {rule.name}") for name in made), rule.name


def test_every_rule_is_used() -> None:
    assert {rule.name for style in STYLES for rule in style.rules} == set(RULES)


def test_every_voice_is_used() -> None:
    used = 0
    for style in STYLES:
        for beat in style.beats:
            for code in beat.code:
                used |= code
    assert used == 2 ** len(VOICE_TABLE) - 1


def test_the_box_plays_every_tempo() -> None:
    assert (LEAST_BPM, MOST_BPM) == (MIN_BPM, MAX_BPM)
    assert all(style.slowest < style.fastest for style in STYLES)


def test_no_plain_beat_is_another_styles_beat() -> None:
    """Else no space could tell the two styles from one another by them."""
    plain = {canonical(style.beats[0].code): style.name for style in STYLES}
    assert len(plain) == len(STYLES)
    for style in STYLES:
        for beat in variations(style):
            assert plain.get(canonical(beat.code), style.name) == style.name, beat.name


def test_reading_it_again_gives_the_same() -> None:
    assert read_textbook() == STYLES
    for style in STYLES:
        assert list(variations(style)) == list(variations(style))


# --- what makes a style: hits of the plain beat at steps of each bar, and rests ----------------


@pytest.mark.parametrize(
    ("style", "voice", "hits", "rests"),
    [
        ("house", "kick", range(0, 16, 4), [2, 6, 10, 14]),
        ("house", "snar", [4, 12], [0, 8]),
        ("house", "ohat", [2, 6, 10, 14], [0, 4, 8, 12]),
        ("techno", "kick", range(0, 16, 4), []),
        ("techno", "snar", [], range(16)),
        ("disco", "ohat", [2, 6, 10, 14], []),
        ("drum and bass", "kick", [0, 10], [4, 8, 12]),
        ("drum and bass", "snar", [4, 12], []),
        ("2-step", "kick", [0, 10], [4, 8, 12]),
        ("dubstep", "snar", [8], [4, 12]),
        ("trap", "snar", [8], [4, 12]),
        ("half-time", "snar", [8], [4, 12]),
        ("boom bap", "snar", [4, 12], [0, 8]),
        ("one drop", "kick", [8], [0, 4, 12]),
        ("one drop", "snar", [8], [0, 4, 12]),
        ("rockers", "kick", [0, 8], []),
        ("steppers", "kick", range(0, 16, 4), []),
        ("steppers", "snar", [8], [4, 12]),
        ("ska", "kick", [4, 12], [0, 8]),
        ("dembow", "snar", [3, 6, 11, 14], [4, 12]),
        ("soca", "snar", [3, 6, 11, 14], [4, 12]),
        ("dancehall", "kick", [0, 3, 8, 11], []),
        ("samba", "kick", [0, 3, 4, 7, 8, 11, 12, 15], [2, 6, 10, 14]),
        ("mambo", "aux", [0, 2, 4, 5, 7, 8, 10, 11, 13, 15], [1, 3, 6, 9, 12, 14]),
        ("mambo", "snar", [2, 4, 8, 11, 14], [0, 6, 10, 12]),
        ("songo", "kick", [3, 6, 11, 14], [0, 8]),
        ("cha-cha", "aux", range(0, 16, 4), []),
        ("merengue", "kick", range(0, 16, 4), []),
        ("highlife", "snar", [0, 3, 6, 10, 12], [8]),
        ("motown", "snar", range(0, 16, 4), []),
        ("train beat", "snar", range(16), []),
        ("country two-beat", "snar", [2, 6, 10, 14], [0, 4, 8, 12]),
        ("d-beat", "kick", [0, 6, 10], [4, 8, 12]),
        ("punk", "kick", [0, 6, 8], [4, 12]),
        ("blast beat", "snar", range(1, 16, 2), range(0, 16, 2)),
        ("blast beat", "kick", range(0, 16, 2), range(1, 16, 2)),
        ("double kick", "kick", range(16), []),
        ("swing", "ride", [0, 4, 7, 8, 12, 15], [2, 6, 10, 14]),
        ("swing", "chat", [4, 12], [0, 8]),
        ("bebop", "ride", [0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15], [1, 5, 9, 13]),
        ("shuffle", "chat", [0, 3, 4, 7, 8, 11, 12, 15], [2, 6, 10, 14]),
        ("half-time shuffle", "snar", [8], [4, 12]),
    ],
)
def test_a_plain_beat_is_its_styles(
    style: str, voice: str, hits: Sequence[int], rests: Sequence[int]
) -> None:
    code = BY_NAME[style].beats[0].code
    for bar in (code[:16], code[16:]):
        assert all(bar[step] & BIT[voice] for step in hits)
        assert not any(bar[step] & BIT[voice] for step in rests)


def test_the_bossa_nova_has_its_clave_over_two_bars() -> None:
    code = BY_NAME["bossa nova"].beats[0].code
    assert [step for step, hits in enumerate(code) if hits & BIT["snar"]] == [0, 6, 12, 20, 26]


@pytest.mark.parametrize("style", ["2-step", "boom bap", "new jack swing", "half-time shuffle"])
def test_what_swings_on_16ths_says_so(style: str) -> None:
    assert BY_NAME[style].swing >= 0.3


@pytest.mark.parametrize("style", ["techno", "trap", "dembow", "blast beat", "rock"])
def test_what_is_straight_does_not_swing(style: str) -> None:
    assert BY_NAME[style].swing == 0


# --- as mined beats ----------------------------------------------------------------------------


def test_rows_are_those_of_a_mined_collection() -> None:
    rows = textbook_rows(STYLES)
    made = {canonical(beat.code) for style in STYLES for beat in variations(style)}
    assert {canonical(row.code) for row in rows} == made
    assert len(rows) == len(made)
    for row in rows:
        assert row.songs
        assert set(row.labels) <= set(BY_NAME)
    assert list(parse(format_rows(rows))) == rows


def test_a_plain_beat_has_its_style_as_genre_and_its_own_song() -> None:
    rows = {canonical(row.code): row for row in textbook_rows(STYLES)}
    for style in STYLES:
        row = rows[canonical(style.beats[0].code)]
        assert row.labels == (style.name,)
        assert row.songs == (f"textbook {style.name}: plain",)
        assert row.code == style.beats[0].code  # in the phase in which it was written


def test_variations_are_of_the_song_of_their_beat() -> None:
    house = BY_NAME["house"]
    rows = textbook_rows([house])
    songs = Counter(song for row in rows for song in row.songs)
    assert set(songs) == {f"textbook house: {beat.name}" for beat in house.beats}
    assert min(songs.values()) > 1


def test_beats_of_a_song_stay_together_when_songs_are_held_out() -> None:
    rows = textbook_rows(STYLES)
    split = split_by_song(rows, 1, 0.1, 0.1)
    parts = [{song for i in part for song in rows[i].songs} for part in (split.train, split.test)]
    assert not parts[0] & parts[1]


def test_the_report_counts_them_as_a_collection() -> None:
    counts = report(mined(STYLES))
    assert counts["beats_per_source"] == {"textbook": counts["beats"]}
    assert counts["beats_from_repeats"] == counts["beats"]
    assert set(counts["beats_per_genre"]) == set(BY_NAME)
