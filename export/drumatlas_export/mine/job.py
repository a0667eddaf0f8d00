"""The mining job: merge the results of all files into one row per rotation class.

The output does not depend on how many processes or machines mine the files: results are merged in
the order of the paths.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from drumatlas.beat.codes import Code, canonical
from drumatlas.beat.tsv import BeatRow
from drumatlas_export.mine.climate import Measured
from drumatlas_export.mine.file import FileResult, Rules, unrepeated
from drumatlas_export.mine.genres import WINDOW_LABEL, Labeller
from drumatlas_export.mine.journal import Journal
from drumatlas_export.mine.local import mine_locally
from drumatlas_export.mine.songs import song_of
from drumatlas_export.mine.sources import Source

Miner = Callable[[Sequence[Source], Rules], Iterable[FileResult]]  # results in order


@dataclass(slots=True)
class _Class:
    """What the job knows about one rotation class."""

    phases: Counter[Code] = field(default_factory=Counter)
    songs: set[str] = field(default_factory=set)
    genres: Counter[str] = field(default_factory=Counter)
    collections: set[str] = field(default_factory=set)
    is_repeated: bool = False


@dataclass(slots=True)
class Mined:
    """All beats of a job, and statistics of how they were found."""

    classes: dict[Code, _Class] = field(default_factory=dict)
    files: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)  # file, reason
    remarks: list[tuple[str, list[str]]] = field(default_factory=list)  # file, its remarks
    patterns_refused: Counter[str] = field(default_factory=Counter)
    errors: list[float] = field(default_factory=list)  # quantisation error of kept patterns
    files_of: Counter[str] = field(default_factory=Counter)  # by collection
    unrepeated: Counter[str] = field(default_factory=Counter)  # those that need windows
    unvoiced: Counter[int] = field(default_factory=Counter)  # notes without a voice, by key
    files_with_unvoiced: int = 0
    climates: list[Measured] = field(default_factory=list)  # of files that have a genre

    def add(
        self, code: Code, song: str, genre: str | None, collection: str, *, is_repeated: bool
    ) -> None:
        """Count a beat for its rotation class. `is_repeated` says whether it stands several times
        in a row."""
        one = self.classes.setdefault(canonical(code), _Class())
        one.phases[code] += 1
        one.songs.add(song)
        one.collections.add(collection)
        one.is_repeated |= is_repeated
        if genre:
            one.genres[genre] += 1


def _count(mined: Mined, source: Source, result: FileResult, rules: Rules) -> None:
    mined.files_of[source.collection] += 1
    if result.refusal == unrepeated(rules) and not source.windowed:
        mined.unrepeated[source.collection] += 1


def _merge(mined: Mined, source: Source, result: FileResult, label: Labeller) -> None:
    mined.files += 1
    mined.unvoiced.update(result.unvoiced)
    mined.files_with_unvoiced += bool(result.unvoiced)
    if result.remarks:
        mined.remarks.append((source.name, result.remarks))
    if result.refusal:
        mined.refused.append((source.name, result.refusal))
    if not result.found:
        return
    genre, song = label(source.name), song_of(source.name)
    if genre and result.climate:
        mined.climates.append(Measured(genre, song, source.collection, result.climate))
    for found in result.found:
        if found.refusal:
            mined.patterns_refused[found.refusal] += 1
            continue
        is_repeated = found.repeats > 1
        mined.add(found.code, song, genre, source.collection, is_repeated=is_repeated)
        mined.errors.append(found.error)


def one_process(sources: Sequence[Source], rules: Rules) -> Iterable[FileResult]:
    """Mine with one worker process on this machine."""
    return mine_locally(sources, rules, 1)


def mine(  # noqa: PLR0913 - settings of a job, given by name
    sources: Sequence[Source],
    label: Labeller,
    rules: Rules,
    miner: Miner = one_process,
    *,
    journal: Journal | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Mined:
    """Mine `sources`, except those whose results are already in the `journal`.

    `progress` is called once per file. FileError if the journal can't be written; PortError if a
    cluster fails.
    """
    mined = Mined()
    kept = journal.kept if journal else []
    fresh = miner(sources[len(kept) :], rules)
    for number, result in enumerate(chain(kept, fresh)):
        if journal and number >= len(kept):
            journal.add(result)
        _count(mined, sources[number], result, rules)
        _merge(mined, sources[number], result, label)
        progress()
    return mined


def rows(mined: Mined) -> list[BeatRow]:
    """Return one row per rotation class, in its most frequent phase; beats of a song adjoin."""
    result = []
    for one in mined.classes.values():
        phase = min(one.phases, key=lambda code: (-one.phases[code], code))
        genres = sorted(one.genres, key=lambda genre: (-one.genres[genre], genre))
        labels = (*genres, *(() if one.is_repeated else (WINDOW_LABEL,)))
        result.append(BeatRow(phase, labels=tuple(labels), songs=tuple(sorted(one.songs))))
    return sorted(result, key=lambda row: (row.songs, row.code))
