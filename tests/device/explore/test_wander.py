import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.explore.wander import STOP_NS, Wander

home = st.tuples(*[st.floats(-0.5, 1.5, width=32)] * 4)


@given(home, st.integers(0, 2**32))
def test_it_begins_at_home_stays_on_the_panel_and_takes_small_steps(
    where: tuple[float, ...], seed: int
) -> None:
    start = np.array(where, np.float32)
    wander = Wander(start, seed)
    before = wander.knobs()
    assert np.allclose(before, start, atol=1e-5)
    for bar in range(60):
        assert wander.advance(0, bar) == (bar > 0)
        knobs = wander.knobs()
        assert (knobs >= np.minimum(start, 0) - 1e-5).all()
        assert (knobs <= np.maximum(start, 1) + 1e-5).all()
        assert np.abs(knobs - before).max() < 0.11
        before = knobs


def test_a_stop_is_due_at_each_new_bar_once() -> None:
    wander = Wander(np.full(4, 0.5, np.float32), 0)
    due = [wander.advance(0, bar) for bar in (3, 3, 4, 4, 9, 0)]
    assert due == [False, False, True, False, True, True]


def test_time_replaces_bars_while_stopped() -> None:
    wander = Wander(np.full(4, 0.5, np.float32), 0)
    times = (0, STOP_NS - 1, STOP_NS, STOP_NS + 1, 3 * STOP_NS)
    assert [wander.advance(at, None) for at in times] == [False, False, True, False, True]


def test_starting_or_stopping_is_not_a_new_bar() -> None:
    wander = Wander(np.full(4, 0.5, np.float32), 0)
    moments = ((0, None), (1, 0), (2, 0), (3, None), (4, 7), (5, 8))
    assert [wander.advance(*moment) for moment in moments] == [False] * 5 + [True]
