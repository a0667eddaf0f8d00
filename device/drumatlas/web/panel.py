"""The page as a panel: orders arrive from the server's thread, changes go to the engine."""

from collections import deque
from collections.abc import Callable

from drumatlas.engine import Engine
from drumatlas.explore.controls import Change, Press, Turn
from drumatlas.web.messages import Go, Land, Mute, Order, Recall

WAITING = 512  # orders between two polls; in a flood the oldest are dropped


class WebPanel:
    """The panel of all pages. `put` is for the server's thread, everything else for the slow
    loop."""

    name = "web"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: deque[Order] = deque(maxlen=WAITING)
        self._last_beat: Land | None = None
        self._held: Order | None = None
        self._turns: dict[str, float] = {}  # since the last press
        self._changes: list[Change] = []
        self._went: tuple[int, tuple[float, ...]] | None = None  # a point and its knobs

    def put(self, order: Order) -> None:
        """Queue one checked order. Never blocks."""
        if isinstance(order, Land):
            self._last_beat = order
        self._waiting.append(order)

    def point_at(self, knobs: tuple[float, ...]) -> int | None:
        """Return the index of the map point last visited, if the knobs [4] are still those of its
        place; else None."""
        return self._went[0] if self._went and self._went[1] == knobs else None

    def poll(self, _now_ns: int) -> list[Change]:
        """Return the changes since the last call; for a control that moved often, only its last
        value. Of several beats to land on, only the last counts: each costs a search.

        Other orders are carried out here, after the changes that were given before them.
        """
        self._changes = []
        while self._held or self._waiting:
            order = self._held or self._waiting.popleft()
            self._held = None
            if isinstance(order, Turn):
                self._turns[order.control] = order.value
                continue
            self._flush()  # earlier turns come first
            if isinstance(order, Press):
                self._changes.append(order)
            elif self._changes:
                self._held = order
                break
            else:
                self._take(order)
        self._flush()
        return self._changes

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _flush(self) -> None:
        self._changes += [Turn(name, value) for name, value in self._turns.items()]
        self._turns.clear()

    def _take(self, order: Go | Land | Mute | Recall) -> None:
        """Carry out one order. If its place can't be decoded, show the fault; the page's controls
        keep working."""
        if isinstance(order, Go):
            self._jump(lambda: self._go(order.index))
        elif isinstance(order, Land):
            if order is self._last_beat:
                self._jump(lambda: self._engine.land(order.code, is_edit=order.is_edit))
        elif isinstance(order, Recall):
            self._jump(lambda: self._engine.visit(order.place))
        else:
            self._engine.sequencer.mute(order.bit, order.is_on)

    def _jump(self, step: Callable[[], None]) -> None:
        self._engine.attempt("web", step, "page")

    def _go(self, index: int) -> None:
        explorer = self._engine.explorer
        explorer.go(explorer.atlas.points.z[index])
        self._went = index, tuple(explorer.knobs.tolist())
