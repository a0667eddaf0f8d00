import os
import signal

import pytest

from drumatlas.signals import quitting


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_sets_quit(name: str) -> None:
    with quitting(reloads=True) as quit_:
        os.kill(os.getpid(), getattr(signal, name))
        assert (quit_.is_set, quit_.is_hung_up) == (True, False)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_one_within_another_knows_what_came_before_it(name: str) -> None:
    before = signal.getsignal(getattr(signal, name))
    with quitting():
        os.kill(os.getpid(), getattr(signal, name))
        with quitting(reloads=True) as inner:
            assert inner.is_set
    assert signal.getsignal(getattr(signal, name)) is before
    with quitting() as later:
        assert not later.is_set


@pytest.mark.parametrize("reloads", [True, False])
def test_hangup_ends_only_who_does_not_reload(reloads: bool) -> None:
    before = signal.getsignal(signal.SIGHUP)
    with quitting(reloads=reloads) as quit_:
        os.kill(os.getpid(), signal.SIGHUP)
        assert (quit_.is_set, quit_.is_hung_up) == (not reloads, reloads)
    assert signal.getsignal(signal.SIGHUP) is before


def test_nohup_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with quitting(reloads=True) as quit_:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not quit_.is_set
            assert not quit_.is_hung_up
    finally:
        signal.signal(signal.SIGHUP, before)
