"""Saves a running engine's state: the slow loop hands it over, a thread writes it."""

import threading
from collections.abc import Callable, Mapping

from drumatlas.engine import Engine
from drumatlas.realtime import SLOW_PRIORITY, request_realtime
from drumatlas.service.state import Kept, StateStore

EVERY_NS = 1_000_000_000  # at most so often...
WANDERING_NS = 60_000_000_000  # ...and while the place moves by itself, to spare the SD card


def kept_from(engine: Engine, learned: Mapping[int, str]) -> Kept:
    """All of `engine` that outlives the power."""
    explorer = engine.explorer
    return Kept(explorer.snapshot(), engine.bpm, dict(explorer.snapshots), dict(learned))


def restore(engine: Engine, kept: Kept) -> None:
    """Make `engine` as it was left; the controls that were learnt are the panel's."""
    engine.explorer.snapshots.update(kept.snapshots)
    engine.restore(kept.place)
    engine.set_bpm(kept.bpm)


class _Writer:
    """A thread that saves the newest state it was handed. `fault` is why the last one could
    not be written, or ''."""

    def __init__(self, store: StateStore) -> None:
        self.fault = ""
        self._store = store
        self._waiting: Kept | None = None
        self._is_over = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="state", daemon=True)
        self._thread.start()

    def offer(self, kept: Kept) -> None:
        with self._news:
            self._waiting = kept
            self._news.notify()

    def close(self) -> None:
        """Wait (5 s at most) until the last one is written."""
        with self._news:
            self._is_over = True
            self._news.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        request_realtime(SLOW_PRIORITY)
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._is_over)
                kept, self._waiting = self._waiting, None
            if kept is None:
                return
            try:
                self._store.save(kept)
                self.fault = ""
            except OSError as error:  # also what a failing card gives between two steps
                self.fault = f"state: {error}"
            except Exception as error:  # no memory, say: the next one may be written all the same
                self.fault = f"state: not written: {type(error).__name__} {error}".rstrip()


class StateSaver:
    """Saves what changed, at most once a second and when it is closed. A state that can't be
    written is shown in the engine's faults for as long as that is so."""

    def __init__(
        self,
        engine: Engine,
        store: StateStore,
        learned: Callable[[], Mapping[int, str]] = dict,
    ) -> None:
        self._engine = engine
        self._learned = learned
        self._writer = _Writer(store)
        self._written = None if store.is_damaged else kept_from(engine, learned())
        self._looked_ns = 0

    def tick(self, now_ns: int) -> None:
        """From the slow loop: hand over what changed, if it is time."""
        every_ns = WANDERING_NS if self._engine.explorer.is_wandering else EVERY_NS
        if now_ns - self._looked_ns >= every_ns:
            self._looked_ns = now_ns
            self._look()

    def _look(self) -> None:
        kept = kept_from(self._engine, self._learned())
        if kept != self._written or self._writer.fault:
            self._written = kept
            self._writer.offer(kept)
        self._engine.set_faults("state", self._writer.fault)

    def close(self) -> None:
        """Write the last state."""
        self._look()
        self._writer.close()
