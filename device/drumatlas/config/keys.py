"""The table of settings: each key with its default, its range and what it is for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drumatlas.beat.voices import VOICE_TABLE, Voice
from drumatlas.explore.controls import BUTTONS, MAP_MODES, VALUES
from drumatlas.oled.chips import check_chip
from drumatlas.panel.conditioning import parse_calibration
from drumatlas.panel.midi_map import DEFAULT_CC
from drumatlas.panel.takeover import MODES
from drumatlas.panel.wiring import (
    DEFAULT_LAMPS,
    DEFAULT_SECOND,
    DEFAULT_WIRES,
    LAMPS,
    check_pin_wire,
    check_value_wire,
)
from drumatlas.play.kits import KITS
from drumatlas.play.settings import MAX_OFFSET_MS, SWAPS, ClockSource
from drumatlas.web.address import DEFAULT as WEB_ADDRESS
from drumatlas.web.address import check_token, parse_address

Value = bool | int | float | str
Config = Mapping[str, Value]  # every key, by its dotted name


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its type is that of `default`; numbers lie in low..high, words in `choices`;
    `check` raises ConfigError for other strings."""

    name: str  # dotted: table.key
    default: Value
    help: str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    check: Callable[[str], object] | None = None


def table_of(voice: Voice) -> str:
    """The table of a voice: voices.low_conga."""
    return f"voices.{voice.name.replace(' ', '_')}"


def _voice_keys() -> tuple[Key, ...]:
    keys = []
    for voice in VOICE_TABLE:
        table = table_of(voice)
        keys += [
            Key(f"{table}.note", voice.note, "MIDI note", 0, 127),
            Key(f"{table}.channel", 10, "MIDI channel", 1, 16),
            Key(f"{table}.mute", False, "never plays"),
            Key(f"{table}.offset_ms", 0.0, "later than the grid", -MAX_OFFSET_MS, MAX_OFFSET_MS),
            Key(f"{table}.velocity_min", 1, "its softest", 1, 127),
            Key(f"{table}.velocity_max", 127, "its loudest", 1, 127),
            Key(f"{table}.gate", 0.0, "length in steps; 0 for play.gate", 0, 16),
        ]
    return tuple(keys)


def _panel_keys() -> tuple[Key, ...]:
    wires, seconds = [], []
    for names, check in ((VALUES, check_value_wire), ((*BUTTONS, "shift"), check_pin_wire)):
        for name in names:
            wires.append(Key(f"gpio.{name}", DEFAULT_WIRES.get(name, ""), "", check=check))
            if name != "shift":
                default = DEFAULT_SECOND.get(name, "")
                seconds.append(Key(f"shift.{name}", default, "", choices=("", *names)))
    lamps = [Key(f"lamps.{n}", DEFAULT_LAMPS[n], "", check=check_pin_wire) for n in LAMPS]
    measured = [Key(f"calibration.{n}", "", "", check=parse_calibration) for n in VALUES]
    return (*wires, *lamps, *seconds, *measured)


KEYS: tuple[Key, ...] = (
    Key("play.bpm", 120.0, "tempo where no state is kept, beats a minute", 20, 300),
    Key("play.seed", 0, "of chaos, humanize and wander", 0, 2**32 - 1),
    Key("play.start", True, "play at start; false waits for the play button"),
    Key("play.swap", "bar", "where a new beat comes in", choices=tuple(SWAPS)),
    Key("play.kit", "gm", "note map; voices.*.note and .channel go over it", choices=tuple(KITS)),
    Key("play.gate", 0.5, "length of a note, in steps (16ths)", 0.05, 4),
    Key("play.swing", 0.0, "at start; 1 makes the off 16ths half a step late", 0, 1),
    Key("play.humanize", 0.0, "at start; 1 moves notes by up to 12 ms and velocities by 24", 0, 1),
    Key("play.accent", 0.5, "at start; 0 plays flat, 1 with strong accents", 0, 1),
    Key(
        "midi.out",
        "auto",
        "name from drumatlas ports (NAME@-3ms: earlier), virtual, auto, none, uart:DEVICE"
        " or file:F.mid",
    ),
    Key("midi.in", "none", "name from drumatlas ports, virtual, uart:DEVICE or none"),
    Key("midi.channel", 0, "that controls, programs and pads come in on; 0 for all", 0, 16),
    Key("midi.pads", True, "two bars of notes from midi.in land at their place on the map"),
    Key(
        "clock.source",
        "internal",
        "who makes the time; auto follows a clock where one is heard",
        choices=tuple(source.value for source in ClockSource),
    ),
    Key("clock.idle", False, "send MIDI clock while stopped, too"),
    Key("clock.thru", False, "following: pass clock and transport on to the outputs"),
    Key("clock.hold", True, "following: hold when the clock is lost for a beat; false stops"),
    Key("web.address", WEB_ADDRESS, "of the page: HOST:PORT, or off", check=parse_address),
    Key(
        "web.token",
        "",
        "asked of who opens the page; empty: none on loopback, else a new one each time",
        check=check_token,
    ),
    Key("web.hosts", "", "further names of this box, comma-separated, for reverse proxies"),
    Key("web.open", True, "open the page where there is a desktop"),
    Key("state.dir", "", "folder that keeps state; empty: the system's; none: keep nothing"),
    *(Key(f"cc.{name}", number, "", -1, 119) for name, number in DEFAULT_CC.items()),
    *_voice_keys(),
    Key(
        "map.mode",
        "absolute",
        "the joystick is a place on the map, or a push that glides over it",
        choices=MAP_MODES,
    ),
    Key(
        "panel.takeover", "pickup", "how a pot gets hold of a control set elsewhere", choices=MODES
    ),
    Key("panel.curve", 1.5, "of the joystick; above 1 it is finer around the middle", 0.5, 4),
    Key("panel.encoder_steps", 64, "of a rotary encoder, from 0 to 1 of a control", 8, 1000),
    Key("panel.i2c_bus", 1, "where ADS1115 converters are", 0, 20),
    *_panel_keys(),
    Key("oled.chip", "", "ssd1306, ssd1309 or sh1106, png:FILE, empty for none", check=check_chip),
    Key("oled.address", 0x3C, "on the I2C bus panel.i2c_bus", 0x03, 0x77),
    Key("oled.flip", False, "upside down"),
)


def defaults() -> dict[str, Value]:
    """Every key with its default."""
    return {key.name: key.default for key in KEYS}
