"""Check the GPIO panel: packages and permissions, then every converter and input.

A floating input (one with no wire) moves its control by itself. Two signs give it away:

- It is noisy.
- Its reading follows the channel that was read before it, by the charge left in the sample
  capacitor (see `panel.floating_input`). This works on an MCP3008 and on any converter whose
  channels share such a capacitor, and it needs two other channels whose readings are far enough
  apart.

An ADS1115 shows only the first sign. Its input capacitors are discharged in each cycle of the
modulator, 250,000 times a second (data sheet SBAS444, "Analog Inputs"). They pull a floating pin to
the same voltage whatever was read before. So a steady input of an ADS1115 counts as connected.
"""

import time

from drumatlas.config.keys import Config
from drumatlas.doctor.finding import Finding
from drumatlas.errors import PanelError
from drumatlas.panel import floating_input
from drumatlas.panel.board import Board
from drumatlas.panel.calibrate import find_chip_fault, find_fault
from drumatlas.panel.converters import Chip
from drumatlas.panel.gpio import open_chips
from drumatlas.panel.gpio_board import is_pi, open_board
from drumatlas.panel.wiring import DEFAULT_WIRES, Wiring, wiring_of

_SAMPLES = 60  # of each input, 5 ms apart: 15 periods of mains hum at 20 ms
_PERIOD_S = 0.005
_BUS_ADVICE = "check its bus wires and its supply"
_WIRE_ADVICE = 'see device/drumatlas/panel/README.md; set inputs you don\'t have to "" in [gpio]'
_FLOATS = (
    "is probably not connected (it follows the channel read before it): check the wire of its wiper"
)


def examine_panel(config: Config) -> list[Finding]:
    """Return all findings; none if this is not a Pi and the configuration changes no wiring."""
    is_wired = any(config[f"gpio.{name}"] != wire for name, wire in DEFAULT_WIRES.items())
    if not is_pi() and not is_wired:
        return []
    wiring = wiring_of(config)
    try:
        board = open_board(wiring)
    except PanelError as error:
        return [_warning("gpio", error)]
    try:
        return examine_board(wiring, board)
    finally:
        board.close()


def _warning(name: str, error: PanelError) -> Finding:
    return Finding(name, "warn", error.what, error.hint)


def examine_board(wiring: Wiring, board: Board) -> list[Finding]:
    """Check the pins, then the converters and their inputs."""
    return [_pins(wiring, board), *_converters(wiring, board)]


def _pins(wiring: Wiring, board: Board) -> Finding:
    """Check that the pins can be opened and that no button is stuck down."""
    buttons = [*wiring.buttons, *([("shift", wiring.shift)] if wiring.shift is not None else [])]
    try:
        contacts = {f"{name} (pin {pin})": board.contact(pin) for name, pin in buttons}
        for _, wire in wiring.encoders:
            board.encoder(*wire.numbers)
        for _, pin in wiring.lamps:
            board.lamp(pin)
    except PanelError as error:
        return _warning("pins", error)
    down = [name for name, contact in contacts.items() if contact.is_down]
    if down:
        advice = "release them, or look for a short to ground"
        return Finding("pins", "warn", f"held down: {', '.join(down)}", advice)
    return Finding("pins", "ok", f"{len(buttons)} buttons, {len(wiring.lamps)} lamps")


def _converters(wiring: Wiring, board: Board) -> list[Finding]:
    try:
        chips = open_chips(wiring, board)
    except PanelError as error:
        return [_warning("converters", error)]
    return [_converter(wiring, chip) for chip in chips]


def _converter(wiring: Wiring, chip: Chip) -> Finding:
    """Check whether the converter answers and whether an input looks unconnected."""
    names = {
        one.wire.numbers[1]: f"{one.control} ({chip.name}:{one.wire.numbers[1]})"
        for one in wiring.inputs
        if one.wire.chip == chip.name
    }
    rows = _rows(chip, list(names))
    if chip.fault:
        return Finding(chip.name, "warn", chip.fault, _BUS_ADVICE)
    absent = find_chip_fault({names[channel]: row for channel, row in rows.items()})
    if absent:
        return Finding(chip.name, "warn", absent, _WIRE_ADVICE)
    doubts = {channel: find_fault(row) for channel, row in rows.items() if find_fault(row)}
    levels = {channel: row[-1] for channel, row in rows.items() if channel not in doubts}
    try:
        floating, untested = _floating(chip, levels)
    except OSError as error:
        detail = f"fails at times: {error.strerror or error}"
        return Finding(chip.name, "warn", detail, _BUS_ADVICE)
    doubts |= dict.fromkeys(floating, _FLOATS)
    if doubts:
        detail = "; ".join(f"{names[channel]} {doubts[channel]}" for channel in sorted(doubts))
        return Finding(chip.name, "warn", detail, _WIRE_ADVICE)
    now = ", ".join(f"{names[channel]} {level:.2f}" for channel, level in levels.items())
    return Finding(chip.name, "ok", now, _test_advice([names[channel] for channel in untested]))


def _rows(chip: Chip, channels: list[int]) -> dict[int, list[float]]:
    """Read the channels at rest, _SAMPLES times each; `chip.fault` says why they end early."""
    rows: dict[int, list[float]] = {channel: [] for channel in channels}
    for _ in range(_SAMPLES):
        for channel, reading in chip.read(time.monotonic_ns()).items():
            rows[channel].append(reading)
        if chip.fault:
            break
        time.sleep(_PERIOD_S)
    return rows


def _floating(chip: Chip, levels: dict[int, float]) -> tuple[list[int], list[int]]:
    """Sort out the steady channels: return (floating ones, ones that can't be tested now)."""
    floating: list[int] = []
    untested: list[int] = []
    if not chip.kind.shares_sample_capacitor:
        return floating, untested
    for channel in levels:
        pair = floating_input.reference_channels(levels, channel)
        if pair is None:
            untested.append(channel)
        elif floating_input.follows(chip.converter.read, channel, *pair):
            floating.append(channel)
    return floating, untested


def _test_advice(names: list[str]) -> str:
    """Say how to have these inputs tested for loose wires; "" if there are none."""
    if not names:
        return ""
    turn = "turn one other knob all the way up and another all the way down"
    return f"{', '.join(names)} not tested for a loose wire: {turn}, and run doctor again"
