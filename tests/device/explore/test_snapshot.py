import contextlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.errors import StateError
from drumatlas.explore.controls import DEFAULTS
from drumatlas.explore.snapshot import (
    Snapshot,
    morph_knobs,
    name_of_program,
    snapshot_names,
    snapshot_of,
)

HERE = Snapshot((0.5, 0.25, 1.5, -0.25), DEFAULTS | {"density": 0.75})

turns = st.floats(-1e3, 1e3, width=32)
snapshots = st.builds(
    lambda knobs, values, novelty: Snapshot(
        tuple(knobs), dict(zip(DEFAULTS, values, strict=True)), novelty
    ),
    st.lists(turns, min_size=4, max_size=4),
    st.lists(st.floats(0, 1), min_size=len(DEFAULTS), max_size=len(DEFAULTS)),
    st.booleans(),
)
anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


share = st.floats(0, 1)


@given(st.dictionaries(st.sampled_from("abcd"), snapshots, min_size=2), share, share)
def test_a_morph_lies_between_its_snapshots(
    kept: dict[str, Snapshot], across: float, up: float
) -> None:
    found = morph_knobs(kept, across, up)
    assert found is not None
    turns = zip(*(one.knobs for one in kept.values()), strict=True)
    for turn, corners in zip(found, turns, strict=True):
        room = 1e-9 * max(map(abs, corners))
        assert min(corners) - room <= turn <= max(corners) + room


@pytest.mark.parametrize(
    ("kept", "corners"),
    [
        ("abcd", "abcd"),
        ("ab", "abab"),  # (0, 0), (1, 0), (0, 1), (1, 1)
        ("ac", "aacc"),
        ("ad", "adad"),
        ("bcd", "cbcd"),
        ("cd", "cdcd"),
    ],
)
def test_an_empty_corner_uses_a_neighbour(kept: str, corners: str) -> None:
    places = {slot: replace(HERE, knobs=(float(ord(slot)), 0, 0, 0)) for slot in kept}
    points = [(0, 0), (1, 0), (0, 1), (1, 1)]
    found = [morph_knobs(places, across, up) for across, up in points]
    assert [one and chr(round(one[0])) for one in found] == list(corners)


def test_morphing_needs_two_snapshots() -> None:
    assert morph_knobs({}, 0.5, 0.5) is None
    assert morph_knobs({"a": HERE, "7": HERE}, 0.5, 0.5) is None


@given(snapshots)
def test_json_restores_the_same_snapshot(snapshot: Snapshot) -> None:
    assert snapshot_of(json.loads(json.dumps(snapshot.to_json()))) == snapshot


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"knobs": [0, 0, 0]}, "4 numbers"),
        ({"knobs": [0, 0, 0, True]}, "a knob is not a number"),
        ({"knobs": [0, 0, 0, 1e9]}, "a knob"),
        ({"knobs": [0, 0, 0, float("nan")]}, "a knob"),
        ({"knobs": [0, 0, 0, 10**400]}, "a knob"),
        ({"values": {"density": 1.5}}, "density"),
        ({"values": []}, "an object"),
        ({"novelty": 1}, "novelty"),
    ],
)
def test_a_malformed_snapshot_is_an_error(change: dict[str, object], words: str) -> None:
    with pytest.raises(StateError, match=words):
        snapshot_of(HERE.to_json() | change)


@given(anything | st.fixed_dictionaries({"knobs": anything, "values": anything}))
def test_any_json_is_a_snapshot_or_a_state_error(entry: object) -> None:
    with contextlib.suppress(StateError):
        assert set(snapshot_of(entry).values) == set(DEFAULTS)


def test_controls_of_other_versions_are_left_out() -> None:
    entry = HERE.to_json() | {"values": {"density": 0.25, "reverb": 7}}
    assert snapshot_of(entry).values == DEFAULTS | {"density": 0.25}  # accent too is natural


def test_programs_find_their_own_or_the_slots() -> None:
    assert len(snapshot_names()) == 4 + 128
    kept = {"a": HERE, "1": HERE}
    assert [name_of_program(program, kept) for program in (0, 1, 2, 127)] == ["a", "1", "", ""]
