"""What a job has read so far, in a file: a job that was killed goes on where it was.

The first line says what the job is of; then one line a file, in the order of the files.
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
from drumatlas.beat.codes import check_code
from drumatlas.errors import FileError
from drumatlas.files import UNWRITTEN, atomic, naming
from drumatlas_export.mine.file import FileResult, Rules
from drumatlas_export.mine.patterns import Found
from drumatlas_export.mine.plain import open_plain
from drumatlas_export.mine.sources import Source, facts_of

_MOST_KEPT = 256  # results before they are handed to the system
_MOST_LINE = 64 << 20  # characters; `MAX_STEPS` steps, cut in windows, make some MB
_DAMAGES = (ValueError, TypeError, KeyError, RecursionError)  # of a line that is not ours


class Journal:
    """`kept` are the results that an earlier run of the same job has left, in order; `add` the
    others as they come. `is_replaced` if something stood at `path` that is of no use for this job.
    Closed without `finish` it stays; FileError if it can't be written."""

    def __init__(self, path: Path, sources: Sequence[Source], rules: Rules) -> None:
        self._path = path
        stamp = _stamp(sources, rules) + "\n"
        self.kept: list[FileResult] = []
        lines = _lines(path)
        is_same = next(lines, "") == stamp
        try:
            if is_same:
                self.kept.extend(_result(line) for line in lines)
        except _DAMAGES:  # the last line may be half a one
            is_same = bool(self.kept)
        lines.close()
        self.is_replaced = not is_same and os.path.lexists(path)
        del self.kept[len(sources) :]
        with atomic(path) as stream:  # takes the place of a link, and never writes through it
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
        """Take down the next result."""
        with naming(self._path):
            self._file.write(_line(result))
            self._added += 1
            if self._added % _MOST_KEPT == 0:
                self._file.flush()

    def finish(self) -> None:
        """The job is done, and what it gave is written: the file goes."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _append(path: Path) -> IO[str]:
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags), "a", encoding="utf-8")


def _stamp(sources: Sequence[Source], rules: Rules) -> str:
    """All that the results depend on: this version, the rules, and each file's name, size, age."""
    digest = sha256(f"{__version__}\0{rules}\n".encode())
    for source in sources:
        digest.update(facts_of(source).encode())
    return json.dumps({"drumatlas-export mine": digest.hexdigest()})


def _lines(path: Path) -> Generator[str]:
    """The lines of a journal that we wrote: what another user put there, a link, a pipe or a device
    is none. A line that never ends is cut, and with it the journal."""
    try:
        if path.is_symlink():
            return
        with open_plain(path) as raw, TextIOWrapper(BufferedReader(raw), "utf-8") as file:
            if _is_ours(os.fstat(raw.fileno()).st_uid):
                while line := file.readline(_MOST_LINE):
                    yield line
    except (FileError, OSError, UnicodeDecodeError):
        return  # none, or none of ours


def _is_ours(user: int) -> bool:
    return not hasattr(os, "getuid") or user in {os.getuid(), 0}


def _line(result: FileResult) -> str:
    found = [[*one.code, one.error, one.repeats, one.refusal] for one in result.found]
    unvoiced = sorted(result.unvoiced.items())
    line = [result.refusal, result.remarks, unvoiced, *found]
    return json.dumps(line, separators=(",", ":")) + "\n"


def _result(line: str) -> FileResult:
    """The result in a line; one of `_DAMAGES` if it holds anything else."""
    if not line.endswith("\n"):
        raise ValueError("half a line")
    fields = json.loads(line)
    if not isinstance(fields, list):
        raise TypeError("not a result")
    refusal, remarks, unvoiced, *found = fields
    return FileResult(
        _text(refusal),
        [_found(*one) for one in found],
        [_text(remark) for remark in remarks],
        {_key(key): _count(count) for key, count in unvoiced},
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


def _count(value: object) -> int:
    if type(value) is not int:  # True is none
        raise TypeError("not a number of times")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a reason")
    value.encode()  # half a character could not be written to the report
    return value
