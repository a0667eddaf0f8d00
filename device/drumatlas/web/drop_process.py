"""Reads files dropped on the pages, one after the other, each in a child process.

Reading a file takes up to a second on a fast processor. The page's thread has real-time priority,
so that would disturb the beat. A child process has none, and has limits of its own (see
drop_child.py).
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

from drumatlas.beat.drum_map import Place
from drumatlas.errors import MidiFileError
from drumatlas.web.dropped_file import Dropped
from drumatlas.web.rate_limit import Bucket

A_SECOND, AT_ONCE = 0.2, 4.0  # files, from all pages together
MOST_S = 30.0  # for one file; the child's limit of processor time is lower
COMMAND = [sys.executable, "-P", "-m", "drumatlas.web.drop_child"]
_TOO_MUCH = "takes too much time or memory to read"


class Drops:
    """Reads files under one allowance for all pages: connecting again does not give a page another
    one."""

    def __init__(self) -> None:
        self._bucket = Bucket(A_SECOND, AT_ONCE)
        self._is_busy = False

    async def read(self, data: bytes, now: float, own: Sequence[Place] = ()) -> Dropped:
        """Return the beat of a .mid file that arrived at `now` (s). `own` holds notes and channels
        of the box's voices. MidiFileError if the file can't be read, if another one is being read,
        or if too many arrived."""
        if self._is_busy:
            raise MidiFileError("another file is being read", "drop this one again in a moment")
        if not self._bucket.take(now):
            raise MidiFileError("too many files", "drop this one again in a moment")
        self._is_busy = True
        try:
            return await _read(data, own)
        finally:
            self._is_busy = False


async def _read(data: bytes, own: Sequence[Place]) -> Dropped:
    try:
        child = await asyncio.create_subprocess_exec(
            *(*COMMAND, json.dumps(list(own))),
            stdin=PIPE,
            stdout=PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is ours, not the child's
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # each thread takes 30 MB
        )
    except (OSError, RuntimeError, MemoryError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise MidiFileError(f"no process to read it ({why})", "try again later") from None
    try:
        said, _ = await asyncio.wait_for(child.communicate(data), MOST_S)
    except (TimeoutError, OSError):
        raise MidiFileError(_TOO_MUCH) from None
    finally:
        await _end(child)
    return _answer(said)


async def _end(child: Process) -> None:
    """Kill the child if it still runs, and reap it."""
    with suppress(ProcessLookupError):
        if child.returncode is None:
            child.kill()
    await child.wait()


def _answer(said: bytes) -> Dropped:
    try:
        answer = json.loads(said)
    except ValueError:  # one of its limits ended it
        raise MidiFileError(_TOO_MUCH) from None
    if "error" in answer:
        raise MidiFileError(answer["error"])
    return Dropped(tuple(answer["code"]), tuple(answer["remarks"]))
