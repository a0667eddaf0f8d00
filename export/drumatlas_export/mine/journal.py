"""A journal of a job's results so far, from which a killed job can resume.

The first line identifies the job. Then comes one line of JSON per file, in the order of the files.
"""

import json
import os
from collections.abc import Generator, Sequence
from hashlib import sha256
from io import BufferedReader, TextIOWrapper
from math import isfinite
from pathlib import Path
from typing import IO, Self

from drumatlas import __version__
from drumatlas.atlas.model import LEAST_BPM, MOST_BPM
from drumatlas.beat.codes import check_code
from drumatlas.errors import FileError
from drumatlas.files import UNWRITTEN, atomic, naming
from drumatlas_export.mine.climate import SongClimate
from drumatlas_export.mine.drum_sets import DRUM_SETS
from drumatlas_export.mine.file import FileResult, Rules
from drumatlas_export.mine.patterns import Found
from drumatlas_export.mine.plain import open_plain
from drumatlas_export.mine.sources import Source, facts_of

_MAX_BUFFERED = 256  # results between two flushes
_MAX_LINE = 64 << 20  # characters; `MAX_STEPS` steps cut into windows take a few MB
_DAMAGES = (ValueError, TypeError, KeyError, RecursionError)  # raised for a damaged line


class Journal:
    """The journal file of one job, open for appending.

    `kept` holds the results that an earlier run of the same job left, in order; append the others
    with `add`. `is_replaced` is true if the file at `path` was damaged or of another job. Unless
    `finish` is called, the file stays. FileError if it can't be written.
    """

    def __init__(self, path: Path, sources: Sequence[Source], rules: Rules) -> None:
        self._path = path
        stamp = _stamp(sources, rules) + "\n"
        self.kept: list[FileResult] = []
        lines = _lines(path)
        is_same = next(lines, "") == stamp
        try:
            if is_same:
                self.kept.extend(_result(line) for line in lines)
        except _DAMAGES:  # the last line may be incomplete
            is_same = bool(self.kept)
        lines.close()
        self.is_replaced = not is_same and os.path.lexists(path)
        del self.kept[len(sources) :]
        with atomic(path) as stream:  # replaces a link instead of writing through it
            stream.write(stamp.encode())
            stream.writelines(_line(result).encode() for result in self.kept)
        with naming(path, UNWRITTEN):
            self._file: IO[str] = _append(path)
        self._added = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, result: FileResult) -> None:
        """Append the next result; FileError if it can't be written."""
        with naming(self._path):
            self._file.write(_line(result))
            self._added += 1
            if self._added % _MAX_BUFFERED == 0:
                self._file.flush()

    def finish(self) -> None:
        """Delete the file: the job is done and its output is written."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _append(path: Path) -> IO[str]:
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags), "a", encoding="utf-8")


def _stamp(sources: Sequence[Source], rules: Rules) -> str:
    """Return a hash of all that the results depend on, as a line of JSON.

    These are this program's version, the rules, and each file's name, size and modification time.
    """
    digest = sha256(f"{__version__}\0{rules}\n".encode())
    for source in sources:
        digest.update(facts_of(source).encode())
    return json.dumps({"drumatlas-export mine": digest.hexdigest()})


def _lines(path: Path) -> Generator[str]:
    """Yield the lines of a journal, if it is a plain file that belongs to our user or to root.

    Links, pipes, devices and files of other users give no lines. An endless line is cut, so that it
    and the lines after it are read as damaged.
    """
    try:
        if path.is_symlink():
            return
        with open_plain(path) as raw, TextIOWrapper(BufferedReader(raw), "utf-8") as file:
            if _is_ours(os.fstat(raw.fileno()).st_uid):
                while line := file.readline(_MAX_LINE):
                    yield line
    except (FileError, OSError, UnicodeDecodeError):
        return  # no journal, or not ours


def _is_ours(user: int) -> bool:
    return not hasattr(os, "getuid") or user in {os.getuid(), 0}


def _line(result: FileResult) -> str:
    found = [[*one.code, one.error, one.repeats, one.refusal] for one in result.found]
    unvoiced = sorted(result.unvoiced.items())
    climate = result.climate and [result.climate.bpm, result.climate.swing, result.climate.kit]
    line = [result.refusal, result.remarks, unvoiced, climate, *found]
    return json.dumps(line, separators=(",", ":")) + "\n"


def _result(line: str) -> FileResult:
    """Return the result in a line; raise one of `_DAMAGES` if the line holds anything else."""
    if not line.endswith("\n"):
        raise ValueError("an incomplete line")
    fields = json.loads(line)
    if not isinstance(fields, list):
        raise TypeError("not a result")
    refusal, remarks, unvoiced, climate, *found = fields
    return FileResult(
        _text(refusal),
        [_found(*one) for one in found],
        [_text(remark) for remark in remarks],
        {_key(key): _count(count) for key, count in unvoiced},
        None if climate is None else _climate(*climate),
    )


def _key(value: object) -> int:
    if not 0 <= _count(value) <= 127:
        raise ValueError("not a key")
    return _count(value)


def _found(*fields: object) -> Found:
    *code, error, repeats, why = fields
    steps = check_code(_count(step) for step in code)
    if not (isinstance(error, float) and isfinite(error)):
        raise TypeError("not an error in steps")
    return Found(steps, error, _count(repeats), _text(why))


def _climate(*fields: object) -> SongClimate:
    bpm, swing, kit = fields
    if not (isinstance(bpm, float) and LEAST_BPM <= bpm <= MOST_BPM):
        raise ValueError("not a tempo")
    if not (isinstance(swing, float) and 0 <= swing <= 1):
        raise ValueError("not a swing")
    if kit not in {"", *DRUM_SETS}:
        raise ValueError("not a drum set")
    return SongClimate(bpm, swing, _text(kit))


def _count(value: object) -> int:
    if type(value) is not int:  # bool is a subclass of int
        raise TypeError("not a count")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a reason")
    value.encode()  # a lone surrogate could not be written to the report
    return value
