"""Swap the atlas while the box plays: a thread reads the file, and the next bar plays from it."""

import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from drumatlas.errors import DrumatlasError
from drumatlas.realtime import SLOW_PRIORITY, request_realtime

if TYPE_CHECKING:
    from drumatlas.atlas.model import Atlas
    from drumatlas.engine import Engine
    from drumatlas.explore.explorer import Explorer


class AtlasSwap:
    """Checks on request whether the configured atlas differs from the one playing, and swaps it.

    The configured atlas is the one at `named`, else the user's in the state `folder`, else the
    built-in one. A file that can't be used is shown as a fault and changes nothing. `on_change` is
    called with a new atlas; `say` prints a line.
    """

    def __init__(
        self,
        engine: "Engine",
        named: Path | None,
        folder: Path | None,
        *,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._engine, self._named, self._folder, self._say = engine, named, folder, say
        self._thread: threading.Thread | None = None
        self._is_asked = False
        self._found: tuple[Explorer | None, str] | None = None  # from the thread: result, fault
        self.on_change: Callable[[Atlas], None] = lambda _: None

    def ask(self) -> None:
        """Check at the next tick or, while a file is being read, after that."""
        self._is_asked = True

    def tick(self, _now_ns: int) -> None:
        """Start reading if `ask` was called; play the atlas that was read."""
        if self._found is not None:
            (fresh, fault), self._found = self._found, None
            self._engine.set_faults("atlas", fault)
            if fresh:
                self._engine.change_atlas(fresh)
                self.on_change(fresh.atlas)
                self._say(f"now playing from atlas '{fresh.atlas.name}'")
        # Check in this order. A thread that ends between the two checks has left its result, and
        # that atlas must play before the next thread compares with it.
        is_reading = self._thread is not None and self._thread.is_alive()
        if self._is_asked and not is_reading and self._found is None:
            self._is_asked = False
            # A daemon thread, so that a slow disk does not delay the program's end.
            self._thread = threading.Thread(target=self._read, name="atlas", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Do nothing: the thread ends by itself."""

    def _read(self) -> None:
        """Do the slow work, in the thread."""
        # Run at the slow loop's priority, although this computes. Without it, other programs would
        # delay this thread while it holds the interpreter's lock, and the performer with it. It
        # takes 70 ms on a PC and well under a second on a Pi, too short to starve the system.
        request_realtime(SLOW_PRIORITY)
        try:
            self._found = self._load(), ""
        except Exception as error:  # a network from elsewhere may raise anything
            prefix = "" if isinstance(error, DrumatlasError) else f"atlas: {type(error).__name__}: "
            self._found = None, f"{prefix}{error}; the atlas before plays on"

    def _load(self) -> "Explorer | None":
        """Return an explorer of the configured atlas; None if that atlas is playing already."""
        from drumatlas.atlas.read import MAX_FILE, read_builtin
        from drumatlas.atlas.trial import parse_foreign
        from drumatlas.explore.explorer import Explorer
        from drumatlas.files import read_bytes
        from drumatlas.service.atlas import wanted_atlas

        before = self._engine.explorer
        path = wanted_atlas(self._named, self._folder)
        if path is None:
            atlas = read_builtin()
        else:
            data = read_bytes(path, MAX_FILE)
            if sha256(data).hexdigest() == before.atlas.sha256:
                return None
            atlas = parse_foreign(data, str(path))
        if atlas.sha256 == before.atlas.sha256:
            return None
        return Explorer(atlas, self._engine.sequencer.settings.seed, before.map_mode)
