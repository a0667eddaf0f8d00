"""Every border: what may come in there, and what takes it. `judge` says what must hold."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis.strategies import SearchStrategy

from drumatlas.errors import DrumatlasError

MOST_S = 5.0  # of processor time for one input
MOST_CHARACTERS = 2000  # of an error's line


@dataclass(frozen=True, slots=True)
class Border:
    """`take` gets what `inputs` makes; it may raise errors of ours only."""

    name: str
    inputs: SearchStrategy[Any]
    take: Callable[[Any], object]


def judge(take: Callable[[Any], object], what: Any) -> str:
    """Have one input taken: a result, or one of our errors in one line that can be shown; in
    bounded time. Returns which: "good", or the error's class."""
    began = time.process_time()
    try:
        take(what)
        kind = "good"
    except DrumatlasError as error:
        line = str(error)
        assert line.isprintable(), f"not one line of text: {line!r}"
        assert 0 < len(line) <= MOST_CHARACTERS, f"{len(line)} characters"
        kind = type(error).__name__
    seconds = time.process_time() - began
    assert seconds < MOST_S, f"took {seconds:.1f} s"
    return kind
