import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.tsv import BeatRow, format_row, parse_line
from drumatlas.errors import FileError
from drumatlas_export.mine.genres import (
    GENRE_WORDS,
    first_genre,
    fold,
    from_folders,
    from_names,
    from_table,
    labeller,
    words_genre,
)
from drumatlas_export.textbook.families import FAMILIES, family_of

pytestmark = pytest.mark.export


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "index.tsv"
    path.write_text(
        "artist\tfile\tgenre\tstyle\n"
        "A\trock/a.mid\tHip-Hop\tTrap\n"
        "B\tb.mid\t\tBig Band\n"
        "C\tc.mid\tSea Shanty;Old\t\n",
        encoding="utf-8",
    )
    return path


def test_a_word_speaks_of_one_genre_and_can_be_met() -> None:
    words = [word for group in GENRE_WORDS.values() for word in group]
    assert len(words) == len(set(words))
    for genre, group in GENRE_WORDS.items():
        assert {words_genre(word) for word in group} == {genre}
        assert {fold(word) for word in group} == {genre}


def test_a_word_stands_with_a_genre_of_its_own_family() -> None:
    own = {re.sub("[^a-z]", "", name): name for names in FAMILIES.values() for name in names}
    found = {word: genre for genre, words in GENRE_WORDS.items() for word in words if word in own}
    assert len(found) > 20
    for word, genre in found.items():
        assert family_of(genre) == family_of(own[word]), word


@pytest.mark.parametrize(
    "path",
    ["dnb/a.mid", "Drum'n'Bass/a.mid", "breakbeat/a.mid", "Jungle/a.mid", "electro/a.mid",
     "dubstep/a.mid", "loops/uk garage 2.mid"],
)  # fmt: skip
def test_breaks_are_not_dance(path: str) -> None:
    assert family_of(from_names(path) or "") == "breaks"


@pytest.mark.parametrize(
    ("label", "genre"),
    [
        ("Hip-Hop", "hiphop"),
        ("  HARD ROCK ", "hard rock"),
        ("Bossa Nova", "latin"),
        ("rock2", "rock"),
        ("R&B", "r&b"),
        ("Sea  Shanty", "sea  shanty"),
        ("Drum & Bass", "drum and bass"),
        ("UK Garage", "2-step"),
        ("Breakbeats", "breakbeat"),
        ("one;two\tthree,,four", "one two three four"),
        ("My\nBand\r", "my band"),
        ("caf\udce9\x85", "caf"),
        ("rock\n", "rock"),
    ],
)
def test_a_label_is_folded_to_its_genre(label: str, genre: str) -> None:
    assert fold(label) == genre


@given(st.text())
def test_a_label_stands_in_a_line_of_a_tsv(label: str) -> None:
    row = BeatRow((1,) * 32, labels=tuple(filter(None, [fold(label)])))
    line = format_row(row).encode().decode()
    assert line.splitlines() == [line]
    assert parse_line(line).labels == row.labels


@pytest.mark.parametrize(
    ("labels", "genre"),
    [([], ""), (["window"], ""), (["window", "rock"], "rock"), (["pop", "rock"], "pop")],
)
def test_the_first_known_genre_of_a_song_counts(labels: list[str], genre: str) -> None:
    assert first_genre(labels) == genre


@pytest.mark.parametrize(
    ("text", "genre"),
    [
        ("01 funk groove", "funk"),
        ("hip_hop-beats", "hiphop"),
        ("New Wave pop", "synthpop"),
        ("Hard-Rock", "hard rock"),
        ("DnB loops", "drum and bass"),
        ("drum_n_bass 174", "drum and bass"),
        ("Drum and Bass", "drum and bass"),
        ("old jungle", "jungle"),
        ("rockers", None),
        ("90s", None),
        ("", None),
    ],
)
def test_words_are_matched_whole_and_joined_ones_first(text: str, genre: str | None) -> None:
    assert words_genre(text) == genre


@pytest.mark.parametrize(
    ("path", "genre"),
    [
        ("blues/metal/punk song.mid", "metal"),
        ("blues/misc/punk song.mid", "blues"),
        ("misc/punk song.mid", "punk"),
        ("punk.mid", "punk"),
        ("misc/song.mid", None),
    ],
)
def test_the_nearest_folder_wins_over_the_name(path: str, genre: str | None) -> None:
    assert from_names(path) == genre


@pytest.mark.parametrize(
    ("path", "genre"),
    [("x/Drum & Bass/a.mid", "drum and bass"), ("x/Jazz-Swing/a.mid", "jazz"), ("a.mid", None)],
)
def test_the_folder_is_the_genre(path: str, genre: str | None) -> None:
    assert from_folders(path) == genre


def test_a_table_takes_the_column_genre(table: Path) -> None:
    label = from_table(table)
    assert label("rock/a.mid") == "hiphop"
    assert label("songs/rock/a.mid") == "hiphop"
    assert label("songs/c.mid") == "sea shanty old"
    assert label("b.mid") is None  # the field is empty
    assert label("a.mid") is None
    assert label("elsewhere/a.mid") is None


def test_a_table_takes_the_column_that_is_named(table: Path) -> None:
    label = from_table(table, "style")
    assert [label(f) for f in ("rock/a.mid", "b.mid", "c.mid")] == ["trap", "jazz", None]


def test_a_table_without_a_column_genre_takes_the_second(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("file\tkind\na.mid\tska\n", encoding="utf-8")
    assert from_table(path)("a.mid") == "reggae"


def test_quotes_in_a_table_are_letters(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text('file\tgenre\n"a.mid\tska\nb.mid\tsoul\n', encoding="utf-8")
    label = from_table(path)
    assert (label('"a.mid'), label("b.mid")) == ("reggae", "soul")


@pytest.mark.parametrize(
    ("data", "column"),
    [
        (None, None),
        (b"", None),
        (b"name\tgenre\na.mid\trock\n", None),
        (b"file\tgenre\na.mid\trock\n", "style"),
        (b"file\na.mid\n", None),
        (b"file\tgenre\na.mid\t\xff\xfe\n", None),
        (b"file\tgenre\n" + b"x" * 200_000 + b"\trock\n", None),
    ],
    ids=["missing", "empty", "no file", "no such column", "one column", "not UTF-8", "long field"],
)
def test_a_table_that_cannot_be_used_is_named(
    tmp_path: Path, data: bytes | None, column: str | None
) -> None:
    path = tmp_path / "bad.tsv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(FileError, match=r"bad\.tsv"):
        from_table(path, column)


def test_a_table_with_a_header_only_labels_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("file\tgenre\n", encoding="utf-8")
    assert from_table(path)("a.mid") is None


def test_the_first_labeller_that_knows_wins(table: Path) -> None:
    path = "rock/a.mid"
    assert labeller(["names", str(table)])(path) == "rock"
    assert labeller([str(table), "names"])(path) == "hiphop"
    assert labeller([str(table), "names"])("blues/x.mid") == "blues"
    assert labeller([str(table), "folders"], "style")("misc/x.mid") == "misc"
    assert labeller([str(table)])("misc/x.mid") is None


def test_a_zip_file_is_a_folder_of_its_name() -> None:
    assert from_folders("in/Jazz.ZIP/a.mid") == "jazz"
    assert from_folders("in/big hits.zip/a.mid") == "big hits"
    assert from_names("Hip_Hop.zip/a.mid") == "hiphop"
