"""The collection that ships, its variations, and both as mined beats."""

from collections.abc import Iterable, Iterator
from importlib.resources import files

from drumatlas.beat.codes import canonical
from drumatlas.beat.tsv import BeatRow
from drumatlas.errors import BeatError
from drumatlas_export.mine.job import Mined, rows
from drumatlas_export.textbook.families import FAMILIES
from drumatlas_export.textbook.parse import parse
from drumatlas_export.textbook.style import Beat, Style

COLLECTION = "textbook"  # its name among the collections of a mining job
_FOLDER = "styles"  # holds a file for each family
_SUFFIX = ".txt"


def read_textbook() -> tuple[Style, ...]:
    """Return the styles that ship, in the order of FAMILIES; BeatError names the file and line that
    is wrong."""
    folder = files(__package__).joinpath(_FOLDER)
    styles: dict[str, Style] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(_SUFFIX):
            continue
        for style in parse(file.read_text("utf-8").splitlines(), file.name):
            if style.name in styles:
                raise BeatError(f"{file.name}: style {style.name} stands twice", "rename one")
            styles[style.name] = style
    order = list(FAMILIES)
    return tuple(sorted(styles.values(), key=lambda style: order.index(style.family)))


def variations(style: Style) -> Iterator[Beat]:
    """Yield each hand-written beat of a style, and after it what the style's rules make of it.

    A variation that equals an earlier beat of the style, however rotated, is left out.
    """
    seen = {canonical(beat.code) for beat in style.beats}
    for beat in style.beats:
        yield beat
        for rule in style.rules:
            code, ghosts = rule.apply(beat.code, beat.ghosts)
            if canonical(code) not in seen:
                seen.add(canonical(code))
                yield Beat(f"{beat.name}, {rule.name}", code, ghosts)


def mined(styles: Iterable[Style]) -> Mined:
    """Return the beats of `styles` as if they had been mined: each hand-written beat with its
    variations is a song, the style's name is its genre, and each stands at least twice in a row."""
    result = Mined()
    for style in styles:
        song = ""
        for beat in variations(style):
            if beat in style.beats:
                song = f"{COLLECTION} {style.name}: {beat.name}"
            result.add(beat.code, song, style.name, COLLECTION, is_repeated=True)
    return result


def textbook_rows(styles: Iterable[Style]) -> list[BeatRow]:
    """Return one row for each rotation class of the beats of `styles`, as mining does."""
    return rows(mined(styles))
