from collections.abc import Iterator

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.explore.controls import BUTTONS, VALUES, Press, Turn
from drumatlas.explore.explorer import Explorer

SECOND = 1_000_000_000


@pytest.fixture
def explorer(atlas: Atlas) -> Iterator[Explorer]:
    yield Explorer(atlas, seed=3)


def test_it_begins_in_the_middle_with_a_passing_beat(explorer: Explorer, atlas: Atlas) -> None:
    assert explorer.latent == pytest.approx(atlas.latent.centre)
    assert any(explorer.pattern.code)


@pytest.mark.parametrize("axis", ["x1", "x2", "x3", "x4"])
def test_each_knob_travels_and_comes_back(explorer: Explorer, axis: str) -> None:
    home = explorer.pattern
    explorer.handle(Turn(axis, 0.95), 0)
    away = explorer.pattern
    explorer.handle(Turn(axis, 0.5), 0)
    assert away.code != home.code
    assert explorer.pattern == home


def test_every_control_name_is_taken(explorer: Explorer) -> None:
    for name in VALUES:
        explorer.handle(Turn(name, 0.3), 0)
        assert explorer.values[name] == pytest.approx(0.3) or name in {"x1", "x2", "x3", "x4"}
    for name in BUTTONS:
        explorer.handle(Press(name), 0)
    assert any(explorer.pattern.code)


def test_the_joystick_moves_the_knobs_with_it(explorer: Explorer) -> None:
    explorer.handle(Turn("map_x", 0.9), 0)
    knobs = [explorer.values[f"x{i}"] for i in range(1, 5)]
    assert knobs == pytest.approx(np.clip(explorer.knobs, 0, 1).tolist())
    assert knobs != [0.5] * 4


def test_genre_buttons_go_round(explorer: Explorer, atlas: Atlas) -> None:
    for genre in (*atlas.genres, atlas.genres[0]):
        explorer.handle(Press("next_genre"), 0)
        assert explorer.latent == pytest.approx(genre.centroid, abs=1e-3)
    explorer.handle(Press("prev_genre"), 0)
    assert explorer.latent == pytest.approx(atlas.genres[-1].centroid, abs=1e-3)


def test_prev_genre_first_goes_to_the_last(explorer: Explorer, atlas: Atlas) -> None:
    explorer.handle(Press("prev_genre"), 0)
    assert explorer.latent == pytest.approx(atlas.genres[-1].centroid, abs=1e-3)


def test_density_shapes_the_beat(explorer: Explorer) -> None:
    def hits() -> int:
        return sum(len(step) for step in explorer.pattern.cycles[0])

    natural = hits()
    explorer.handle(Turn("density", 0.9), 0)
    assert hits() > natural
    explorer.handle(Turn("density", 0.5), 0)
    assert hits() == natural
    explorer.handle(Turn("density.hats", 1.0), 0)
    assert hits() > natural


def test_freeze_keeps_the_beat_while_one_travels(explorer: Explorer) -> None:
    frozen = explorer.pattern
    explorer.handle(Press("freeze"), 0)
    explorer.handle(Turn("x1", 0.9), 0)
    assert explorer.pattern is frozen
    explorer.handle(Press("freeze"), 0)
    assert explorer.pattern.code != frozen.code


def test_snapshots_and_morph(explorer: Explorer) -> None:
    explorer.handle(Turn("morph", 0.7), 0)  # nothing saved yet
    home = explorer.pattern
    explorer.handle(Press("save_a"), 0)
    explorer.handle(Turn("x1", 0.9), 0)
    explorer.handle(Turn("density", 0.7), 0)
    away = explorer.pattern
    explorer.handle(Press("save_b"), 0)
    explorer.handle(Press("load_a"), 0)
    assert explorer.pattern == home
    explorer.handle(Press("load_b"), 0)
    assert explorer.pattern == away
    assert explorer.values["density"] == 0.7
    explorer.handle(Turn("morph", 0.5), 0)
    assert explorer.knobs[0] == pytest.approx(0.7)
    explorer.handle(Press("load_c"), 0)  # never saved: stay
    assert explorer.knobs[0] == pytest.approx(0.7)


def test_wander_moves_by_itself_until_a_knob_is_turned(explorer: Explorer) -> None:
    explorer.handle(Press("wander"), 0)
    seen = set()
    for second in range(60):
        explorer.tick(second * SECOND)
        seen.add(explorer.pattern.code)
    assert len(seen) > 10
    explorer.handle(Turn("x1", 0.5), 60 * SECOND)
    rest = explorer.pattern
    explorer.tick(90 * SECOND)
    assert explorer.pattern is rest


def test_fill_is_another_denser_beat(explorer: Explorer) -> None:
    explorer.handle(Press("fill"), 0)
    assert explorer.fill is not None
    assert explorer.fill.code != explorer.pattern.code


def test_novelty_switch(explorer: Explorer) -> None:
    explorer.handle(Press("novelty"), 0)
    assert not explorer.novelty
    explorer.handle(Press("novelty"), 0)
    assert explorer.novelty


def test_chaos_makes_variants(explorer: Explorer) -> None:
    explorer.handle(Turn("chaos", 0.8), 0)
    assert len(set(explorer.pattern.cycles)) > 1
    explorer.handle(Turn("chaos", 0.0), 0)
    assert len(explorer.pattern.cycles) == 1


def test_undo_takes_the_last_jump_back_and_forth(explorer: Explorer) -> None:
    explorer.handle(Press("undo"), 0)  # nothing to undo yet
    explorer.handle(Turn("x2", 0.8), 0)
    home = explorer.pattern
    explorer.handle(Press("next_genre"), 0)
    away = explorer.pattern
    explorer.handle(Press("undo"), 0)
    assert explorer.pattern == home
    explorer.handle(Press("undo"), 0)
    assert explorer.pattern == away


def test_undo_of_a_load_brings_everything_back_of_a_step_only_the_place(
    explorer: Explorer,
) -> None:
    explorer.handle(Press("save_a"), 0)
    explorer.handle(Press("novelty"), 0)
    explorer.handle(Turn("density", 0.7), 0)
    explorer.handle(Press("load_a"), 0)
    assert (explorer.values["density"], explorer.novelty) == (0.5, True)
    explorer.handle(Press("undo"), 0)
    assert (explorer.values["density"], explorer.novelty) == (0.7, False)
    explorer.handle(Press("next_genre"), 0)
    explorer.handle(Turn("density", 0.6), 0)
    explorer.handle(Press("undo"), 0)
    assert explorer.knobs.tolist() == [0.5] * 4
    assert explorer.values["density"] == 0.6


def test_morph_goes_through_latent_space(explorer: Explorer, atlas: Atlas) -> None:
    for slot, genre in zip("ab", atlas.genres, strict=False):
        explorer.go(genre.centroid)
        explorer.handle(Press(f"save_{slot}"), 0)
    a, b = (genre.centroid for genre in atlas.genres[:2])
    for share in (0.0, 0.25, 0.5, 1.0):
        explorer.handle(Turn("morph", share), 0)
        assert explorer.latent == pytest.approx(a + share * (b - a), abs=1e-3)
        passes = explorer._places.filter.passes(np.array([explorer.pattern.code]), True)
        assert passes.all()  # a cross-fade of hits would not have to
