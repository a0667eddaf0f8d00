"""Genre labels: from a file's folder, words in its path (as in the article), or a table."""

import csv
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path, PurePath

from drumatlas.errors import FileError

# Genre -> words that indicate it. Whole words are matched, in lower case and without digits. Two or
# three neighbouring words are also tried joined ("hip hop", "bossa-nova", "drum and bass"). A word
# never stands with a genre of another family than its own (textbook/families.py).
GENRE_WORDS: dict[str, tuple[str, ...]] = {
    "2-step": ("twostep", "ukgarage", "speedgarage"),
    "african": ("african", "afrobeat", "highlife", "bembe", "soukous"),
    "alternative": ("alternative", "altgrunge", "grunge", "indie"),
    "blues": ("blues",),
    "breakbeat": ("breakbeat", "breakbeats", "bigbeat"),
    "country": ("country", "bluegrass", "western"),
    "dance": (
        *("dance", "danceelectronic", "electronic", "house", "techno", "trance", "edm"),
        "industrial",
    ),
    "disco": ("disco",),
    "drum and bass": ("drumandbass", "drumnbass", "drumbass", "dnb"),
    "dubstep": ("dubstep",),
    "electro": ("electro",),
    "funk": ("funk", "soulfunk"),
    "gospel": ("gospel",),
    "hard rock": ("hardrock",),
    "hiphop": ("hiphop", "rap"),
    "jazz": ("jazz", "jazzswing", "swing", "bebop", "bigband", "fusion", "dixie"),
    "jungle": ("jungle",),
    "latin": (
        *("latin", "salsa", "bossa", "bossanova", "samba", "mambo", "rumba", "rhumba", "chacha"),
        *("merengue", "cumbia", "bolero", "beguine", "afrocuban", "calypso", "tango", "songo"),
    ),
    "metal": ("metal", "heavymetal", "thrash"),
    "pop": ("pop",),
    "prog": ("prog",),
    "punk": ("punk",),
    "reggae": ("reggae", "ska", "skareggae", "dub", "rocksteady"),
    "rnb": ("rnb", "rnbsoul"),
    "rock": ("rock", "classicrock", "basicrock", "rocknroll", "oldiesrnr", "rockabilly"),
    "soul": ("soul", "motown"),
    "synthpop": ("synthpop", "synthpopnewwave", "newwave"),
}
_GENRE_OF_WORD = {word: genre for genre, words in GENRE_WORDS.items() for word in words}

_UNZIPPED = re.compile(r"\.zip$", re.IGNORECASE)  # a zip file counts as a folder

WINDOW_LABEL = "window"  # label of beats found in two-bar windows only

Labeller = Callable[[str], str | None]  # relative path -> genre


def first_genre(labels: Sequence[str]) -> str:
    """Return the first of a beat's labels that is a genre, or ''."""
    return next((word for word in labels if word != WINDOW_LABEL), "")


def fold(label: str) -> str:
    """Return the genre that a label stands for in GENRE_WORDS, else the label itself, tidied."""
    joined = re.sub(r"[^a-z]", "", label.lower())
    # It goes into a line of a TSV, and a folder's name may hold line ends and undecodable bytes.
    plain = "".join(c if c.isprintable() else " " for c in label.lower())
    return _GENRE_OF_WORD.get(joined, re.sub(r"[;,]+", " ", plain).strip())


def words_genre(text: str) -> str | None:
    """Return the genre named in `text`, or None; joined neighbours win over single words."""
    words = [word for word in re.split(r"[^a-z]+", text.lower()) if word]
    pairs = [a + b for a, b in pairwise(words)]
    triples = [a + b for a, b in zip(pairs, words[2:], strict=False)]
    for word in (*triples, *pairs, *words):
        if word in _GENRE_OF_WORD:
            return _GENRE_OF_WORD[word]
    return None


def from_names(path: str) -> str | None:
    """Return the genre named in the folders (nearest first), else in the file name, or None."""
    pure = PurePath(path)
    for name in (*(parent.name for parent in pure.parents), pure.stem):
        genre = words_genre(_UNZIPPED.sub("", name))
        if genre:
            return genre
    return None


def from_folders(path: str) -> str | None:
    """Return the name of the folder or zip file that holds the file, as a genre, or None."""
    name = _UNZIPPED.sub("", PurePath(path).parent.name)
    return fold(name) if name else None


def from_table(file: Path, column: str | None = None) -> Labeller:
    """Return a labeller that looks files up in a TSV table with a header.

    The table has a column `file` and a column `column` (default: `genre`, else the second). A path
    matches an entry that equals it or its end. FileError if the table can't be used.
    """
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
            rows, names = list(reader), list(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileError(f"{file}: can't be read as a genre table: {error}") from None
    column = column or ("genre" if "genre" in names else names[1] if len(names) > 1 else "genre")
    if "file" not in names or column not in names:
        raise FileError(f"{file}: a genre table needs a header with 'file' and '{column}'")
    genre_of = {row["file"]: fold(row[column]) for row in rows if row[column]}

    def label(path: str) -> str | None:
        parts = PurePath(path).parts
        for i in range(len(parts)):
            genre = genre_of.get("/".join(parts[i:]))
            if genre:
                return genre
        return None

    return label


def labeller(kinds: list[str], column: str | None = None) -> Labeller:
    """Return a labeller that asks each of `kinds` in turn: folders, names, or a table file.

    FileError if a table can't be used.
    """
    simple: dict[str, Labeller] = {"folders": from_folders, "names": from_names}
    chain = [simple[kind] if kind in simple else from_table(Path(kind), column) for kind in kinds]

    def label(path: str) -> str | None:
        return next((genre for genre in (one(path) for one in chain) if genre), None)

    return label
