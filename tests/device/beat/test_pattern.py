import numpy as np

from drumatlas.beat.pattern import cycles_of


def test_steps_hold_hits_kick_first() -> None:
    velocity = np.zeros((32, 14), np.uint8)
    velocity[0, 2], velocity[0, 0], velocity[31, 13] = 70, 110, 1
    cycle, empty = cycles_of(np.stack([velocity, np.zeros_like(velocity)]))
    assert empty == ((),) * 32
    assert len(cycle) == 32
    assert cycle[0] == ((0, 110), (2, 70))
    assert cycle[31] == ((13, 1),)
    assert cycle[1:31] == ((),) * 30
