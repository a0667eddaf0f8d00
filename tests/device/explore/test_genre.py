"""One vote names the genre of a place, and everything that shows a genre asks it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas
from drumatlas.beat.codes import pack
from drumatlas.cli.codec import _encode
from drumatlas.engine import Engine
from drumatlas.explore.controls import Press, Turn
from drumatlas.explore.genre import (
    PlaceGenre,
    cursor,
    family_of,
    genre_at,
    genre_of,
    genre_votes,
    land_family,
)
from drumatlas.explore.latent import (
    latent_to_map,
    map_places,
    map_to_latent,
    places_to_latent,
)
from drumatlas.panel.keys import status_lines
from drumatlas.play.settings import PlaySettings
from drumatlas.service.status import report
from drumatlas.web.view import Facts, ViewReader
from drumatlas.web.view_json import ViewEncoder

BOTH = ("labelled", "unlabelled")
coordinate = st.floats(-6, 6, width=32)
point = st.tuples(coordinate, coordinate, coordinate, coordinate)


def place(atlas: Atlas, spread: tuple[float, ...]) -> np.ndarray:
    """A latent point, in prior deviations from the centre."""
    return (atlas.latent.centre + atlas.latent.reach * np.array(spread)).astype(np.float32)


def some_places(atlas: Atlas, count: int, seed: int) -> np.ndarray:
    spread = np.random.default_rng(seed).standard_normal((count, 4))
    return (atlas.latent.centre + atlas.latent.reach * spread).astype(np.float32)


@given(point)
def test_votes_are_counted_as_the_format_says(labelled: Atlas, spread: tuple[float, ...]) -> None:
    z, labels = place(labelled, spread), labelled.labels
    assert labels is not None
    votes = [0.0] * len(labelled.genres)
    for there, genre, weight in zip(labels.z, labels.genre, labels.weight, strict=True):
        away = np.linalg.norm((there.astype(float) - z) / labelled.latent.reach)
        votes[genre] += weight * (1 + (away / labels.blur) ** 2) ** -labels.power
    shares = genre_votes(labelled, z[None])[0]
    assert shares == pytest.approx(np.array(votes) / sum(votes), rel=1e-4)
    sums = [sum(votes[genre] for genre in family.genres) for family in labelled.families]
    found = genre_of(labelled, z)
    assert found.confidence == pytest.approx(max(sums) / sum(sums), rel=1e-4)
    assert sums[found.family_index] == pytest.approx(max(sums), rel=1e-4)
    family = labelled.families[found.family_index]
    assert votes[found.index] == pytest.approx(max(votes[g] for g in family.genres), rel=1e-4)
    assert found.family == family.name
    assert found.name == labelled.genres[found.index].name


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize("size", [0.0, 1e6, -1e6])
def test_any_point_that_can_be_asked_for_has_a_genre(
    request: pytest.FixtureRequest, which: str, size: float
) -> None:
    atlas: Atlas = request.getfixturevalue(which)
    found = genre_of(atlas, np.full(4, size, np.float32))
    assert found.index in range(len(atlas.genres))
    assert 0 < found.confidence <= 1


def test_many_places_have_the_genres_that_each_has_alone(labelled: Atlas) -> None:
    z = some_places(labelled, 150, 3)
    families, genres, confidences = genre_at(labelled, z)
    alone = [genre_of(labelled, one) for one in z]
    assert genres.tolist() == [one.index for one in alone]
    assert families.tolist() == [one.family_index for one in alone]
    assert confidences.tolist() == pytest.approx([one.confidence for one in alone])
    assert len(set(families.tolist())) == 3
    assert len(set(genres.tolist())) > 5


def test_without_labels_the_nearest_area_wins(unlabelled: Atlas) -> None:
    middles = np.stack([genre.centroid for genre in unlabelled.genres])
    for z in some_places(unlabelled, 200, 4):
        away = np.linalg.norm((middles - z) / unlabelled.latent.reach, axis=1)
        found = genre_of(unlabelled, z)
        assert found.index == int(away.argmin())
        assert found.away == pytest.approx(away.min())
        assert (found.family, found.family_index) == ("", -1)
    for index, genre in enumerate(unlabelled.genres):
        found = genre_of(unlabelled, genre.centroid)
        assert (found.index, found.away) == (index, 0)


def test_an_atlas_without_genres_names_nothing(unlabelled: Atlas) -> None:
    bare = replace(
        unlabelled,
        genres=(),
        points=replace(unlabelled.points, genre=np.full_like(unlabelled.points.genre, -1)),
    )
    assert genre_of(bare, bare.latent.centre) == PlaceGenre()
    engine = Engine(bare, PlaySettings(), [], 0)
    engine.handle(Press("next_genre"), 0)
    assert engine.explorer.pattern.genre == ""
    assert report(engine)["near"] == ""


def test_many_places_of_the_map_lead_where_each_leads_alone(atlas: Atlas) -> None:
    places = np.random.default_rng(5).random((40, 2)).astype(np.float32)
    alone = np.stack([map_to_latent(atlas, float(x), float(y)) for x, y in places])
    assert places_to_latent(atlas, places) == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("which", BOTH)
@pytest.mark.parametrize("button", ["next_genre", "prev_genre"])
def test_a_genre_button_leads_to_where_the_vote_agrees(
    request: pytest.FixtureRequest, which: str, button: str
) -> None:
    atlas: Atlas = request.getfixturevalue(which)
    engine = Engine(atlas, PlaySettings(), [], 0)
    step = 1 if button == "next_genre" else -1
    here = engine.explorer.genre.index
    agrees = []
    for _ in atlas.genres:
        here = (here + step) % len(atlas.genres)
        engine.handle(Press(button), 0)
        agrees.append(engine.explorer.genre.index == here)
        assert engine.explorer.place.moved == 0
    # Without labels, a genre whose middle lies among others may have no beat of its own.
    assert all(agrees) if which == "labelled" else np.mean(agrees) > 0.8


def test_a_genre_button_counts_from_where_the_place_is(labelled: Atlas) -> None:
    engine = Engine(labelled, PlaySettings(), [], 0)
    engine.handle(Press("next_genre"), 0)
    engine.handle(Turn("x1", 0.1), 0)
    engine.handle(Turn("x3", 0.9), 0)
    here = engine.explorer.genre.index
    engine.handle(Press("next_genre"), 0)
    assert engine.explorer.genre.index == (here + 1) % len(labelled.genres)


def test_colour_hover_header_status_and_terminal_agree(labelled: Atlas) -> None:
    engine = Engine(labelled, PlaySettings(), [], 0)
    reader = ViewReader(engine, Facts(dict, lambda: False, dict, lambda _: None))
    encoder = ViewEncoder(labelled, 0)
    assert labelled.labels is not None
    side, families = len(labelled.labels.land), set()
    for column, row in np.random.default_rng(7).integers(0, side, (60, 2)).tolist():
        x, y = (column + 0.5) / side, (row + 0.5) / side
        engine.handle(Turn("map_x", x), 0)
        engine.handle(Turn("map_y", y), 0)
        here = encoder.of(reader.look(0))["here"]
        assert (here["x"], here["y"]) == (round(x, 5), round(y, 5))
        painted = labelled.families[land_family(labelled, x, y)].name
        hover = labelled.genres[
            int(genre_at(labelled, map_to_latent(labelled, x, y)[None])[1][0])
        ].name
        status = report(engine)
        assert (here["family"], status["family"]) == (painted, painted)
        assert (here["genre"], status["near"]) == (hover, hover)
        assert f"near {hover} ({painted}, " in status_lines(engine)[0]
        assert status["confidence"] == here["confidence"]
        families.add(painted)
    assert len(families) == 3


def test_encode_names_what_the_box_names_there(labelled: Atlas) -> None:
    codes = pack(labelled.decode(some_places(labelled, 40, 8)) > labelled.thresholds)
    rows = list(_encode(labelled, [tuple(code) for code in codes.tolist()]))
    names = set()
    for row in rows:
        engine = Engine(labelled, PlaySettings(), [], 0)
        engine.land(row.code)
        assert row.labels == (engine.explorer.genre.name,)
        names |= {*row.labels}
    assert len(names) > 3


def test_a_point_of_the_map_stands_in_the_colour_of_its_family(labelled: Atlas) -> None:
    families = family_of(labelled)[labelled.points.genre]
    for (x, y), family in zip(map_places(labelled).tolist(), families, strict=True):
        assert land_family(labelled, x, y) == family


@given(point)
def test_a_place_is_shown_in_the_colour_of_its_family(
    labelled: Atlas, spread: tuple[float, ...]
) -> None:
    z = place(labelled, spread)
    assert land_family(labelled, *cursor(labelled, z)) == genre_of(labelled, z).family_index


def test_without_labels_a_place_is_shown_where_the_map_has_it(unlabelled: Atlas) -> None:
    for z in some_places(unlabelled, 20, 9):
        assert cursor(unlabelled, z) == latent_to_map(unlabelled, z)
        assert land_family(unlabelled, 0.5, 0.5) == -1
