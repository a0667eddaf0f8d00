"""Fuzzes every border for some minutes, each in a process of its own: `make fuzz`.

    PYTHONPATH=tests python -m fuzz.long [--minutes 10] [--only NAME]... [--seed N]

One line a border: how many inputs, how many of them were good, and how many were refused, by the
error's class. An input that ends otherwise (another exception, a crash of the interpreter, over
3 GiB of memory, over 5 s) is printed as small as it can be had, and the exit code is 1.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings

from fuzz.borders import Border, judge
from fuzz.test_borders import BORDERS

_MEMORY = 3 << 30  # bytes of address space
_ROUND = 1000  # inputs between looks at the clock


class _OverError(BaseException):
    """Time is up. No Exception: hypothesis would take it for a finding."""


def _round(border: Border, seed: int, end: float, counts: Counter[str]) -> None:
    @hypothesis.seed(seed)
    @settings(
        max_examples=_ROUND,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(border.inputs)
    def try_it(what: object) -> None:
        if time.monotonic() >= end:
            raise _OverError
        counts[judge(border.take, what)] += 1

    with suppress(_OverError):
        try_it()


def _fuzz(name: str, minutes: float, seed: int, answer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    border = next(border for border in BORDERS if border.name == name)
    counts: Counter[str] = Counter()
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        _round(border, seed, end, counts)
        seed += 1
    answer.send(counts)


def main() -> int:
    """Fuzz; whether something was found."""
    parser = argparse.ArgumentParser(description="fuzz every border")
    parser.add_argument("--minutes", type=float, default=10, help="at each border")
    parser.add_argument("--only", action="append", choices=[border.name for border in BORDERS])
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first round")
    given_ = parser.parse_args()
    print(f"seed {given_.seed}", file=sys.stderr)
    found = False
    for border in BORDERS:
        if given_.only and border.name not in given_.only:
            continue
        ours, theirs = multiprocessing.Pipe(duplex=False)
        arguments = (border.name, given_.minutes, given_.seed, theirs)
        child = multiprocessing.get_context("spawn").Process(target=_fuzz, args=arguments)
        child.start()
        theirs.close()
        try:
            counts: Counter[str] = ours.recv()
            total, good = counts.total(), counts.pop("good", 0)
            refused = ", ".join(f"{name} {n}" for name, n in counts.most_common())
            print(f"{border.name:14} {total:9} inputs, {good} good, {refused}", flush=True)
        except EOFError:
            child.join()
            found = True
            print(f"{border.name:14} FAILED (exit code {child.exitcode})", flush=True)
        child.join()
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
