"""The GPIO panel as `doctor` sees it: packages and rights, then every converter and input.

An input that hangs in the air plays by itself. It is found by its noise; on an MCP3008, and on any
converter whose channels share a sample capacitor, it is also found where it reads steadily, by the
charge that the channel before it left (see `panel.charge`), as far as two other channels stand far
enough apart. An ADS1115 leaves none: its input capacitors are emptied in each cycle of the
modulator, 250,000 times a second (data sheet SBAS444, "Analog Inputs"), and pull a pin that
nothing holds to the same voltage whatever was read before. There a steady input is taken for
connected.
"""

import time

from drumatlas.config.settings import Config
from drumatlas.doctor.finding import Finding
from drumatlas.errors import PanelError
from drumatlas.panel import charge
from drumatlas.panel.board import Board
from drumatlas.panel.calibrate import chip_doubt, doubt
from drumatlas.panel.converters import Chip
from drumatlas.panel.gpio import open_chips
from drumatlas.panel.gpio_board import is_pi, open_board
from drumatlas.panel.wiring import DEFAULT_WIRES, Wiring

_SAMPLES = 60  # of each input, 5 ms apart: mains hum has 15 periods of 20 ms in it
_PERIOD_S = 0.005
_BUS = "look at its bus wires and its supply"
_WIRES = 'see device/drumatlas/panel/README.md; set what is not there to "" in [gpio]'
_HANGS = "is probably not connected (it follows what is read before it): is its wiper's wire on?"


def examine_panel(config: Config) -> list[Finding]:
    """All findings; none on a machine that is no Pi and has no wiring of its own."""
    own = any(config.wires[name] != wire for name, wire in DEFAULT_WIRES.items())
    if not is_pi() and not own:
        return []
    wiring = config.wiring
    try:
        board = open_board(wiring)
    except PanelError as error:
        return [_refused("gpio", error)]
    try:
        return examine_board(wiring, board)
    finally:
        board.close()


def _refused(name: str, error: PanelError) -> Finding:
    return Finding(name, "warn", error.what, error.hint)


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
    names = {
        one.wire.numbers[1]: f"{one.control} ({chip.name}:{one.wire.numbers[1]})"
        for one in wiring.inputs
        if one.wire.chip == chip.name
    }
    rows = _rows(chip, list(names))
    if chip.fault:
        return Finding(chip.name, "warn", chip.fault, _BUS)
    absent = chip_doubt({names[channel]: row for channel, row in rows.items()})
    if absent:
        return Finding(chip.name, "warn", absent, _WIRES)
    doubts = {channel: doubt(row) for channel, row in rows.items() if doubt(row)}
    levels = {channel: row[-1] for channel, row in rows.items() if channel not in doubts}
    try:
        hanging, untested = _hanging(chip, levels)
    except OSError as error:
        return Finding(chip.name, "warn", f"fails at times: {error.strerror or error}", _BUS)
    doubts |= dict.fromkeys(hanging, _HANGS)
    if doubts:
        said = "; ".join(f"{names[channel]} {doubts[channel]}" for channel in sorted(doubts))
        return Finding(chip.name, "warn", said, _WIRES)
    now = ", ".join(f"{names[channel]} {level:.2f}" for channel, level in levels.items())
    return Finding(chip.name, "ok", now, _to_test([names[channel] for channel in untested]))


def _rows(chip: Chip, channels: list[int]) -> dict[int, list[float]]:
    """Readings at rest, by channel; `chip.fault` says why they end early."""
    rows: dict[int, list[float]] = {channel: [] for channel in channels}
    for _ in range(_SAMPLES):
        for channel, reading in chip.read(time.monotonic_ns()).items():
            rows[channel].append(reading)
        if chip.fault:
            break
        time.sleep(_PERIOD_S)
    return rows


def _hanging(chip: Chip, levels: dict[int, float]) -> tuple[list[int], list[int]]:
    """(channels that hang in the air, those that can't be tested now) of these steady ones."""
    hanging: list[int] = []
    untested: list[int] = []
    if not chip.kind.shares_sample_capacitor:
        return hanging, untested
    for channel in levels:
        pair = charge.extremes(levels, channel)
        if pair is None:
            untested.append(channel)
        elif charge.follows(chip.converter.read, channel, *pair):
            hanging.append(channel)
    return hanging, untested


def _to_test(names: list[str]) -> str:
    """What must be done to have these inputs tested for loose wires."""
    if not names:
        return ""
    turn = "turn one other knob all the way up and one all the way down"
    return f"{', '.join(names)} not tested for a loose wire: {turn}, and ask again"
