"""Swaps the atlas while the box plays: a thread reads the file, the next bar plays from it."""

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
    """Swaps the atlas once `ask` finds that another one should play: the `named` one, else the
    owner's in the state `folder`, else the built-in one. A file that can't be used is shown as a
    fault and changes nothing. `on_change` is called with a new atlas; `say` prints a line."""

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
        self._found: tuple[Explorer | None, str] | None = None  # made by the thread, and a fault
        self.on_change: Callable[[Atlas], None] = lambda _: None

    def ask(self) -> None:
        """Look at the next tick; while one is being read, after it."""
        self._is_asked = True

    def tick(self, _now_ns: int) -> None:
        """Begin to read what was asked for; play what was read."""
        if self._found is not None:
            (fresh, fault), self._found = self._found, None
            self._engine.set_faults("atlas", fault)
            if fresh:
                self._engine.change_atlas(fresh)
                self.on_change(fresh.atlas)
                self._say(f"atlas '{fresh.atlas.name}' plays")
        # In this order: a thread that ends between the two looks has left what it found, which must
        # play before the next one compares.
        is_reading = self._thread is not None and self._thread.is_alive()
        if self._is_asked and not is_reading and self._found is None:
            self._is_asked = False
            # A daemon: a slow disk must not hold up the end.
            self._thread = threading.Thread(target=self._read, name="atlas", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Nothing to end."""

    def _read(self) -> None:
        """In the thread: all that takes long."""
        # As the slow loop, though this computes: 70 ms on a PC, well under a second on a Pi, which
        # is too short to keep the system from its work. Without it, other programs would hold it up
        # while it holds the interpreter's lock, and the performer with it.
        request_realtime(SLOW_PRIORITY)
        try:
            self._found = self._made(), ""
        except Exception as error:  # a foreign network may raise whatever it likes
            what = "" if isinstance(error, DrumatlasError) else f"atlas: {type(error).__name__}: "
            self._found = None, f"{what}{error}; the one before plays on"

    def _made(self) -> "Explorer | None":
        """An explorer of the atlas that should play; None if it does already."""
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
