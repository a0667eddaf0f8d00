"""The wiring that a configuration describes, and wires that exclude each other."""

from collections.abc import Iterable

from drumatlas.config.values import Values, get
from drumatlas.explore.controls import BUTTONS, VALUES
from drumatlas.panel.chip_kind import BUSES
from drumatlas.panel.chips import CHIP_KINDS
from drumatlas.panel.conditioning import parse_calibration
from drumatlas.panel.wiring import LAMPS, Input, Wire, Wiring, parse_wire

_NAMES = {"gpio": (*VALUES, *BUTTONS, "shift"), "lamps": LAMPS}  # by table


def wires_of(values: Values) -> dict[str, str]:
    """Return the wire of each control and of shift in words; "" where none is connected."""
    return {name: get(values, f"gpio.{name}", str) for name in _NAMES["gpio"]}


def wiring_of(values: Values) -> Wiring:
    """Return the wiring described by a checked configuration."""
    wires = _connected(values, "gpio")
    return Wiring(
        inputs=tuple(
            _input(name, wire, get(values, f"calibration.{name}", str))
            for name, wire in wires.items()
            if wire.is_analog
        ),
        encoders=tuple((name, wire) for name, wire in wires.items() if wire.kind == "enc"),
        buttons=tuple((name, wires[name].numbers[0]) for name in BUTTONS if name in wires),
        shift=wires["shift"].numbers[0] if "shift" in wires else None,
        lamps=tuple((name, wire.numbers[0]) for name, wire in _connected(values, "lamps").items()),
        second={name: get(values, f"shift.{name}", str) for name in (*VALUES, *BUTTONS)},
        takeover=get(values, "panel.takeover", str),
        curve=get(values, "panel.curve", float),
        encoder_steps=get(values, "panel.encoder_steps", int),
        i2c_bus=get(values, "panel.i2c_bus", int),
    )


def _input(name: str, wire: Wire, calibration: str) -> Input:
    return Input(name, wire, parse_calibration(calibration, CHIP_KINDS[wire.kind].count))


def _connected(values: Values, table: str) -> dict[str, Wire]:
    """Return the wires of a table by name, without those that are not connected."""
    texts = {name: get(values, f"{table}.{name}", str) for name in _NAMES[table]}
    return {name: parse_wire(text) for name, text in texts.items() if text}


def find_clash(values: Values, last: Iterable[str] = ()) -> tuple[str, str] | None:
    """Return (key, message) if two wires claim the same pin, channel or bus address, else None.

    Of the two keys, return one in `last` if possible: those are the keys that the user wrote.
    """
    written = set(last)
    found = {f"{t}.{name}": wire for t in _NAMES for name, wire in _connected(values, t).items()}
    wires = {key: found[key] for key in sorted(found, key=written.__contains__)}
    taken: dict[str, str] = {}
    for bus in BUSES:
        user = next((key for key, wire in wires.items() if wire.is_on(bus)), None)
        if user:
            taken |= {f"pin {pin}": f"the {bus.name} bus, which {user} needs" for pin in bus.pins}
    chips: dict[str, str] = {}  # place on a bus -> chip
    for key, wire in wires.items():
        for claim in wire.claims:
            if claim in taken:
                return key, f"{key} = {values[key]!r}: {claim} is taken by {taken[claim]}"
            taken[claim] = key
        if wire.is_analog and chips.setdefault(wire.place, wire.chip) != wire.chip:
            return key, f"{key} = {values[key]!r}: {wire.place} is taken by {chips[wire.place]}"
    return None
