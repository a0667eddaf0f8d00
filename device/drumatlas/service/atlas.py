"""The atlas of the owner: one that was put into the state folder plays when none is named."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import MAX_FILE
from drumatlas.atlas.trial import open_atlas, parse_foreign
from drumatlas.errors import AtlasError, DrumatlasError, FileError
from drumatlas.explore.explorer import Explorer
from drumatlas.files import as_owner_of, atomic, is_there, naming, read_bytes

FILE = "own.atlas"

T = TypeVar("T")


def find_atlas(
    named: Path | None,
    folder: Path | None,
    use: Callable[[Atlas], T],
    *,
    unattended: bool = False,
) -> tuple[T, list[str]]:
    """(what `use` makes of the atlas that plays, lines about what was meant to and can't):
    `named`, else the owner's in the state `folder`, else the built-in one.

    An atlas may be whole and still give nothing to play, so that one counts as used only once
    `use` has made of it what plays. A named one that can't be used is an error, unless nobody is
    there to see it; the owner's is only told, since the box was not told to play it now.
    """
    if named is not None and not unattended:
        return _used(named, use), []
    own = folder / FILE if folder else None
    wrong: list[str] = []
    for path in (named, own):
        try:
            if path and (path == named or is_there(path)):
                return _used(path, use), wrong
        except (AtlasError, FileError) as error:
            wrong.append(f"{error}; another one plays")
    return use(open_atlas(None)), wrong


def _used(path: Path, use: Callable[[Atlas], T]) -> T:
    with _named(path):
        return use(open_atlas(path))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Whatever goes wrong with the atlas at `path` is an AtlasError that names it; other errors of
    ours are about something else."""
    try:
        yield
    except AtlasError as error:
        text = str(error).removeprefix(f"{path}: ")
        raise AtlasError(f"{path}: {text}") from None
    except DrumatlasError:
        raise
    except Exception as error:
        raise AtlasError(f"{path}: can't be played: {type(error).__name__}: {error}") from None


def wanted_atlas(named: Path | None, folder: Path | None) -> Path | None:
    """Where the atlas lies that should play: `named`, else the owner's in the state `folder`; None
    for the built-in one."""
    own = folder / FILE if folder else None
    return named or (own if own and is_there(own) else None)


def update_atlas(path: Path, folder: Path) -> Atlas:
    """Make the atlas at `path` the owner's in `folder`, whole or not at all.

    Everything in it is checked first, and that it plays: AtlasError or FileError leaves the one
    before.
    """
    data = read_bytes(path, MAX_FILE)
    with _named(path):
        atlas = parse_foreign(data, str(path))
        Explorer(atlas)
    with naming(folder, "no folder for state"):
        folder.mkdir(parents=True, exist_ok=True)
    with as_owner_of(folder), atomic(folder / FILE) as stream:
        stream.write(data)
    return atlas


def remove_atlas(folder: Path) -> bool:
    """Back to the built-in one; whether there was another. FileError if it can't be removed."""
    path = folder / FILE
    with naming(path):
        try:
            with as_owner_of(folder):
                path.unlink()
        except FileNotFoundError:
            return False
    return True
