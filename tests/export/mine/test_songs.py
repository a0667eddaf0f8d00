import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.tsv import BeatRow, format_rows, parse
from drumatlas_export.mine.songs import song_of

pytestmark = pytest.mark.export

words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=9).filter(
    lambda word: word != "copy"
)
titles = st.lists(words, min_size=1, max_size=3).map(" ".join)
marks = st.sampled_from(
    [
        *(" (2)", "(12)", "_(3)", " [1]", " copy", " - Copy"),
        *(" COPY (2)", "_copy", " v2", "_V2", "-v13", ".2", " 2", "_1"),
    ]
)
# Any name that a folder or file may have, save control characters and broken UTF-8.
names = st.text(st.characters(exclude_categories=["C"], exclude_characters="/"), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


@given(titles, st.lists(marks, max_size=2).map("".join), st.sampled_from([".mid", ".KAR"]))
def test_a_copy_is_the_same_song(title: str, mark: str, suffix: str) -> None:
    assert song_of(f"x/{title}{mark}{suffix}") == song_of(f"y/{title}.mid") == title


@pytest.mark.parametrize("mark", ["_copy", "_v2", " copy_1"])
def test_a_copy_marked_by_an_underscore_is_the_same_song(mark: str) -> None:
    assert song_of(f"Toto_Africa{mark}.mid") == song_of("Toto_Africa.mid")


@pytest.mark.parametrize("title", ["carbon copycat", "photocopy", "rev2", "kiev2 song", "track 12"])
def test_what_only_looks_like_a_copy_mark_stays(title: str) -> None:
    assert song_of(f"{title}.mid") == title


@pytest.mark.parametrize("stem", ["SOS", "01", "1_funk_80_beat"])
def test_a_copy_of_a_short_or_numbered_name_is_the_same_song(stem: str) -> None:
    assert song_of(f"Abba/{stem} (2).mid") == song_of(f"Abba/{stem}.mid")


@pytest.mark.parametrize(
    "path",
    ["Toto_Hold The Line (2).mid", "a/b/TOTO - Hold the Line.mid", "toto.hold.the.line.KAR"],
)
def test_letters_and_digits_make_the_key(path: str) -> None:
    assert song_of(path) == "toto hold the line"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("rock/Album/01.mid", "rock/album/01"),
        ("x/rock/Album/01.mid", "rock/album/01"),
        ("drummer1/session2/1_funk_80_beat.mid", "drummer1/session2/1 funk 80 beat"),
        ("Abba/SOS.mid", "abba/sos"),
        ("a|b/01.mid", "a b/01"),
        ("Summer of 69.mid", "summer of 69"),
        ("Ärger.mid", "ärger"),
    ],
)
def test_a_name_without_a_word_is_taken_with_its_folders(path: str, key: str) -> None:
    assert song_of(path) == key


def test_takes_of_one_folder_are_different_songs() -> None:
    assert song_of("x/1_funk_80_beat.mid") != song_of("x/2_funk_80_beat.mid")
    assert song_of("x/01.mid") != song_of("y/01.mid")


def key_survives(path: str) -> bool:
    """Whether the key of `path` comes back from a beats TSV, beside another song's."""
    row = BeatRow((1,) * 32, songs=(song_of(path), "zz"))
    text = "".join(format_rows([row])).encode()
    return list(parse(text.decode().splitlines(keepends=True))) == [row]


@given(st.lists(names, min_size=1, max_size=4).map("/".join))
def test_a_key_survives_the_beats_file(path: str) -> None:
    assert key_survives(path)


@pytest.mark.parametrize(
    "path",
    ["a\nb/01.mid", "a\rb/01.mid", os.fsdecode(b"Beyonc\xe9/01.mid")],
    ids=["newline", "return", "Latin-1"],
)
def test_a_key_survives_the_beats_file_whatever_the_folder(path: str) -> None:
    assert key_survives(path)
