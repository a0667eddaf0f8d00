"""Reads one dropped .mid file in a process of its own: `python -m drumatlas.web.drop_child OWN`.

OWN is a JSON list with note and channel (0..15) of each of the box's voices, or []. The process
reads the file from standard input and writes one JSON object: {"code": [...], "remarks": [...]}, or
{"error": "..."} for a file that can't be read. A process that exceeds its limits ends by a signal
instead.
"""

import json
import os
import sys

CPU_S = 20  # a file of the largest size takes under 1 s here, ten times that on a Pi Zero
MEMORY_BYTES = 512 << 20  # of address space; Python and NumPy take half of it
NICE = 10


def main() -> None:
    """Read a file, at a lower priority than the rest of the box."""
    _limit()
    # Imported now, so that the limits apply to the imports, too.
    from drumatlas.errors import MidiFileError  # noqa: PLC0415
    from drumatlas.web.dropped_file import beat_of  # noqa: PLC0415

    answer: dict[str, object]
    try:
        own = [(note, channel) for note, channel in json.loads(sys.argv[1])]
        dropped = beat_of(sys.stdin.buffer.read(), own)
        answer = {"code": [int(step) for step in dropped.code], "remarks": dropped.remarks}
    except MidiFileError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)  # noqa: T201 - read by the parent


def _limit() -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    os.nice(NICE)
    if hasattr(os, "sched_setscheduler"):  # even if the parent has real-time priority
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    for what, most in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
