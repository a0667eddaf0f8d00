"""What a job has read so far, in a file: a job that was killed goes on where it was.

The first line says what the job is of; then one line a file, in the order of the files.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Self

from drumatlas import __version__
from drumatlas.beat.codes import check_code
from drumatlas.errors import FileError
from drumatlas_export.mine.file import FileResult, Rules
from drumatlas_export.mine.patterns import Found
from drumatlas_export.mine.sources import Source

_MOST_KEPT = 256  # results before they are handed to the system


class Journal:
    """`kept` are the results that a former run of the same job has left, in order; `add` the
    others as they come. Closed without `finish` it stays; FileError if it can't be written."""

    def __init__(self, path: Path, sources: Sequence[Source], rules: Rules) -> None:
        self._path = path
        stamp = _stamp(sources, rules) + "\n"
        self.kept: list[FileResult] = []
        lines = _lines(path)
        if next(lines, "") == stamp:
            with suppress(ValueError, TypeError, KeyError):  # the last line may be half a one
                self.kept.extend(_result(line) for line in lines)
        del self.kept[len(sources) :]
        try:
            self._file: IO[str] = path.open("w", encoding="utf-8")
            self._file.write(stamp)
            self._file.writelines(map(_line, self.kept))
            self._file.flush()
        except OSError as error:
            raise FileError(f"{path}: can't be written: {error.strerror or error}") from None
        self._added = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, result: FileResult) -> None:
        """Take down the next result."""
        try:
            self._file.write(_line(result))
            self._added += 1
            if self._added % _MOST_KEPT == 0:
                self._file.flush()
        except OSError as error:
            raise FileError(f"{self._path}: {error.strerror or error}") from None

    def finish(self) -> None:
        """The job is done, and what it gave is written: the file goes."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _stamp(sources: Sequence[Source], rules: Rules) -> str:
    """All that the results depend on: this version, the rules, and each file's name, size, age."""
    digest = sha256(f"{__version__}\0{rules}\n".encode())
    for source in sources:
        try:
            facts = source.path.stat()
            age = f"{facts.st_size}\0{facts.st_mtime_ns}"
        except OSError:
            age = "gone"
        digest.update(f"{source.name}\0{source.windowed}\0{age}\n".encode())
    return json.dumps({"drumatlas-export mine": digest.hexdigest()})


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from file
    except (OSError, UnicodeDecodeError):
        return  # none, or none of ours


def _line(result: FileResult) -> str:
    found = [[*one.code, one.error, one.repeats, one.refusal] for one in result.found]
    return json.dumps([result.refusal, result.remarks, *found], separators=(",", ":")) + "\n"


def _result(line: str) -> FileResult:
    if not line.endswith("\n"):
        raise ValueError("half a line")
    refusal, remarks, *found = json.loads(line)
    return FileResult(
        str(refusal),
        [
            Found(check_code(code), float(error), int(repeats), str(why))
            for *code, error, repeats, why in found
        ],
        [str(remark) for remark in remarks],
    )
