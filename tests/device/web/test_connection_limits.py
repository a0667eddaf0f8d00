"""The door, without sockets."""

from typing import Any

import pytest
from websockets.protocol import State

from drumatlas.web import connection_limits as limits


class Socket:
    """Says that it is gone only when told to, as a transport does."""

    def __init__(self, state: State = State.CONNECTING) -> None:
        self.state = state
        self.transport: Any = self
        self.aborted = 0
        self.waiting = 0

    def abort(self) -> None:
        self.aborted += 1


@pytest.fixture
def door() -> limits.ConnectionLimits:
    return limits.ConnectionLimits(lambda _kind, _line: None)


def test_connections_that_come_too_often_have_to_wait(door: limits.ConnectionLimits) -> None:
    waits = [door.pause_s(now=0) for _ in range(200)]
    at_once = int(limits.ARRIVALS_AT_ONCE)
    assert waits == [0.0] * at_once + [limits.NAP_S] * (200 - at_once)
    assert door.pause_s(now=10) == 0


def test_the_page_with_the_most_unread_data_is_cut(door: limits.ConnectionLimits) -> None:
    sockets = [Socket() for _ in range(4)]
    for one, size in zip(sockets, (1, 3 << 20, 2 << 20, 0), strict=True):
        one.waiting = size
        door.enter(one)  # type: ignore[arg-type]
    door.weigh(sockets[0])  # type: ignore[arg-type]
    assert [one.aborted for one in sockets] == [0, 1, 0, 0]
    alone = Socket()
    alone.waiting = 100 << 20  # a large atlas, read by one
    other = limits.ConnectionLimits(lambda _kind, _line: None)
    other.enter(alone)  # type: ignore[arg-type]
    other.weigh(alone)  # type: ignore[arg-type]
    assert not alone.aborted


def test_of_a_burst_each_one_too_many_cuts_another(
    door: limits.ConnectionLimits,
) -> None:
    sockets = [Socket() for _ in range(200)]
    for one in sockets:
        door.enter(one)  # type: ignore[arg-type]
    cut = [one.aborted for one in sockets]
    assert cut == [1] * (200 - limits.MOST_SOCKETS) + [0] * limits.MOST_SOCKETS
    for one in sockets:
        door.leave(one)  # type: ignore[arg-type]
    later = [Socket() for _ in range(limits.MOST_SOCKETS)]
    for one in later:
        door.enter(one)  # type: ignore[arg-type]
    assert not any(one.aborted for one in later)


def test_open_pages_stay_and_newcomers_are_cut(door: limits.ConnectionLimits) -> None:
    pages = [Socket(State.OPEN) for _ in range(limits.MOST_SOCKETS)]
    for one in pages:
        door.enter(one)  # type: ignore[arg-type]
    stranger = Socket()
    door.enter(stranger)  # type: ignore[arg-type]
    assert stranger.aborted == 1
    assert not any(one.aborted for one in pages)
