"""The wiring of the panel, parsed from the configuration and checked. Pure.

    mcp0:3     channel 3 of the MCP3008 at chip select 0 (mcp1: at chip select 1)
    ads0:2     channel 2 of the ADS1115 at I2C address 0x48 (ads1..ads3: 0x49..0x4b);
               and so on for every kind of converter in `chips`
    enc:5,6    a rotary encoder's contacts A and B, with one detent (click) per cycle
    enc:5,6:2  the same with two detents per cycle (:4 with four)
    pin:17     a button to ground, or a lamp

Pins are GPIO (BCM) numbers, as printed on most breakout boards.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from drumatlas.errors import ConfigError
from drumatlas.explore.controls import BUTTONS, CONTROLS, VALUES
from drumatlas.panel.chip_kind import BUSES, Bus
from drumatlas.panel.chips import CHIP_KINDS, channel_pattern, check_channel, examples
from drumatlas.panel.conditioning import Calibration, parse_calibration

FIRST_PIN, LAST_PIN = 2, 27  # on the 40-pin header; 0 and 1 belong to HATs
STICK = ("map_x", "map_y")  # controls of the joystick, which rests in the middle
LAMPS = ("beat", "lock", "filter")
DETENTS = (1, 2, 4)  # per cycle of an encoder: detents per turn / pulses per turn

# The wiring diagram of README.md in this folder.
DEFAULT_WIRES: dict[str, str] = {
    **{f"x{i + 1}": f"mcp0:{i}" for i in range(4)},
    "map_x": "mcp0:4",
    "map_y": "mcp0:5",
    "tempo": "mcp0:6",
    "density": "mcp0:7",
    "play": "pin:17",
    "tap": "pin:27",
    "shift": "pin:22",
    "next_genre": "pin:23",
}
DEFAULT_LAMPS = {"beat": "pin:5", "lock": "pin:6", "filter": "pin:13"}
# Control -> the control it becomes while shift is held.
DEFAULT_SECOND = {control.name: control.second for control in CONTROLS if control.second}


@dataclass(frozen=True, slots=True)
class Wire:
    """The connection of an input or lamp.

    `kind` is pin, enc or a key of CHIP_KINDS. `numbers` are the pins, or the chip and its channel.
    `detents`, one of DETENTS, is the number of an encoder's detents per cycle of its contacts.
    """

    kind: str
    numbers: tuple[int, ...]
    detents: int = 1

    @property
    def chip(self) -> str:
        """The converter's name, such as mcp0 or ads1."""
        return f"{self.kind}{self.numbers[0]}"

    @property
    def is_analog(self) -> bool:
        """Whether the wire goes to a converter."""
        return self.kind in CHIP_KINDS

    @property
    def place(self) -> str:
        """Where the converter is, as in "chip select 0 of the SPI bus"; "" if there is none."""
        return CHIP_KINDS[self.kind].place(self.numbers[0]) if self.is_analog else ""

    def is_on(self, bus: Bus) -> bool:
        """Return whether the wire goes to a converter on `bus`."""
        return self.is_analog and CHIP_KINDS[self.kind].bus is bus

    @property
    def claims(self) -> tuple[str, ...]:
        """The pins or the channel that no other wire may use."""
        if self.is_analog:
            return (f"channel {self.numbers[1]} of {self.chip}",)
        return tuple(f"pin {pin}" for pin in self.numbers)


_PINS = r"pin:(\d{1,2})|enc:(\d{1,2}),(\d{1,2})(?::(\d{1,2}))?"


def parse_wire(text: str) -> Wire:
    """Parse a wire such as "mcp0:3", "ads0:2", "enc:5,6", "enc:5,6:2" or "pin:17".

    Raise ConfigError if the text has another form, or if there is no such pin or channel.
    """
    words = re.fullmatch(f"{channel_pattern()}|{_PINS}", text.replace(" ", ""))
    if not words:
        forms = ", ".join((*examples(), "enc:5,6", "enc:5,6:2"))
        raise ConfigError(f"must be like {forms} or pin:17, or empty for none")
    kind = words[1]
    if kind:
        chip, channel = int(words[2]), int(words[3])
        check_channel(kind, chip, channel)
        return Wire(kind, (chip, channel))
    pins = (int(words[4]),) if words[4] else (int(words[5]), int(words[6]))
    if not all(FIRST_PIN <= pin <= LAST_PIN for pin in pins):
        raise ConfigError(f"GPIO pins are {FIRST_PIN}..{LAST_PIN}")
    if len(set(pins)) < len(pins):
        raise ConfigError("an encoder needs two different pins for A and B")
    detents = int(words[7] or 1)
    if detents not in DETENTS:
        choices = ", ".join(map(str, DETENTS))
        raise ConfigError(
            f"an encoder can't have {detents} detents per cycle (the last number)",
            f"choose from {choices}",
        )
    return Wire("pin" if words[4] else "enc", pins, detents)


def _check_kind(text: str, kinds: tuple[str, ...], what: str) -> None:
    if text and parse_wire(text).kind not in kinds:
        raise ConfigError(f"{what} must be wired to {' or '.join(kinds)}")


def check_value_wire(text: str) -> None:
    """Raise ConfigError unless `text` is a valid wire for a value control."""
    _check_kind(text, (*CHIP_KINDS, "enc"), "a value control")


def check_pin_wire(text: str) -> None:
    """Raise ConfigError unless `text` is a valid wire for a button or lamp."""
    _check_kind(text, ("pin",), "a button or lamp")


@dataclass(frozen=True, slots=True)
class Input:
    """A potentiometer or an axis of the joystick, with its control, wire and calibration."""

    control: str
    wire: Wire
    calibration: Calibration

    @property
    def count(self) -> float:
        """The smallest step of the converter, as a share of the supply."""
        return CHIP_KINDS[self.wire.kind].count


@dataclass(frozen=True, slots=True)
class Wiring:
    """The wiring and settings of the whole panel. `second` maps controls to those with shift."""

    inputs: tuple[Input, ...]
    encoders: tuple[tuple[str, Wire], ...]
    buttons: tuple[tuple[str, int], ...]  # (button, pin)
    shift: int | None
    lamps: tuple[tuple[str, int], ...]
    second: Mapping[str, str]
    takeover: str = "pickup"
    curve: float = 1.5
    encoder_steps: int = 64
    i2c_bus: int = 1

    @property
    def chips(self) -> tuple[str, ...]:
        """The names of the wired converters, without duplicates."""
        return tuple(dict.fromkeys(one.wire.chip for one in self.inputs))


def wiring_of(config: Mapping[str, object]) -> Wiring:
    """Return the wiring described by a checked configuration."""
    wires = dict(_wires(config, "gpio"))
    return Wiring(
        inputs=tuple(
            _input(name, wire, str(config[f"calibration.{name}"]))
            for name, wire in wires.items()
            if wire.is_analog
        ),
        encoders=tuple((name, wire) for name, wire in wires.items() if wire.kind == "enc"),
        buttons=tuple((name, wires[name].numbers[0]) for name in BUTTONS if name in wires),
        shift=wires["shift"].numbers[0] if "shift" in wires else None,
        lamps=tuple((name, wire.numbers[0]) for name, wire in _wires(config, "lamps")),
        second={name: str(config[f"shift.{name}"]) for name in (*VALUES, *BUTTONS)},
        takeover=str(config["panel.takeover"]),
        curve=float(str(config["panel.curve"])),
        encoder_steps=int(str(config["panel.encoder_steps"])),
        i2c_bus=int(str(config["panel.i2c_bus"])),
    )


def _input(name: str, wire: Wire, calibration: str) -> Input:
    return Input(name, wire, parse_calibration(calibration, CHIP_KINDS[wire.kind].count))


def _wires(config: Mapping[str, object], table: str) -> Iterator[tuple[str, Wire]]:
    names = LAMPS if table == "lamps" else (*VALUES, *BUTTONS, "shift")
    for name in names:
        text = str(config[f"{table}.{name}"])
        if text:
            yield name, parse_wire(text)


def find_clash(config: Mapping[str, object], last: Iterable[str] = ()) -> tuple[str, str] | None:
    """Return (key, message) if two wires claim the same pin, channel or bus address, else None.

    Of the two keys, return one in `last` if possible: those are the keys that the user wrote.
    """
    keys = [f"{t}.{name}" for t in ("gpio", "lamps") for name, _ in _wires(config, t)]
    written = set(last)
    wires = {key: parse_wire(str(config[key])) for key in sorted(keys, key=written.__contains__)}
    taken: dict[str, str] = {}
    for bus in BUSES:
        user = next((key for key, wire in wires.items() if wire.is_on(bus)), None)
        if user:
            taken |= {f"pin {pin}": f"the {bus.name} bus, which {user} needs" for pin in bus.pins}
    chips: dict[str, str] = {}  # place on a bus -> chip
    for key, wire in wires.items():
        for claim in wire.claims:
            if claim in taken:
                return key, f"{key} = {config[key]!r}: {claim} is taken by {taken[claim]}"
            taken[claim] = key
        if wire.is_analog and chips.setdefault(wire.place, wire.chip) != wire.chip:
            return key, f"{key} = {config[key]!r}: {wire.place} is taken by {chips[wire.place]}"
    return None
