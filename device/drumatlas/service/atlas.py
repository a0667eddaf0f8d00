"""The user's atlas: one in the state folder, which plays if no atlas is named."""

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
    """Return (`use(atlas)` for the atlas to play, messages about atlases that can't be played).

    The atlas is the one at `named`, else the user's in the state `folder`, else the built-in one.
    `use` builds what plays from the atlas; its failure counts too, since a file may be valid and
    still give nothing to play. If the one at `named` can't be played, this raises AtlasError or
    FileError, unless the box is `unattended`. A fault of the user's atlas is only reported, since
    the user did not ask for it in this command.
    """
    if named is not None and not unattended:
        return _open_and_use(named, use), []
    own = folder / FILE if folder else None
    faults: list[str] = []
    for path in (named, own):
        try:
            if path and (path == named or is_there(path)):
                return _open_and_use(path, use), faults
        except (AtlasError, FileError) as error:
            faults.append(f"{error}; playing another atlas")
    return use(open_atlas(None)), faults


def _open_and_use(path: Path, use: Callable[[Atlas], T]) -> T:
    with _errors_name(path):
        return use(open_atlas(path))


@contextmanager
def _errors_name(path: Path) -> Iterator[None]:
    """Turn any error of an atlas into an AtlasError that names `path`.

    Other DrumatlasErrors pass unchanged: they are about something else.
    """
    try:
        yield
    except AtlasError as error:
        text = str(error).removeprefix(f"{path}: ")
        raise AtlasError(f"{path}: {text}") from None
    except DrumatlasError:
        raise
    except Exception as error:
        raise AtlasError(f"{path}: cannot be played: {type(error).__name__}: {error}") from None


def wanted_atlas(named: Path | None, folder: Path | None) -> Path | None:
    """Return the path of the configured atlas; None for the built-in one.

    It is `named`, else the user's in the state `folder` if that exists.
    """
    own = folder / FILE if folder else None
    return named or (own if own and is_there(own) else None)


def update_atlas(path: Path, folder: Path) -> Atlas:
    """Copy the atlas at `path` into the state `folder` as the user's atlas, and return it.

    The file is checked and played from first. AtlasError or FileError leaves the folder unchanged.
    """
    data = read_bytes(path, MAX_FILE)
    with _errors_name(path):
        atlas = parse_foreign(data, str(path))
        Explorer(atlas)
    with naming(folder, "cannot make the state folder"):
        folder.mkdir(parents=True, exist_ok=True)
    with as_owner_of(folder), atomic(folder / FILE) as stream:
        stream.write(data)
    return atlas


def remove_atlas(folder: Path) -> bool:
    """Remove the user's atlas from `folder`; return whether there was one.

    Raises FileError if it can't be removed.
    """
    path = folder / FILE
    with naming(path):
        try:
            with as_owner_of(folder):
                path.unlink()
        except FileNotFoundError:
            return False
    return True
