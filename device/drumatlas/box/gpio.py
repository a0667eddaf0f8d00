"""Open the GPIO panel for `play` and connect it to the engine."""

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from drumatlas.errors import ControlError, DrumatlasError, PanelError

if TYPE_CHECKING:
    from drumatlas.config.settings import Config
    from drumatlas.daemon import Listener
    from drumatlas.engine import Engine
    from drumatlas.panel.gpio import GpioPanel
    from drumatlas.panel.wiring import Wiring


FAKE = "gpio:fake"  # and FAKE:F, with a file of moves


def check_words(wanted: Sequence[str]) -> None:
    """Raise ControlError if the words of `--panel` ask for two boards, or for moves without the
    name of their file."""
    ours = set(filter(is_gpio, wanted))
    if len(ours) > 1:
        raise ControlError(f"--panel: choose one of {', '.join(sorted(ours))}")
    if f"{FAKE}:" in ours:
        raise ControlError(f"--panel {FAKE}: needs a file name: {FAKE}:F, or just {FAKE}")


def is_gpio(word: str) -> bool:
    """Return whether a word of `--panel` asks for the GPIO panel, on real pins or a fake board."""
    return word in {"gpio", FAKE} or word.startswith(f"{FAKE}:")


def open_gpio(wiring: "Wiring", waits: frozenset[str] = frozenset()) -> "GpioPanel":
    """Open the panel with this wiring; PanelError says what is missing."""
    from drumatlas.panel.gpio import GpioPanel
    from drumatlas.panel.gpio_board import open_board
    from drumatlas.realtime import SLOW_PRIORITY, request_realtime

    board = open_board(wiring, lambda: request_realtime(SLOW_PRIORITY))
    try:
        return GpioPanel(wiring, board, waits)
    except BaseException:
        board.close()
        raise


def _open(
    wanted: Sequence[str], wiring: "Wiring", waits: frozenset[str], start_ns: int
) -> "GpioPanel":
    """Open the panel on the pins, or on a board without hardware that the file in gpio:fake:F
    moves from `start_ns` on; ControlError or FileError names that file and the line."""
    fake = _fake(wanted)
    if not fake:
        return open_gpio(wiring, waits)
    from drumatlas.panel.fake_gpio import FakeGpioPanel, read_moves

    file = fake[len(FAKE) + 1 :]
    moves = read_moves(Path(file), wiring) if file else []
    return FakeGpioPanel(wiring, moves, start_ns, waits)


def find_gpio(
    wanted: Sequence[str],
    config: "Config",
    engine: "Engine",
    waits: Iterable[str] = (),
    start_ns: int = 0,
) -> "tuple[GpioPanel | None, list[str]]":
    """Return (the GPIO panel or None, messages for the user).

    The panel is opened if `--panel` asks for it, or if it is `auto` and this is a Pi. With `auto`,
    a panel that can't be opened is reported and left out; otherwise it raises PanelError. A knob
    in `waits` must first be turned to its control's value before it moves the control. If the box
    was restored, this holds for every knob.
    """
    from drumatlas.explore.controls import BY_NAME, DEFAULTS

    if not _is_wanted(wanted):
        return None, []
    values = engine.values
    # The configuration does not set these at the start, so only a restored state changes them.
    unset = [name for name in DEFAULTS if not BY_NAME[name].start]
    is_restored = any(values[name] != DEFAULTS[name] for name in unset)
    lines = [f"{FAKE}: {_inputs(config.wires)}"] if _fake(wanted) else []
    waiting = frozenset(DEFAULTS if is_restored else waits)
    try:
        return _open(wanted, config.wiring, waiting, start_ns), lines
    except PanelError as error:
        if "gpio" in wanted:
            raise error.within("--panel gpio") from None
        return None, [f"no knobs: {error}"]


def _is_wanted(wanted: Sequence[str]) -> bool:
    from drumatlas.panel.gpio_board import is_pi

    return any(map(is_gpio, wanted)) or ("auto" in wanted and is_pi())


def _fake(wanted: Sequence[str]) -> str:
    """Return the word of `--panel` that asks for a board without hardware; "" if none does."""
    return next((word for word in wanted if is_gpio(word) and word != "gpio"), "")


def _inputs(wires: Mapping[str, str]) -> str:
    """List the inputs that are wired: `x1 mcp0:0, play pin:17`."""
    return ", ".join(f"{name} {wire}" for name, wire in wires.items() if wire) or "nothing is wired"


def connect(panel: "GpioPanel", engine: "Engine", listener: "Listener | None") -> None:
    """Add the panel to the engine's panels.

    The panel can then read the controls' values and the states of its lamps, and its faults are
    shown among the engine's.
    """
    panel.values = lambda: engine.values
    panel.lamp_states = lambda now_ns: lamps(engine, listener, now_ns)
    panel.on_faults = lambda faults: engine.set_faults("gpio", *faults)
    engine.add_panel(panel)


class Knobs:
    """The GPIO panel of a box, if it has one; `rewire` reopens it with another wiring."""

    def __init__(
        self, wanted: Sequence[str], config: "Config", engine: "Engine", waits: Iterable[str] = ()
    ) -> None:
        self._wanted, self._engine = wanted, engine
        self._start_ns = time.monotonic_ns()  # when the moves of a fake board start
        self._panel, self.lines = find_gpio(wanted, config, engine, waits, self._start_ns)
        self._last_good = config.wiring if self._panel else None  # with which the panel opened
        self._listener: Listener | None = None

    def connect(self, listener: "Listener | None") -> None:
        """Let the panel move the engine's controls."""
        self._listener = listener
        if self._panel:
            connect(self._panel, self._engine, listener)

    def rewire(self, wiring: "Wiring") -> None:
        """Reopen the panel with another wiring.

        If that fails, go back to the wiring before and show a fault. A control keeps its value
        until its knob is turned to it.
        """
        is_connected = self._panel in self._engine.panels
        fault = ""
        if _is_wanted(self._wanted) and not (is_connected and wiring == self._last_good):
            self._remove()  # first, since a pin can be opened only once
            try:
                self._reopen(wiring)
            except DrumatlasError as error:
                fault = f"wiring: {error}; {self._go_back()}"
            else:
                self._last_good = wiring
        self._engine.set_faults("wiring", fault)

    def _go_back(self) -> str:
        """Reopen the panel with the old wiring, if there was one; return the result in words."""
        if self._last_good is None:
            return "playing without knobs"
        try:
            self._reopen(self._last_good)
        except DrumatlasError as error:
            return f"playing without knobs, since the old wiring failed too: {error}"
        return "the old wiring stays in use"

    def _reopen(self, wiring: "Wiring") -> None:
        from drumatlas.explore.controls import DEFAULTS

        self._panel = _open(self._wanted, wiring, frozenset(DEFAULTS), self._start_ns)
        self.connect(self._listener)

    def _remove(self) -> None:
        if self._panel:
            self._engine.remove_panel(self._panel)
        self.close()
        self._engine.set_faults("gpio")

    def close(self) -> None:
        """Switch the lamps off and release the hardware."""
        if self._panel:
            self._panel.close()
        self._panel = None


def lamps(engine: "Engine", listener: "Listener | None", now_ns: int) -> dict[str, bool]:
    """Return whether each lamp is lit.

    `beat` lights on each beat while playing, `lock` while the box follows an external clock, and
    `filter` if the filter chose another place than the knobs.
    """
    from drumatlas.beat.codes import STEPS_PER_BEAT

    sequencer = engine.sequencer
    is_beat = sequencer.is_playing and sequencer.position_at(now_ns) % STEPS_PER_BEAT == 0
    return {
        "beat": is_beat,
        "lock": listener is not None and listener.is_locked,
        "filter": engine.explorer.place.moved > 0,
    }
