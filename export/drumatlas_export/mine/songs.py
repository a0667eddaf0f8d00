"""Identify the song of a file: files of one song must stay together in a split."""

import re
from pathlib import PurePath

_MARK = r"\(\d+\)|\[\d+\]|(?<![^\W_])(copy(?![^\W_])|v\d+)"  # such as "(2)", "[3]", "copy", "v2"
_COPY = re.compile(rf"([\s_.-]*({_MARK})|[\s_.-]\d)+$", re.IGNORECASE)
_SURE_COPY = re.compile(rf"[\s_.-]*({_MARK})+$", re.IGNORECASE)  # a bare digit may number a take
_TAKE = re.compile(r"^\d+[ _-]")  # a name that begins with a number is a take, not a title
_WORDS = re.compile(r"[^\W_]+")


def _plain(name: str) -> str:
    return " ".join(_WORDS.findall(name))


def song_of(path: str) -> str:
    """Return a key that all versions of a song share: artist and title, letters and digits only.

    "Toto_Hold The Line (2).mid" and "Toto_Hold The Line.mid" are one song. A name without a title
    ("01.mid", "1_funk_80_beat.mid") gives a key that includes the folder.
    """
    pure = PurePath("".join(c if c.isprintable() else " " for c in path))
    stem = pure.stem.casefold()
    key = _plain(_COPY.sub("", stem))
    if _TAKE.match(stem) or len(key.replace(" ", "")) < 4:
        folder = "/".join(pure.parts[-3:-1]).casefold().replace("|", " ")
        key = f"{folder}/{_plain(_SURE_COPY.sub('', stem))}"
    return key.strip() or "untitled"
