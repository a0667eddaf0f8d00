"""Compare the genres that the pages name, paint and go to with the box's."""

import base64

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.explore.controls import Press, Turn
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.genre import cursor, genre_of, land_family
from drumatlas.explore.latent import map_places, map_to_latent
from drumatlas.web.assets import StaticAssets, places_bytes, points_bytes
from support.page_modules import PLACES, Computed

LIVE = """
import { readPoints, withPlaces } from "./atlas.js";
import { Land } from "./genre.js";
function live({ about, points, places }) {
  const buffer = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const atlas = { ...about, points: readPoints(buffer(points), about.points) };
  return withPlaces(atlas, buffer(places));
}
"""
BOX = PLACES + 'import { Box } from "./box.js";\n'


def served(atlas: Atlas) -> dict[str, object]:
    """What the box serves to the live page."""
    assert atlas.labels is not None
    files = {"points": points_bytes(atlas), "places": places_bytes(atlas, atlas.labels)}
    about = StaticAssets(atlas)._about()
    return {"about": about, **{k: base64.b64encode(v).decode() for k, v in files.items()}}


def test_the_live_page_names_and_paints_places_as_the_box_does(
    computed: Computed, labelled: Atlas
) -> None:
    spots = np.random.default_rng(31).random((150, 2)).tolist()
    found = computed(
        LIVE,
        """const atlas = live(given.served);
        const land = new Land(atlas);
        return given.spots.map(([x, y]) => [
            land.genreAt(x, y), land.paintedAt(x, y), land.colour(land.paintedAt(x, y)),
        ]);""",
        {"served": served(labelled), "spots": spots},
    )
    assert labelled.labels is not None
    names = set()
    for (index, painted, colour), (x, y) in zip(found, spots, strict=True):
        box = genre_of(labelled, map_to_latent(labelled, x, y))
        assert index == box.index
        family = labelled.families[land_family(labelled, x, y)]
        assert painted in family.genres
        assert colour == family.colour
        names.add(index)
    assert len(names) > 3


def test_the_live_page_has_the_points_and_labels_of_the_atlas(
    computed: Computed, labelled: Atlas
) -> None:
    sums = computed(
        LIVE,
        """const { points, labels } = live(given);
        const sum = (values) => Array.from(values).reduce((all, value) => all + value, 0);
        return [points.x, points.y, points.z, points.genre, labels.z, labels.weight,
            labels.genre, labels.land].map(sum);""",
        served(labelled),
    )
    labels, places = labelled.labels, map_places(labelled)
    assert labels is not None
    arrays = (
        *(places[:, 0], places[:, 1], labelled.points.z, labelled.points.genre),
        *(labels.z, labels.weight, labels.genre, labels.land),
    )
    assert sums == pytest.approx([array.sum(dtype=np.float64) for array in arrays], abs=1e-3)


def test_the_page_as_a_file_names_and_shows_places_as_the_box_does(
    computed: Computed, labelled: Atlas, labelled_data: str
) -> None:
    spread = np.random.default_rng(32).normal(0, 1.5, (150, 4))
    asked = (labelled.latent.centre + labelled.latent.reach * spread).astype(np.float32)
    found = computed(
        PLACES,
        """const { space } = made(given.atlas);
        return given.asked.map((z) => {
            const { index, family, confidence } = space.genreAt(Float32Array.from(z));
            return [index, family, confidence, space.cursor(Float32Array.from(z))];
        });""",
        {"atlas": labelled_data, "asked": asked.tolist()},
    )
    for (index, family, confidence, place), z in zip(found, asked, strict=True):
        box = genre_of(labelled, z)
        assert (index, family) == (box.index, box.family_index)
        assert confidence == pytest.approx(box.confidence, abs=1e-6)
        assert place == pytest.approx(cursor(labelled, z), abs=1e-5)


def test_the_page_as_a_file_goes_from_genre_to_genre_as_the_box_does(
    computed: Computed, labelled: Atlas, labelled_data: str
) -> None:
    acts: list[list[object]] = [["press", "next_genre"] for _ in range(6)]
    acts += [["turn", "map_x", 0.2], ["press", "prev_genre"], ["go", 7], ["press", "next_genre"]]
    acts += [["turn", "x1", 0.8], ["press", "next_genre"], ["press", "next_genre"]]
    found = computed(
        BOX,
        """const { atlas, space, places } = made(given.atlas);
        let here = null;
        const box = new Box(atlas, space, places, null, (state) => (here = state.here ?? here));
        return given.acts.map(([name, ...more]) => {
            box[name](...more);
            box.refresh();
            return here;
        });""",
        {"atlas": labelled_data, "acts": acts},
    )
    box = Explorer(labelled)
    for here, (act, *more) in zip(found, acts, strict=True):
        if act == "go":
            box.go(labelled.points.z[more[0]])
        else:
            box.handle(Press(*more) if act == "press" else Turn(*more), 0)  # type: ignore[arg-type]
        assert (here["genre"], here["family"]) == (box.genre.name, box.genre.family), act
        assert here["z"] == pytest.approx(box.latent.tolist(), abs=1e-4)
