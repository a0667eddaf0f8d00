"""How each genre is usually played: tempo, swing and drum set, from the textbook."""

from collections import Counter
from collections.abc import Iterable, Sequence

from drumatlas.atlas.model import Climate
from drumatlas_export.textbook.collection import read_textbook
from drumatlas_export.textbook.families import family_of
from drumatlas_export.textbook.style import Style


def climates(names: Iterable[str]) -> list[Climate | None]:
    """Return the climate of each genre in `names`.

    A style of the textbook has its own. Another genre has that of the styles in its family, and one
    that is in no family has none.
    """
    styles = read_textbook()
    by_name = {style.name: style for style in styles}
    result: list[Climate | None] = []
    for name in names:
        family = family_of(name)
        own = [by_name[name]] if name in by_name else [s for s in styles if s.family == family]
        result.append(_climate(own) if own and family else None)
    return result


def _climate(styles: Sequence[Style]) -> Climate:
    """Return the mean climate of styles. A style's tempos are taken as spread evenly over its
    range, so that its quartiles lie a quarter of it from either end."""
    quartiles = [
        [style.slowest + share * (style.fastest - style.slowest) for share in (0.25, 0.5, 0.75)]
        for style in styles
    ]
    slow, usual, fast = (
        round(sum(column) / len(column), 1) for column in zip(*quartiles, strict=True)
    )
    swing = round(sum(style.swing for style in styles) / len(styles), 3)
    kit = Counter(style.drum_set for style in styles).most_common(1)[0][0]
    return Climate((slow, usual, fast), swing, kit)
