"""Putting the GPIO panel together with the engine, for `play`."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from drumatlas.errors import PanelError

if TYPE_CHECKING:
    from drumatlas.config.keys import Config
    from drumatlas.daemon import Listener
    from drumatlas.engine import Engine
    from drumatlas.panel.gpio import GpioPanel


def open_gpio(config: "Config", waits: frozenset[str] = frozenset()) -> "GpioPanel":
    """The panel that the configuration describes; PanelError says what is missing for it."""
    from drumatlas.panel.gpio import GpioPanel
    from drumatlas.panel.gpio_board import open_board
    from drumatlas.panel.wiring import wiring_of
    from drumatlas.realtime import SLOW_PRIORITY, request_realtime

    wiring = wiring_of(config)
    board = open_board(wiring, lambda: request_realtime(SLOW_PRIORITY))
    try:
        return GpioPanel(wiring, board, waits)
    except BaseException:
        board.close()
        raise


def find_gpio(
    wanted: Sequence[str], config: "Config", engine: "Engine", waits: Iterable[str] = ()
) -> "tuple[GpioPanel | None, list[str]]":
    """(the GPIO panel if `--panel` asks for it or `auto` finds a Pi, lines for the user).

    On a Pi whose panel can't be opened `auto` plays without. The knobs in `waits` must be
    turned to where their controls stand before they take hold; all must if the box was restored.
    """
    from drumatlas.explore.controls import BY_NAME, DEFAULTS

    if not _is_wanted(wanted):
        return None, []
    values = engine.explorer.values
    # The configuration does not set these at the start, so only a restored state moves them.
    unset = [name for name in DEFAULTS if not BY_NAME[name].start]
    is_restored = any(values[name] != DEFAULTS[name] for name in unset)
    try:
        return open_gpio(config, frozenset(DEFAULTS if is_restored else waits)), []
    except PanelError as error:
        if "gpio" in wanted:
            raise PanelError(f"--panel gpio: {error}") from None
        return None, [f"no knobs: {error}"]


def _is_wanted(wanted: Sequence[str]) -> bool:
    from drumatlas.panel.gpio_board import is_pi

    return "gpio" in wanted or ("auto" in wanted and is_pi())


def connect(panel: "GpioPanel", engine: "Engine", listener: "Listener | None") -> None:
    """Make it one of the engine's panels: it learns where controls stand and what lamps show,
    and its faults are among the engine's."""
    panel.values = lambda: engine.explorer.values
    panel.shows = lambda now_ns: lamps(engine, listener, now_ns)
    panel.tells = lambda faults: engine.tell("gpio", *faults)
    engine.panels = [*engine.panels, panel]


class Knobs:
    """The GPIO panel of a box, if it has one; `rewire` opens it anew under another wiring."""

    def __init__(
        self, wanted: Sequence[str], config: "Config", engine: "Engine", waits: Iterable[str] = ()
    ) -> None:
        self._wanted, self._engine = wanted, engine
        self._panel, self.lines = find_gpio(wanted, config, engine, waits)
        self._good = config if self._panel else None  # the last that the board could be read by
        self._listener: Listener | None = None

    def connect(self, listener: "Listener | None") -> None:
        """Begin to move the engine."""
        self._listener = listener
        if self._panel:
            connect(self._panel, self._engine, listener)

    def rewire(self, config: "Config") -> None:
        """Read the board as `config` says from now on. Where it can't be had so, the wiring before
        stays, and that is told. Controls stay where they are until their knobs come by."""
        from drumatlas.panel.wiring import wiring_of

        lives = self._panel in self._engine.panels
        is_same = self._good is not None and wiring_of(config) == wiring_of(self._good)
        fault = ""
        if _is_wanted(self._wanted) and not (lives and is_same):
            self._drop()  # first: a pin can be had only once
            try:
                self._take(config)
            except PanelError as error:
                fault = f"wiring: {error}; {self._go_back()}"
            else:
                self._good = config
        self._engine.tell("wiring", fault)

    def _go_back(self) -> str:
        """The panel as it was, if there was one; says what became of it."""
        if self._good is None:
            return "no knobs"
        try:
            self._take(self._good)
        except PanelError as error:
            return f"no knobs, for the wiring before can't be had again either: {error}"
        return "the wiring before stays in force"

    def _take(self, config: "Config") -> None:
        from drumatlas.explore.controls import DEFAULTS

        self._panel = open_gpio(config, frozenset(DEFAULTS))
        self.connect(self._listener)

    def _drop(self) -> None:
        panels = self._engine.panels
        self._engine.panels = [panel for panel in panels if panel is not self._panel]
        self.close()
        self._engine.tell("gpio")
        self._engine.tell("panel gpio")

    def close(self) -> None:
        """Lamps off, hardware free."""
        if self._panel:
            self._panel.close()
        self._panel = None


def lamps(engine: "Engine", listener: "Listener | None", now_ns: int) -> dict[str, bool]:
    """Beats while playing, locked to another's clock, the filter moved the place."""
    from drumatlas.beat.codes import STEPS_PER_BEAT

    sequencer = engine.sequencer
    is_beat = sequencer.is_playing and sequencer.position_at(now_ns) % STEPS_PER_BEAT == 0
    return {
        "beat": is_beat,
        "lock": listener is not None and listener.is_locked,
        "filter": engine.explorer.place.moved > 0,
    }
