"""Putting the GPIO panel together with the engine, for `play`."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from drumatlas.errors import PanelError

if TYPE_CHECKING:
    from drumatlas.config.keys import Config
    from drumatlas.daemon import Listener
    from drumatlas.engine import Engine
    from drumatlas.panel.gpio import GpioPanel

_PLACE = ("x1", "x2", "x3", "x4", "density", "chaos", "morph")  # elsewhere only if restored


def open_gpio(config: "Config", waits: frozenset[str] = frozenset()) -> "GpioPanel":
    """The panel that the configuration describes; PanelError says what is missing for it."""
    from drumatlas.panel.gpio import GpioPanel
    from drumatlas.panel.gpio_board import open_board
    from drumatlas.panel.wiring import wiring_of

    wiring = wiring_of(config)
    board = open_board(wiring)
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
    from drumatlas.explore.controls import DEFAULTS
    from drumatlas.panel.gpio_board import is_pi

    is_asked = "gpio" in wanted
    if not is_asked and not ("auto" in wanted and is_pi()):
        return None, []
    is_restored = any(engine.explorer.values[name] != DEFAULTS[name] for name in _PLACE)
    try:
        return open_gpio(config, frozenset(DEFAULTS if is_restored else waits)), []
    except PanelError as error:
        if is_asked:
            raise PanelError(f"--panel gpio: {error}") from None
        return None, [f"no knobs: {error}"]


def connect(panel: "GpioPanel", engine: "Engine", listener: "Listener | None") -> None:
    """Make it one of the engine's panels: it learns where controls stand and what lamps show,
    and its faults are among the engine's."""
    panel.values = lambda: engine.explorer.values
    panel.shows = lambda now_ns: lamps(engine, listener, now_ns)
    panel.tells = lambda faults: engine.tell("gpio", *faults)
    engine.panels = [*engine.panels, panel]


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
