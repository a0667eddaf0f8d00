import numpy as np
import pytest
from numpy.typing import NDArray

from drumatlas_export.atlas.features import FEATURES

pytestmark = pytest.mark.export

Floats = NDArray[np.float32]
KICK, SNARE, HAT, TOM, OPEN, CRASH, RIDE, CONGA = 0, 1, 2, 3, 5, 7, 8, 12
LONGEST = 16  # letters that fit beside a knob


def beat(*cells: tuple[int, int, float]) -> Floats:
    """Probabilities [1, 32, 14] with `cells` (step, voice, p)."""
    p = np.zeros((1, 32, 14), np.float32)
    for step, voice, value in cells:
        p[0, step, voice] = value
    return p


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (beat(), {}),
        (beat((0, SNARE, 1)), {"density": 1, "busy snare": 1, "bar change": 1}),
        (
            beat((1, SNARE, 0.5), (18, SNARE, 0.5)),
            {"density": 1, "syncopation": 0.5, "busy snare": 1, "bar change": 1, "shuffle": -0.5},
        ),
        (
            beat((0, HAT, 1), (16, HAT, 0.5)),
            {"density": 1.5, "closed hats": 1.5, "bar change": 0.5},
        ),
        (
            beat((0, OPEN, 1), (31, RIDE, 1)),
            {
                "density": 2,
                "syncopation": 0.5,
                "closed hats": -2,
                "open hats": 0,
                "cymbals": 1,
                "16th hats": 1,
                "shuffle": 0.5,
                "bar change": 2,
            },
        ),
        (
            beat((0, OPEN, 1), (8, OPEN, 1), (16, OPEN, 1), (24, RIDE, 1)),
            {"density": 4, "closed hats": -4, "open hats": 2, "cymbals": 1, "bar change": 2},
        ),
        (
            beat((0, TOM, 1), (16, TOM, 1), (4, CONGA, 1), (20, CRASH, 1)),
            {"density": 4, "drums and hands": 0.75, "cymbals": 1, "bar change": 2},
        ),
        (
            beat(*((step, KICK, 1) for step in (0, 8, 16, 24)), *((s, SNARE, 1) for s in (4, 28))),
            {"density": 6, "kicks": 4, "backbeat": 2, "bar change": 2},
        ),
    ],
)
def test_features_by_hand(p: Floats, expected: dict[str, float]) -> None:
    values = {name: float(feature(p)[0]) for name, feature in FEATURES.items()}
    assert values == pytest.approx(dict.fromkeys(FEATURES, 0) | expected, abs=1e-5)


def test_each_feature_is_one_number_a_beat() -> None:
    beats = (np.random.default_rng(2).random((9, 32, 14)) < 0.2).astype(np.float32)
    for feature in FEATURES.values():
        values = feature(beats)
        assert values.shape == (9,)
        assert values.tolist() == [float(feature(one[None])[0]) for one in beats]


def test_names_fit_beside_a_knob() -> None:
    assert max(map(len, FEATURES)) <= LONGEST
