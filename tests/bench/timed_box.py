"""`drumatlas play`, with a stop-watch on its panel: how soon a scripted turn is a published beat.

    python tests/bench/timed_box.py OUT play --panel script:F ...

Writes OUT when it ends: a JSON list of [when a turn was due, when the beat that it made had been
handed to the sequencer], monotonic nanoseconds.
"""

import json
import sys
import time
from pathlib import Path

from drumatlas.cli import main
from drumatlas.engine import Engine
from drumatlas.explore.controls import Change
from drumatlas.panel.script import ScriptPanel

due: list[int] = []  # of the turns in this tick
times: list[tuple[int, int]] = []
poll, tick = ScriptPanel.poll, Engine.tick


def timed_poll(self: ScriptPanel, now_ns: int) -> list[Change]:
    start = self._next
    changes = poll(self, now_ns)
    due.extend(at_ns for at_ns, _ in self._changes[start : self._next])
    return changes


def timed_tick(self: Engine, now_ns: int, publishes: bool = True) -> None:
    tick(self, now_ns, publishes)
    if due:
        done_ns = time.monotonic_ns()
        times.extend((at_ns, done_ns) for at_ns in due)
        due.clear()


if __name__ == "__main__":
    ScriptPanel.poll, Engine.tick = timed_poll, timed_tick  # type: ignore[method-assign]
    try:
        code = main(sys.argv[2:])
    finally:
        Path(sys.argv[1]).write_text(json.dumps(times))
    sys.exit(code)
