"""Score how well an atlas knows the styles of the textbook."""

import numpy as np
from numpy.typing import NDArray

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.beat.codes import grids
from drumatlas.explore.genre import family_of, genre_votes, winners
from drumatlas_export.score.measures import mean
from drumatlas_export.space import Space
from drumatlas_export.textbook.collection import read_textbook
from drumatlas_export.textbook.style import PLAIN

_FEW = 3  # genres among which a style counts as found by `top3`


def styles_found(space: Space) -> dict[str, float]:
    """Return how often the box finds the style of a beat of the textbook, 0..1.

    The box lands with the beat where its search leads, and the atlas ranks its genres there. `top1`
    is the share of styles whose plain beat has its own style as the first genre, and `top3` among
    the first three; `all_top1` and `all_top3` are the shares of all hand-written beats. A beat
    whose style is not a genre of the atlas counts as not found; `styles_missing` is the number of
    such styles. The result is empty for a checkpoint and for an atlas without labels.
    """
    atlas = space.atlas
    if atlas is None or atlas.labels is None:
        return {}
    styles = read_textbook()
    index_of = {genre.name: i for i, genre in enumerate(atlas.genres)}
    beats = [(style.name, beat) for style in styles for beat in style.beats]
    own = np.array([index_of.get(name, -1) for name, _ in beats])
    is_plain = np.array([beat.name == PLAIN for _, beat in beats])
    ranks = ranked(atlas, space.places(grids([beat.code for _, beat in beats])))
    first, few = ranks[:, 0] == own, (ranks[:, :_FEW] == own[:, None]).any(axis=1)
    return {
        "top1": mean(first[is_plain]),
        "top3": mean(few[is_plain]),
        "all_top1": mean(first),
        "all_top3": mean(few),
        "styles_missing": sum(style.name not in index_of for style in styles),
    }


def ranked(atlas: Atlas, z: Floats) -> NDArray[np.intp]:
    """Return the genres of the atlas at points z [n, 4], the most fitting one first: [n, genres].

    The first one is the classifier's answer, which is the best genre of the best family. The others
    follow by their votes, whatever their family.
    """
    votes = genre_votes(atlas, z)
    answers = winners(votes, family_of(atlas))[1]
    votes[np.arange(len(votes)), answers] = np.inf
    return np.argsort(-votes, axis=1, kind="stable")
