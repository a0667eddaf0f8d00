"""A sending process, seen from its parent, where it does not read."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from drumatlas.midi.process.handle import ChildHandle

DEAF = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChildHandle]:
    start = subprocess.Popen

    def popen(_command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
        return start(DEAF, **options)

    monkeypatch.setattr(subprocess, "Popen", popen)
    child = ChildHandle("", ())
    yield child
    child.close_pipe()
    child.reap()


def test_half_a_write_is_a_failure(deaf: ChildHandle) -> None:
    """The rest of it would begin in the middle of a frame."""
    assert not deaf.write(bytes(1 << 20))


def test_a_full_pipe_takes_nothing_and_nobody_waits_for_it(deaf: ChildHandle) -> None:
    taken = 0
    while deaf.write(bytes(1000)):
        taken += 1000
        assert taken < 1 << 20
    assert not deaf.write(bytes(1000))
