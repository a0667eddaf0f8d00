"""Tell MIDI files, by name or first bytes, from files to pass over, with the reason."""

from collections.abc import Callable, Sequence
from pathlib import PurePath

from drumatlas.errors import FileError

SUFFIXES = {".mid", ".midi", ".kar", ".rmi", ".smf"}
ZIP = ".zip"
ARCHIVES = {
    *(".7z", ".ace", ".arj", ".bz2", ".cab", ".dmg", ".gz", ".hqx", ".iso", ".lha", ".lzh"),
    *(".lzma", ".rar", ".sit", ".sitx", ".tar", ".tbz", ".tbz2", ".tgz", ".txz", ".xz", ".zst"),
    *(".z", ".zipx"),
}
HEAD = 12  # bytes needed to recognise a file

ARCHIVE = "archive other than .zip (unpack it)"
ZIP_IN_ZIP = "zip file inside a zip file (unpack it)"
APPLE = "macOS resource fork"
OTHER = "not a MIDI file"
UNNAMED = frozenset({APPLE, OTHER})  # there may be many of these: reports count them without names

_APPLE_PREFIX, _APPLE_FOLDER = "._", "__MACOSX"


def is_apple(parts: Sequence[str]) -> bool:
    """Return whether a path is a companion file that macOS adds to archives and foreign disks."""
    return _APPLE_FOLDER in parts or parts[-1].startswith(_APPLE_PREFIX)


def is_midi(head: bytes) -> bool:
    """Return whether a file that begins with `head` is a MIDI file, plain or in a RIFF wrapper."""
    return head[:4] == b"MThd" or (head[:4] == b"RIFF" and head[8:12] == b"RMID")


def why_not(parts: Sequence[str], head: Callable[[], bytes]) -> str:
    """Return why the file at `parts` is not mined, or '' for a MIDI file.

    The suffix decides, in upper or lower case. For other suffixes (or none) `head` is called; it
    returns the first `HEAD` bytes of the file or raises FileError.
    """
    if is_apple(parts):
        return APPLE
    suffix = PurePath(parts[-1]).suffix.lower()
    if suffix in SUFFIXES:
        return ""
    if suffix in ARCHIVES:
        return ARCHIVE
    try:
        return "" if is_midi(head()) else OTHER
    except FileError as error:
        return f"unreadable: {error}"
