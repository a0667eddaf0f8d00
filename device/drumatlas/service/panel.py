"""The GPIO panel as `doctor` sees it: packages and rights, then every converter and input."""

import time

from drumatlas.config.keys import Config
from drumatlas.errors import PanelError
from drumatlas.panel.board import Board
from drumatlas.panel.calibrate import chip_doubt, doubt
from drumatlas.panel.converters import Chip
from drumatlas.panel.gpio import open_chips
from drumatlas.panel.gpio_board import is_pi, open_board
from drumatlas.panel.wiring import DEFAULT_WIRES, Wiring, wiring_of
from drumatlas.service.finding import Finding

_SAMPLES = 60  # of each input, 5 ms apart: mains hum has 15 periods of 20 ms in it
_PERIOD_S = 0.005


def examine_panel(config: Config) -> list[Finding]:
    """All findings; none on a machine that is no Pi and has no wiring of its own."""
    own = any(config[f"gpio.{name}"] != wire for name, wire in DEFAULT_WIRES.items())
    if not is_pi() and not own:
        return []
    wiring = wiring_of(config)
    try:
        board = open_board(wiring)
    except PanelError as error:
        return [_refused("gpio", error)]
    try:
        return examine_board(wiring, board)
    finally:
        board.close()


def _refused(name: str, error: PanelError) -> Finding:
    detail, _, advice = str(error).partition("; ")
    return Finding(name, "warn", detail, advice)


def examine_board(wiring: Wiring, board: Board) -> list[Finding]:
    """Pins, then converters and their inputs."""
    return [_pins(wiring, board), *_converters(wiring, board)]


def _pins(wiring: Wiring, board: Board) -> Finding:
    """Whether the pins can be had, and that no button is held down by its wire."""
    buttons = [*wiring.buttons, *([("shift", wiring.shift)] if wiring.shift is not None else [])]
    try:
        contacts = {f"{name} (pin {pin})": board.contact(pin) for name, pin in buttons}
        for _, wire in wiring.encoders:
            board.encoder(*wire.numbers)
        for _, pin in wiring.lamps:
            board.lamp(pin)
    except PanelError as error:
        return _refused("pins", error)
    down = [name for name, contact in contacts.items() if contact.is_down]
    if down:
        advice = "let go, or look for a wire to ground"
        return Finding("pins", "warn", f"pressed all the time: {', '.join(down)}", advice)
    return Finding("pins", "ok", f"{len(buttons)} buttons, {len(wiring.lamps)} lamps")


def _converters(wiring: Wiring, board: Board) -> list[Finding]:
    try:
        chips = open_chips(wiring, board)
    except PanelError as error:
        return [_refused("converters", error)]
    return [_converter(wiring, chip) for chip in chips]


def _converter(wiring: Wiring, chip: Chip) -> Finding:
    """One converter: does it answer, and does an input look unconnected?"""
    controls = {
        one.wire.numbers[1]: f"{one.control} ({chip.name}:{one.wire.numbers[1]})"
        for one in wiring.inputs
        if one.wire.chip == chip.name
    }
    rows: dict[str, list[float]] = {name: [] for name in controls.values()}
    for _ in range(_SAMPLES):
        for channel, reading in chip.read(time.monotonic_ns()).items():
            rows[controls[channel]].append(reading)
        if chip.fault:
            return Finding(chip.name, "warn", chip.fault, "look at its bus wires and its supply")
        time.sleep(_PERIOD_S)
    doubts = [f"{name} {doubt(row)}" for name, row in rows.items() if doubt(row)]
    absent = chip_doubt(rows)
    if absent or doubts:
        advice = 'see the README\'s wiring; what is not there is set to "" in [gpio]'
        return Finding(chip.name, "warn", absent or "; ".join(doubts), advice)
    now = ", ".join(f"{name} {row[-1]:.2f}" for name, row in rows.items())
    return Finding(chip.name, "ok", now)
