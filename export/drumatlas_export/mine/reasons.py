"""Tell a user whose files gave no beats, or few, why: reasons by number, and the option to try."""

from collections import Counter
from collections.abc import Mapping, Sequence
from glob import escape
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drumatlas_export.mine.job import Mined
    from drumatlas_export.mine.sources import Search

_MOST_NAMED = 3  # collections; more are all


def no_files(paths: Sequence[Path], search: "Search") -> str:
    """Return the line for paths without a single MIDI file."""
    kinds = ".mid, .midi, .kar, .rmi, .smf, or in a .zip"
    return _joined(f"{named(paths)}: no MIDI files ({kinds}) in it", passed_over(search))


def no_beats(paths: Sequence[Path], search: "Search", mined: "Mined") -> str:
    """Return the line for files that gave no beat."""
    reasons = Counter(reason.split(":", maxsplit=1)[0] for _, reason in mined.refused)
    title = f"{named(paths)}: {counted(mined.files, 'file')}, no beat"
    return _joined(
        by_number(title, reasons) or title,
        by_number("patterns", mined.patterns_refused),
        passed_over(search),
        windows_hint(mined),
    )


def windows_hint(mined: "Mined") -> str:
    """What to try where most files of a collection repeat nothing, as loops do; '' elsewhere. Where
    there are no beats at all, any such file is worth it."""
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
    if len(of) > _MOST_NAMED or "" in of:
        patterns = ["*"]
    options = " ".join(f"--windows {quote(pattern)}" for pattern in patterns)
    seen = f"in {sum(of.values())} of {counted(files, 'file')} no two bars repeat often enough"
    return f"{seen}; if those are loops, add {options}"


def passed_over(search: "Search") -> str:
    """What lay there and is not mined, by number, or ''."""
    return by_number("passed over", search.passed_over)


def by_number(what: str, reasons: Mapping[str, int]) -> str:
    """Return '`what`: 30 malformed, 2 not in 4/4', the most frequent reason first; '' for none."""
    pairs = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    return f"{what}: " + ", ".join(f"{count} {reason}" for reason, count in pairs) if pairs else ""


def counted(number: int, what: str) -> str:
    """A number of things."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _pattern(collection: str) -> str:
    """A pattern that fits this collection: what can't be printed of its name is any."""
    return escape(collection).replace("\N{REPLACEMENT CHARACTER}", "*")


def named(paths: Sequence[Path]) -> str:
    """The paths of a job, in a few words."""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more}"


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))
