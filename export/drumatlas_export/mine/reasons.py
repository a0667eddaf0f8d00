"""Explain to the user why files gave few beats or none, and which option to try."""

from collections import Counter
from collections.abc import Mapping, Sequence
from glob import escape
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drumatlas_export.mine.job import Mined
    from drumatlas_export.mine.sources import SearchResult

_MAX_NAMED = 3  # collections; for more, suggest all of them


def no_files(paths: Sequence[Path], search: "SearchResult") -> str:
    """Return the error line for paths without a MIDI file."""
    kinds = ".mid, .midi, .kar, .rmi, .smf, or in a .zip"
    return _joined(f"{named(paths)}: no MIDI files ({kinds}) in it", passed_over(search))


def no_beats(paths: Sequence[Path], search: "SearchResult", mined: "Mined") -> str:
    """Return the error line for files that gave no beat."""
    reasons = Counter(reason.split(":", maxsplit=1)[0] for _, reason in mined.refused)
    title = f"{named(paths)}: {counted(mined.files, 'file')}, no beat"
    return _joined(
        by_number(title, reasons) or title,
        by_number("patterns", mined.patterns_refused),
        passed_over(search),
        windows_hint(mined),
    )


def windows_hint(mined: "Mined") -> str:
    """Return a hint to use --windows if most files of a collection repeat nothing, or ''.

    Such files may be loops. If the job found no beats at all, one such file is enough.
    """
    least = 0.5 if mined.classes else 0
    of = {
        name: count
        for name, count in mined.unrepeated.items()
        if count > least * mined.files_of[name]
    }
    if not of:
        return ""
    files = sum(mined.files_of[name] for name in of)
    patterns = [_pattern(name) for name in sorted(of)]
    if len(of) > _MAX_NAMED or "" in of:
        patterns = ["*"]
    options = " ".join(f"--windows {quote(pattern)}" for pattern in patterns)
    seen = f"in {sum(of.values())} of {counted(files, 'file')} no two bars repeat often enough"
    return f"{seen}; if those are loops, add {options}"


def passed_over(search: "SearchResult") -> str:
    """Return the number of files passed over, by reason, or ''."""
    return by_number("passed over", search.passed_over)


def by_number(title: str, reasons: Mapping[str, int]) -> str:
    """Return '`title`: 30 malformed, 2 not in 4/4', most frequent reason first; '' for none."""
    pairs = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    return f"{title}: " + ", ".join(f"{count} {reason}" for reason, count in pairs) if pairs else ""


def counted(number: int, noun: str) -> str:
    """Return a count with its noun, such as '1 file' or '2 files'."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _pattern(collection: str) -> str:
    """Return a pattern that matches a collection, with * for each unprintable character."""
    return escape(collection).replace("\N{REPLACEMENT CHARACTER}", "*")


def named(paths: Sequence[Path]) -> str:
    """Return the paths of a job in short, such as 'songs and 2 more'."""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more}"


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))
