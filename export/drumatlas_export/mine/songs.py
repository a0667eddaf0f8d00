"""Which song a file is: one song stands in several files, and a split must keep them together."""

import re
from pathlib import PurePath

_MARK = r"\(\d+\)|\[\d+\]|(?<![^\W_])(copy(?![^\W_])|v\d+)"  # "(2)", "[3]", "copy", "v2"
_COPY = re.compile(rf"([\s_.-]*({_MARK})|[\s_.-]\d)+$", re.IGNORECASE)
_SURE_COPY = re.compile(rf"[\s_.-]*({_MARK})+$", re.IGNORECASE)  # a bare digit may be a take
_TAKE = re.compile(r"^\d+[ _-]")  # names that begin with a number: takes, not titles
_WORDS = re.compile(r"[^\W_]+")


def _plain(name: str) -> str:
    return " ".join(_WORDS.findall(name))


def song_of(path: str) -> str:
    """A key that two versions of a song share: artist and title, letters and digits only.

    "Toto_Hold The Line (2).mid" and "Toto_Hold The Line.mid" are one song. Names without a
    word of their own ("01.mid", "1_funk_80_beat.mid") are taken together with their folder.
    """
    pure = PurePath("".join(c if c.isprintable() else " " for c in path))
    stem = pure.stem.casefold()
    key = _plain(_COPY.sub("", stem))
    if _TAKE.match(stem) or len(key.replace(" ", "")) < 4:
        folder = "/".join(pure.parts[-3:-1]).casefold().replace("|", " ")
        key = f"{folder}/{_plain(_SURE_COPY.sub('', stem))}"
    return key.strip() or "untitled"
