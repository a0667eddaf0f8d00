from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas, Genre
from drumatlas.beat.codes import rotation_hash
from drumatlas.beat.pattern import Pattern
from drumatlas.explore.controls import BUTTONS, MAP_MODES, VALUES, Press, Turn
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.filters import BeatFilter
from drumatlas.explore.genre import genre_of
from support.atlases import with_passing_centre

SECOND = 1_000_000_000
unit = st.floats(0, 1, width=32)


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


def test_every_control_is_accepted(explorer: Explorer) -> None:
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


def away(explorer: Explorer, genre: Genre) -> float:
    off = (explorer.latent - genre.centroid) / explorer.atlas.latent.reach
    return float(np.linalg.norm(off))


def test_genre_buttons_go_round(explorer: Explorer, atlas: Atlas) -> None:
    explorer.go_to_genre(0)
    for genre in (*atlas.genres[1:], *atlas.genres[:2]):
        explorer.handle(Press("next_genre"), 0)
        assert explorer.genre.name == genre.name
        assert away(explorer, genre) < 1.5
        assert explorer.place.moved == 0  # the beat is the place's own
        assert explorer.pattern.genre
    explorer.handle(Press("prev_genre"), 0)
    assert away(explorer, atlas.genres[0]) < 1


@pytest.mark.parametrize(("button", "step"), [("next_genre", 1), ("prev_genre", -1)])
def test_genre_buttons_begin_where_the_place_is(atlas: Atlas, button: str, step: int) -> None:
    names = [genre.name for genre in atlas.genres]
    for start in range(len(names)):
        before, explorer = Explorer(atlas), Explorer(atlas)
        before.go_to_genre(start)
        explorer.restore(before.snapshot())  # as after power-up
        assert explorer.pattern.genre == names[start]
        explorer.handle(Press(button), 0)
        assert explorer.genre.name == names[(start + step) % len(names)]


def test_a_pattern_has_the_genre_of_where_it_was_found(explorer: Explorer, atlas: Atlas) -> None:
    for x1 in (0.5, 0.05, 0.95):
        explorer.handle(Turn("x1", x1), 0)
        assert explorer.pattern.genre == genre_of(atlas, explorer.place.z).name
        assert explorer.genre == genre_of(atlas, explorer.latent)


def test_accents_shape_the_velocities_of_the_same_beat(explorer: Explorer) -> None:
    home = explorer.pattern
    for accent in (0.0, 1.0):
        explorer.handle(Turn("accent", accent), 0)
        assert explorer.pattern.code == home.code
        assert explorer.pattern.cycles != home.cycles
    explorer.handle(Turn("accent", 0.5), 0)
    assert explorer.pattern == home


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


def test_a_snapshot_is_loaded_and_morph_lies_between_two(explorer: Explorer) -> None:
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
    explorer.handle(Turn("x1", 0.1), 0)
    explorer.handle(Press("save_d"), 0)
    explorer.handle(Turn("morph", 1), 0)
    explorer.handle(Turn("morph_y", 0.5), 0)  # halfway from b to d
    assert explorer.knobs[0] == pytest.approx(0.5)


@settings(max_examples=30)
@given(place=st.tuples(*[unit] * 4))
def test_a_fill_is_another_beat_at_least_as_dense(atlas: Atlas, place: tuple[float, ...]) -> None:
    explorer = Explorer(atlas)
    for i, value in enumerate(place, 1):
        explorer.handle(Turn(f"x{i}", value), 0)
    explorer.handle(Press("fill"), 0)
    assert explorer.fill is not None
    assert explorer.fill.code != explorer.pattern.code
    assert sum(map(int.bit_count, explorer.fill.code)) >= sum(
        map(int.bit_count, explorer.pattern.code)
    )


changes = st.one_of(
    st.builds(Turn, st.sampled_from(VALUES), unit), st.builds(Press, st.sampled_from(BUTTONS))
)


@settings(max_examples=60)
@given(done=st.lists(changes, max_size=12), mode=st.sampled_from(MAP_MODES))
def test_any_use_gives_reproducible_beats_that_pass(
    atlas: Atlas, done: list[Turn | Press], mode: str
) -> None:
    """Each cycle and fill passes the filter; so training beats never play while barred."""
    boxes = [Explorer(atlas, 7, mode), Explorer(atlas, 7, mode)]
    passes = BeatFilter(atlas.known).passes
    for i, change in enumerate(done):
        for box in boxes:
            box.handle(change, i * SECOND)
            box.tick(i * SECOND, i)
        one, other = boxes
        assert one.pattern == other.pattern
        assert one.fill == other.fill
        for pattern in filter(None, (one.pattern, one.fill)):
            codes = [[sum(1 << v for v, _ in step) for step in c] for c in pattern.cycles]
            assert passes(codes, one.novelty).all()
        one.fill = other.fill = None


@settings(max_examples=60)
@given(
    place=st.tuples(*[unit] * 4),
    others=st.tuples(*[unit] * 4),
    shape=st.tuples(unit, unit, unit),
)
def test_the_beat_of_a_place_does_not_depend_on_the_route(
    atlas: Atlas,
    place: tuple[float, ...],
    others: tuple[float, ...],
    shape: tuple[float, ...],
) -> None:
    explorer = Explorer(atlas, 2)

    def arrive() -> Pattern:
        for name, value in zip(("density", "density.hats", "chaos"), shape, strict=True):
            explorer.handle(Turn(name, value), 0)
        for i, value in enumerate(place, 1):
            explorer.handle(Turn(f"x{i}", value), 0)
        return explorer.pattern

    first = arrive()
    for i, value in enumerate(others, 1):
        explorer.handle(Turn(f"x{i}", value), 0)
        assert explorer.pattern.code
    assert arrive() == first


def test_the_novelty_button_switches_novelty(explorer: Explorer) -> None:
    explorer.handle(Press("novelty"), 0)
    assert not explorer.novelty
    explorer.handle(Press("novelty"), 0)
    assert explorer.novelty


def test_barring_a_frozen_training_beat_ends_it(atlas: Atlas) -> None:
    atlas = with_passing_centre(atlas)
    own = Explorer(atlas).pattern.code
    known = np.append(atlas.known, np.uint64(rotation_hash(own)))
    explorer = Explorer(replace(atlas, known=known))
    for button in ("novelty", "freeze"):
        explorer.handle(Press(button), 0)
    explorer.handle(Turn("x1", 0.51), 0)
    explorer.handle(Turn("x1", 0.5), 0)
    explorer.handle(Press("freeze"), 0)
    assert explorer.pattern.code == own
    explorer.handle(Press("freeze"), 0)
    explorer.handle(Press("novelty"), 0)
    assert explorer.pattern.code != own


def test_chaos_varies_the_cycles(explorer: Explorer) -> None:
    explorer.handle(Turn("chaos", 0.8), 0)
    assert len(set(explorer.pattern.cycles)) > 1
    explorer.handle(Turn("chaos", 0.0), 0)
    assert len(explorer.pattern.cycles) == 1


def test_undo_reverts_and_repeats_the_last_jump(explorer: Explorer) -> None:
    explorer.handle(Press("undo"), 0)  # nothing to undo yet
    explorer.handle(Turn("x2", 0.8), 0)
    home = explorer.pattern
    explorer.handle(Press("next_genre"), 0)
    away = explorer.pattern
    explorer.handle(Press("undo"), 0)
    assert explorer.pattern == home
    explorer.handle(Press("undo"), 0)
    assert explorer.pattern == away


def test_undo_restores_all_controls_after_a_load_and_the_place_after_a_step(
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
        passes = BeatFilter(atlas.known).passes(np.array([explorer.pattern.code]), True)
        assert passes.all()  # a cross-fade of hits would not have to
