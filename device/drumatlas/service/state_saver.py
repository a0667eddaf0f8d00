"""Save a running engine's state: the slow loop collects it, and a thread writes it."""

import threading
from collections.abc import Callable, Mapping

from drumatlas.engine import Engine
from drumatlas.realtime import SLOW_PRIORITY, request_realtime
from drumatlas.service.state import SavedState, StateStore

EVERY_NS = 1_000_000_000  # shortest time between two saves...
WANDERING_NS = 60_000_000_000  # ...and while the place moves by itself, to spare the SD card


def saved_state(engine: Engine, learned: Mapping[int, str]) -> SavedState:
    """Return the state of `engine` and the `learned` controllers, ready to be saved."""
    explorer = engine.explorer
    return SavedState(
        explorer.snapshot(), engine.values.bpm, dict(explorer.snapshots), dict(learned)
    )


def restore(engine: Engine, state: SavedState) -> None:
    """Set `engine` to `state`. The caller gives the learned controllers to the MIDI panel."""
    engine.explorer.snapshots.update(state.snapshots)
    engine.restore(state.place)
    engine.set_bpm(state.bpm)


class _Writer:
    """A thread that saves the newest state it was given.

    `fault` says why the last one could not be written; it is '' after a success.
    """

    def __init__(self, store: StateStore) -> None:
        self.fault = ""
        self._store = store
        self._waiting: SavedState | None = None
        self._is_over = False
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="state", daemon=True)
        self._thread.start()

    def offer(self, state: SavedState) -> None:
        with self._news:
            self._waiting = state
            self._news.notify()

    def close(self) -> None:
        """Wait, 5 s at most, until the last state is written."""
        with self._news:
            self._is_over = True
            self._news.notify()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        request_realtime(SLOW_PRIORITY)
        while True:
            with self._news:
                self._news.wait_for(lambda: self._waiting or self._is_over)
                state, self._waiting = self._waiting, None
            if state is None:
                return
            try:
                self._store.save(state)
                self.fault = ""
            except OSError as error:  # includes FileError, and errors of a failing card
                self.fault = f"state: {error}"
            except Exception as error:  # such as MemoryError; the next save may succeed
                self.fault = f"state: not written: {type(error).__name__} {error}".rstrip()


class StateSaver:
    """A part of the slow loop that saves the state if it changed, at most once a second, and when
    it is closed. While the state can't be written, the engine shows a fault."""

    def __init__(
        self,
        engine: Engine,
        store: StateStore,
        learned: Callable[[], Mapping[int, str]] = dict,
    ) -> None:
        self._engine = engine
        self._learned = learned
        self._writer = _Writer(store)
        self._written = None if store.is_damaged else saved_state(engine, learned())
        self._checked_ns = 0

    def tick(self, now_ns: int) -> None:
        """Give the state to the writer if it changed and enough time has passed."""
        every_ns = WANDERING_NS if self._engine.explorer.is_wandering else EVERY_NS
        if now_ns - self._checked_ns >= every_ns:
            self._checked_ns = now_ns
            self._check()

    def _check(self) -> None:
        state = saved_state(self._engine, self._learned())
        if state != self._written or self._writer.fault:
            self._written = state
            self._writer.offer(state)
        self._engine.set_faults("state", self._writer.fault)

    def close(self) -> None:
        """Write the last state."""
        self._check()
        self._writer.close()
