import numpy as np
import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.beat.pattern import Cycle, cycles_of
from drumatlas.explore.chaos import VARIANTS, Chaos
from drumatlas.explore.search import Place, Places
from drumatlas.explore.velocity import velocities


@pytest.fixture(scope="module")
def place(places: Places, atlas: Atlas) -> Place:
    return places.at(atlas.latent.centre)


def cycle_code(cycle: Cycle) -> tuple[int, ...]:
    return tuple(sum(1 << voice for voice, _ in step) for step in cycle)


def test_no_chaos_is_the_beat_itself(places: Places, place: Place) -> None:
    base = velocities(place.p, place.hits, place.thresholds)
    assert Chaos(1).cycles(place, 0, places.filter, True) == cycles_of(base[None])


@pytest.mark.parametrize("amount", [0.1, 0.5, 1.0])
def test_every_variant_passes(places: Places, place: Place, amount: float) -> None:
    cycles = Chaos(1).cycles(place, amount, places.filter, True)
    assert len(cycles) == VARIANTS
    assert places.filter.passes([cycle_code(cycle) for cycle in cycles]).all()


def test_more_chaos_changes_more(places: Places, place: Place) -> None:
    def cells(amount: float) -> float:
        own = np.array(place.code)
        cycles = Chaos(1).cycles(place, amount, places.filter, True)
        return float(
            np.mean([np.bitwise_count(own ^ np.array(cycle_code(c))).sum() for c in cycles])
        )

    assert 0 < cells(0.5) < cells(1.0)


def test_the_seed_decides(places: Places, place: Place) -> None:
    one, same, other = (Chaos(s).cycles(place, 0.8, places.filter, True) for s in (1, 1, 2))
    assert one == same
    assert one != other


def test_accents_change_velocities_only(places: Places, place: Place) -> None:
    for amount in (0.0, 0.7):
        cycles = [Chaos(1).cycles(place, amount, places.filter, True, a) for a in (0.1, 0.5, 0.9)]
        codes = [list(map(cycle_code, variants)) for variants in cycles]
        assert codes[0] == codes[1] == codes[2]
        assert cycles[0] != cycles[1] != cycles[2]
    assert cycles[1] == Chaos(1).cycles(place, 0.7, places.filter, True)
