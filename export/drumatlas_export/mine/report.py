"""Report a mining job as JSON for machines and as a table for people."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drumatlas.beat.drums import label
from drumatlas_export.mine.climate import genre_climates
from drumatlas_export.mine.job import Mined
from drumatlas_export.mine.sources import SearchResult

# Lists with file names: left out on the screen and in an atlas.
LISTS = ("refused_files", "passed_over_files", "files_remarked")
CLIMATES = "climates"  # key of the genres' climates
_PARTICULARS = re.compile(r"'.*'|\".*\"|\d+")  # names and numbers in a remark


def report(mined: Mined) -> dict[str, Any]:
    """Return counts of files, patterns and lost notes, the climate of each genre, and lists of
    files.

    The lists name every file that was refused or has remarks, with the reason or the remarks.
    """
    classes = mined.classes.values()
    # Sorted, since the order of a set differs from run to run.
    per_collection = Counter(name for one in classes for name in sorted(one.collections))
    per_genre = Counter(genre for one in mined.classes.values() for genre in one.genres)
    errors = np.array(mined.errors or [0.0])
    return {
        "files_read": mined.files,
        "files_without_patterns": len(mined.refused),
        "reasons": dict(Counter(reason.split(":")[0] for _, reason in mined.refused)),
        "files_with_remarks": len(mined.remarks),
        "remarks": remark_kinds(remark for _, remarks in mined.remarks for remark in remarks),
        "notes_without_voice": {label(key): count for key, count in mined.unvoiced.most_common()},
        "files_with_notes_without_voice": mined.files_with_unvoiced,
        "patterns_found": len(mined.errors) + mined.patterns_refused.total(),
        "patterns_refused": dict(mined.patterns_refused),
        "beats": len(mined.classes),
        "beats_from_repeats": sum(one.is_repeated for one in mined.classes.values()),
        "beats_per_source": dict(per_collection.most_common()),
        "beats_per_genre": dict(per_genre.most_common()),
        CLIMATES: genre_climates(mined.climates),
        "quantisation_error_steps": {
            "mean": round(float(errors.mean()), 4),
            "p95": round(float(np.percentile(errors, 95)), 4),
        },
        "refused_files": [{"file": name, "reason": reason} for name, reason in mined.refused],
        "files_remarked": [{"file": name, "remarks": words} for name, words in mined.remarks],
    }


def remark_kinds(remarks: Iterable[str]) -> dict[str, int]:
    """Count remarks by kind; remarks that differ only in numbers and names are of one kind."""
    return dict(Counter(_PARTICULARS.sub("…", remark) for remark in remarks).most_common())


def passed_over(search: SearchResult) -> dict[str, Any]:
    """Return the files that were passed over: counts by reason, and the names of those that a user
    may miss."""
    return {
        "passed_over": dict(search.passed_over.most_common()),
        "passed_over_files": [{"file": name, "reason": reason} for name, reason in search.named],
    }


def show(counts: dict[str, Any], console: Console) -> None:
    """Print `counts`, as `report` returned them, without the lists of files; of the climates, only
    the usual tempo."""
    table = Table(show_header=False, box=None)
    for key, value in counts.items():
        if key in LISTS:
            continue
        table.add_row(*map(escape, _row(key, value)))
    console.print(table)


def _row(key: str, value: Any) -> tuple[str, str]:
    if key == CLIMATES:
        key = "usual_tempo_bpm"
        value = {genre: round(climate["bpm"][1]) for genre, climate in value.items()}
    if isinstance(value, dict):
        value = ", ".join(f"{name} {count}" for name, count in value.items())
    return key.replace("_", " "), str(value)
