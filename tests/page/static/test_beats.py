"""The beats of the page as a file, compared with the box's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import read_builtin
from drumatlas.beat.codes import pack
from drumatlas.explore.controls import Press, Turn, bpm_of
from drumatlas.explore.density import Density
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.genre import genre_of
from drumatlas.explore.search import Places
from drumatlas.explore.velocity import velocities
from support.browser import NO_STORE, barriers, here, until

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", ["phone", "small", "desk"])
def test_it_plays_from_a_file_without_a_connection(opened: Callable[..., Any], size: str) -> None:
    page = opened(size)
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "starts.length > 8")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("#map canvas").last.is_visible()
    assert page.seen.errors == []
    assert page.seen.foreign == []


@pytest.mark.parametrize("place", [(0.3, 0.4), (0.7, 0.55)])
def test_a_click_plays_what_decode_gives_there(
    opened: Callable[..., Any], places: Places, place: tuple[float, float]
) -> None:
    page = opened()
    page.get_by_role("button", name="Play", exact=True).click()
    before = page.locator("#place-line").get_attribute("data-z")
    area = page.locator("#map .screen").bounding_box()
    page.mouse.click(area["x"] + place[0] * area["width"], area["y"] + place[1] * area["height"])
    until(page, "before => document.getElementById('place-line').dataset.z !== before", before)
    z = np.array(page.locator("#place-line").get_attribute("data-z").split(","), np.float32)
    expected = list(places.at(z).code)
    assert here(page)["code"] == expected
    until(page, "drumatlas.player.playing && drumatlas.coming === null")
    heard = [0] * 32
    for step, voice, _ in page.evaluate("drumatlas.shown"):
        heard[step] |= 1 << voice
    assert heard == expected


def finds_what_the_box_finds(page: Any, places: Places) -> int:
    """Returns at how many of 60 places the beat is one nearby, since their own does not pass."""
    luck = np.random.default_rng(8)
    moved = 0
    for knobs in luck.random((60, 4)).tolist():
        page.evaluate(
            "knobs => knobs.forEach((knob, i) => drumatlas.box.turn(`x${i + 1}`, knob))", knobs
        )
        found = here(page)
        expected = places.at(np.array(found["z"], np.float32))
        assert found["code"] == list(expected.code)
        assert found["moved"] == pytest.approx(expected.moved, abs=1e-6)
        moved += expected.moved > 0
    return moved


def test_it_finds_the_same_beats_as_the_box(opened: Callable[..., Any], places: Places) -> None:
    assert finds_what_the_box_finds(opened(), places) > 5


def test_it_finds_the_same_with_a_levelled_decoder(
    opened: Callable[..., Any], played: tuple[Path, Atlas]
) -> None:
    page = opened(file=played[0])
    assert page.evaluate("drumatlas.atlas.decoder.nodes.some(({ op }) => op === 'TopK')")
    assert finds_what_the_box_finds(page, Places(played[1])) > 0


def test_a_point_of_the_map_is_its_own_latent_point(
    opened: Callable[..., Any], atlas: Atlas, places: Places
) -> None:
    page = opened()
    for point in (0, 777, 3000):
        page.evaluate("point => drumatlas.box.go(point)", point)
        found = here(page)
        assert found["z"] == atlas.points.z[point].tolist()
        assert found["code"] == list(places.at(atlas.points.z[point]).code)


def shapes_as_the_box(page: Any, atlas: Atlas, places: Places) -> None:
    groups = page.evaluate("drumatlas.atlas.groups")
    luck = np.random.default_rng(9)
    for _ in range(40):
        values = dict(zip(["density", "accent"], luck.random(2).tolist(), strict=True))
        values |= {f"density.{group}": float(luck.random()) for group in groups}
        page.evaluate(
            """([point, values]) => {
                drumatlas.box.go(point);
                for (const [name, value] of Object.entries(values)) drumatlas.box.turn(name, value);
            }""",
            [int(luck.integers(len(atlas.points.z))), values],
        )
        found = here(page)
        density = Density(values["density"], tuple(values[f"density.{g}"] for g in groups))
        place = places.at(np.array(found["z"], np.float32), density)
        assert found["code"] == list(place.code)
        loud = velocities(place.p, place.hits, place.thresholds, values["accent"], atlas.groove)
        cells = page.evaluate("drumatlas.box.cells")
        assert {(s, v): n for s, v, n in cells} == {
            (s, v): int(loud[s, v]) for s, v in np.argwhere(place.hits).tolist()
        }


def test_density_and_accent_shape_as_on_the_box(
    opened: Callable[..., Any], atlas: Atlas, places: Places
) -> None:
    shapes_as_the_box(opened(), atlas, places)


def test_velocities_come_from_the_groove_if_there_is_one(
    opened: Callable[..., Any], played: tuple[Path, Atlas]
) -> None:
    assert played[1].groove is not None
    shapes_as_the_box(opened(file=played[0]), played[1], Places(played[1]))


def test_knobs_and_places_agree(opened: Callable[..., Any], atlas: Atlas, places: Places) -> None:
    page = opened()
    page.locator("[data-control=x2]").focus()
    for _ in range(16):
        page.keyboard.press("ArrowUp")
    knobs = np.array([0.5, 0.75, 0.5, 0.5], np.float32)
    wanted = atlas.latent.centre + atlas.latent.basis @ (2 * knobs - 1)
    assert here(page)["z"] == pytest.approx(wanted.tolist(), abs=1e-4)
    page.evaluate("drumatlas.box.press('next_genre')")
    after = genre_of(atlas, wanted.astype(np.float32)).index + 1
    typical = places.typical(after % len(atlas.genres))
    assert here(page)["z"] == pytest.approx(typical.tolist(), abs=1e-4)
    page.evaluate("drumatlas.box.press('undo')")
    assert here(page)["z"] == pytest.approx(wanted.tolist(), abs=1e-4)


def test_a_frozen_training_beat_gives_way_to_the_filter(
    opened: Callable[..., Any], atlas: Atlas, places: Places
) -> None:
    page = opened()
    codes = pack(places.hits(atlas.points.z)[1])
    barred = places.filter.passes(codes, False) & ~places.filter.passes(codes)
    point = int(np.flatnonzero(barred)[0])
    box = Explorer(atlas)
    box.handle(Press("novelty"), 0)
    box.go(atlas.points.z[point])
    page.evaluate("point => { drumatlas.box.press('novelty'); drumatlas.box.go(point); }", point)
    assert here(page)["code"] == list(box.pattern.code) == codes[point].tolist()
    for button in ("freeze", "novelty"):
        box.handle(Press(button), 0)
        page.evaluate("name => drumatlas.box.press(name)", button)
    found = here(page)
    assert found["code"] == list(box.pattern.code) != codes[point].tolist()
    heard = {(step, voice) for step, voice, _ in page.evaluate("drumatlas.box.cells")}
    assert heard == {(s, v) for s, step in enumerate(box.pattern.cycles[0]) for v, _ in step}


def test_a_loaded_snapshot_restores_tempo_and_morph(opened: Callable[..., Any]) -> None:
    page = opened()
    box = Explorer(read_builtin())
    values = ("tempo", "morph", "morph_y", "swing", "map_x", "map_y")

    def both(*acts: tuple[str, float] | str) -> None:
        for act in acts:
            if isinstance(act, str):
                box.handle(Press(act), 0)
                page.evaluate("name => drumatlas.press(name)", act)
            else:
                box.handle(Turn(*act), 0)
                page.evaluate("([name, value]) => drumatlas.turn(name, value)", list(act))
        shown = page.evaluate("drumatlas.store.state.values")
        assert {n: shown[n] for n in values} == pytest.approx({n: box.values[n] for n in values})
        bpm = bpm_of(box.values["tempo"])
        assert page.evaluate("drumatlas.player.bpm") == pytest.approx(bpm)
        assert page.evaluate("drumatlas.store.state.run.bpm") == pytest.approx(bpm)

    both(("tempo", 0.2), ("swing", 0.6), ("morph", 0.3), ("morph_y", 0.7), "save_a")
    both(("tempo", 0.9), ("morph", 0.1), ("morph_y", 0.2), ("swing", 0.0))
    both("load_a")
    assert box.values["tempo"] == 0.2
    both("undo")
    both("next_genre", ("tempo", 0.5), ("morph", 1.0), "undo")
    assert box.values["tempo"] == 0.5


def test_it_works_without_local_storage(opened: Callable[..., Any]) -> None:
    page = opened(script=NO_STORE)
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.get_by_role("button", name="Dark or light").click()
    assert {theme, page.evaluate("document.documentElement.dataset.theme")} == {"light", "dark"}
    assert page.seen.errors == []


def test_axe_finds_no_barrier(opened: Callable[..., Any]) -> None:
    for size in ("desk", "phone", "small"):
        assert barriers(opened(size), size) == {}
