import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.explore.control_values import ControlValues
from drumatlas.explore.controls import DEFAULTS, VALUES, bpm_of, tempo_of

unit = st.floats(0, 1)
moved = st.dictionaries(st.sampled_from(VALUES), unit)
bpm = st.floats(20, 300)


def test_controls_begin_at_their_defaults() -> None:
    assert dict(ControlValues()) == DEFAULTS
    assert list(ControlValues()) == list(VALUES)
    assert len(ControlValues()) == len(VALUES)


@given(moved)
def test_a_control_stands_where_it_was_moved(places: dict[str, float]) -> None:
    values = ControlValues()
    for name, value in places.items():
        values[name] = value
    assert dict(values) == pytest.approx({**DEFAULTS, **places})


@given(bpm)
def test_the_tempo_control_stands_at_the_tempo(tempo: float) -> None:
    values = ControlValues(tempo)
    assert (values.bpm, values["tempo"]) == (tempo, tempo_of(tempo))
    values["tempo"] = 0.75
    assert values.bpm == bpm_of(0.75) == 190


@given(bpm, bpm, moved)
def test_what_is_restored_is_as_it_was(
    tempo: float, other: float, places: dict[str, float]
) -> None:
    values = ControlValues(tempo)
    before = dict(values)
    for name, value in places.items():
        values[name] = value
    values.bpm = other
    values.restore(before)
    assert dict(values) == pytest.approx(before)


@pytest.mark.parametrize("tempo", [25.0, 121.3, 270.0])
def test_a_tempo_stays_exact_where_its_control_stays(tempo: float) -> None:
    values = ControlValues(tempo)
    values.restore(dict(values))
    assert values.bpm == tempo


def test_other_names_are_refused() -> None:
    with pytest.raises(KeyError):
        ControlValues()["volume"]
    with pytest.raises(KeyError):
        ControlValues()["volume"] = 1.0
