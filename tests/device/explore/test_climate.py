"""The climate of a place: what it is, and when the box plays by it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas, Climate
from drumatlas.engine import Engine
from drumatlas.explore.climate import climate_at
from drumatlas.explore.controls import Press, Turn
from drumatlas.explore.genre import genre_votes
from drumatlas.play.feel import Feel
from drumatlas.play.settings import PlaySettings
from drumatlas.service.state_saver import saved_state

TICK_NS = 10_000_000


@pytest.fixture(scope="module")
def tempered(labelled: Atlas) -> Atlas:
    """The labelled atlas; all genres but each fifth have a climate, from 70 BPM up."""
    genres = tuple(
        replace(g, climate=Climate((65.0 + i, 70.0 + i, 80.0 + i), i / 300, "jazz")) if i % 5 else g
        for i, g in enumerate(labelled.genres)
    )
    return replace(labelled, genres=genres)


@given(st.tuples(*[st.floats(-3, 3, width=32)] * 4))
def test_it_lies_between_those_of_the_genres_near_its_winner(
    tempered: Atlas, spread: tuple[float, ...]
) -> None:
    z = (tempered.latent.centre + tempered.latent.reach * np.array(spread)).astype(np.float32)
    found = climate_at(tempered, z)
    assert found is not None
    votes = genre_votes(tempered, z[None])[0]
    known = [i for i, genre in enumerate(tempered.genres) if genre.climate]
    tempos = [70.0 + i for i in known]
    assert min(tempos) <= found[0] <= max(tempos)
    assert 0 <= found[1] <= 0.3
    best = max(known, key=lambda i: votes[i])
    if votes[best] > 0.8:
        assert found[0] == pytest.approx(70.0 + best, rel=0.1)


def test_an_atlas_without_climates_has_none(labelled: Atlas) -> None:
    assert climate_at(labelled, labelled.latent.centre) is None
    engine = Engine(labelled, PlaySettings(bpm=101), [], 0)
    engine.handle(Turn("climate", 1.0), 0)
    assert engine.bpm == 101


def test_while_it_is_off_tempo_and_swing_are_the_players(tempered: Atlas) -> None:
    engine = Engine(tempered, PlaySettings(bpm=133), [], 0)
    engine.handle(Turn("swing", 0.4), 0)
    for _ in range(4):
        engine.handle(Press("next_genre"), 0)
        engine.tick(0)
        assert engine.bpm == engine.sequencer.bpm == pytest.approx(133)
        assert engine.feel == Feel(0.4, 0.0)


def test_while_it_is_on_each_place_has_its_own_tempo(tempered: Atlas) -> None:
    engine = Engine(tempered, PlaySettings(bpm=133), [], 0)
    engine.handle(Turn("climate", 1.0), 0)
    tempos = set()
    for now in range(0, 24 * TICK_NS, 4 * TICK_NS):
        engine.handle(Press("next_genre"), now)
        for later in range(now, now + 4 * TICK_NS, TICK_NS):
            engine.tick(later)
            engine.sequencer.advance(later)
        wanted = climate_at(tempered, engine.explorer.place.z)
        assert wanted is not None
        assert engine.bpm == pytest.approx(wanted[0])
        assert engine.sequencer.bpm == pytest.approx(wanted[0])
        assert engine.feel.swing == pytest.approx(wanted[1])
        tempos.add(round(engine.bpm, 3))
    assert len(tempos) == 6
    assert engine.values.bpm == 133
    engine.handle(Turn("climate", 0.0), 24 * TICK_NS)
    engine.sequencer.advance(25 * TICK_NS)
    assert engine.sequencer.bpm == pytest.approx(133)


def test_half_of_it_lies_halfway(tempered: Atlas) -> None:
    engine = Engine(tempered, PlaySettings(bpm=150), [], 0)
    engine.handle(Turn("climate", 0.5), 0)
    engine.tick(0)
    usual = climate_at(tempered, engine.explorer.place.z)
    assert usual is not None
    assert engine.bpm == pytest.approx((150 * usual[0]) ** 0.5)


def test_the_tempo_comes_in_with_its_beat(tempered: Atlas) -> None:
    engine = Engine(tempered, PlaySettings(bpm=120), [], 0)
    engine.handle(Turn("climate", 1.0), 0)
    engine.tick(0)
    engine.sequencer.start()
    engine.sequencer.advance(100_000_000)
    before, pattern = engine.bpm, engine.sequencer.pattern
    engine.handle(Press("next_genre"), 100_000_000)
    changed = []
    for now in range(100_000_000, 6_000_000_000, TICK_NS):
        engine.tick(now)
        engine.sequencer.advance(now)
        has_beat = engine.sequencer.pattern is not pattern
        changed.append((has_beat, engine.bpm != before))
    assert changed[0] == (False, False)
    assert changed[-1] == (True, True)
    assert all(beat == tempo for beat, tempo in changed)
    assert engine.sequencer.bpm == pytest.approx(engine.bpm)


def test_the_tempo_that_is_kept_is_the_players(tempered: Atlas) -> None:
    engine = Engine(tempered, PlaySettings(bpm=150), [], 0)
    engine.handle(Turn("climate", 1.0), 0)
    engine.tick(0)
    assert engine.bpm != 150
    assert saved_state(engine, {}).bpm == 150
