"""The configuration: one TOML file, one table of keys that checks it and documents it."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumatlas.beat.voices import BIT_OF_NOTE, VOICE_TABLE, Voice
from drumatlas.errors import ConfigError
from drumatlas.explore.controls import BUTTONS, MAP_MODES, VALUES
from drumatlas.files import read_text
from drumatlas.panel.conditioning import parse_calibration
from drumatlas.panel.midi_map import DEFAULT_CC, MidiMap
from drumatlas.panel.takeover import MODES
from drumatlas.panel.wiring import (
    DEFAULT_LAMPS,
    DEFAULT_SECOND,
    DEFAULT_WIRES,
    LAMPS,
    check_pin_wire,
    check_value_wire,
    find_clash,
)
from drumatlas.play.follower import ClockSource
from drumatlas.play.kits import KITS
from drumatlas.play.settings import MAX_OFFSET_MS, SWAPS, PlaySettings, VoiceOut

MAX_BYTES = 1 << 20

Value = bool | int | float | str


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


def _table_of(voice: Voice) -> str:
    return f"voices.{voice.name.replace(' ', '_')}"


def _voice_keys() -> tuple[Key, ...]:
    keys = []
    for voice in VOICE_TABLE:
        table = _table_of(voice)
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
    Key("midi.out", "auto", "port name (NAME@-3ms: earlier), virtual, auto, none or file:F.mid"),
    Key("midi.in", "none", "port name, virtual or none"),
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
)
# What the keys of a table have in common, for the example.
_TABLE_HELP = {
    "cc": "MIDI controllers, 0..119, that move a control or press a button; -1 for none.",
    "gpio": "What is wired where: mcp0:3, ads0:2 or enc:5,6 (values), pin:17 (buttons).",
    "lamps": "Lamps: beats, locked to a clock, the filter moved the place.",
    "shift": "What a control does while the shift button is held.",
    "calibration": "What inputs read at their ends and at rest; `drumatlas calibrate` writes these:"
    '\n# "low=0.01 high=0.99 centre=0.5 noise=0.004", as shares of the supply voltage.',
}
_KEY_OF = {key.name: key for key in KEYS}

Config = Mapping[str, Value]


def defaults() -> dict[str, Value]:
    """Every key with its default."""
    return {key.name: key.default for key in KEYS}


def _check(key: Key, value: object) -> Value:
    kind = type(key.default)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise ConfigError(f"{key.name} = {value!r}: must be {_KIND_NAMES[kind]}")
    if isinstance(value, int | float) and kind is not bool and not key.low <= value <= key.high:
        raise ConfigError(f"{key.name} = {value!r}: must lie in {key.low:g}..{key.high:g}")
    if key.choices and value not in key.choices:
        words = ", ".join(choice or "(empty)" for choice in key.choices)
        raise ConfigError(f"{key.name} = {value!r}: must be one of {words}")
    if key.check and isinstance(value, str):
        try:
            key.check(value)
        except ConfigError as error:
            raise ConfigError(f"{key.name} = {value!r}: {error}") from None
    assert isinstance(value, bool | int | float | str)
    return value


_KIND_NAMES = {bool: "true or false", int: "an integer", float: "a number", str: "a string"}


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        dotted = f"{prefix}{name}"
        if isinstance(value, dict) and dotted not in _KEY_OF:
            flat |= _flatten(value, f"{dotted}.")
        else:
            flat[dotted] = value
    return flat


def _line_of(text: str, dotted: str) -> int:
    """The line where a key is set, 0 if it can't be told (dotted keys and inline tables)."""
    parts = dotted.split(".")
    lines = (_line_in(text, parts[:i], ".".join(parts[i:])) for i in range(len(parts)))
    return max(lines, default=0)


def _line_in(text: str, tables: list[str], last: str) -> int:
    """The line where `last`, a name that may have dots, is set in the table of `tables`."""
    inside = not tables
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[([^\[\]]+)\]", line)
        if header:
            inside = re.sub(r"[\s\"']", "", header[1]) == ".".join(tables)
        elif inside and re.match(rf"\s*[\"']?{re.escape(last)}[\"']?\s*=", line):
            return number
    return 0


def parse(text: str, name: str) -> dict[str, Value]:
    """Every key, from `text` or by default; ConfigError names `name`, line and key."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        last = f"at line {len(text.splitlines())}, the last"
        raise ConfigError(f"{name}: {str(error).replace('at end of document', last)}") from None
    except RecursionError:
        raise ConfigError(f"{name}: nested too deeply") from None
    config = defaults()
    given = _flatten(table)
    for dotted, value in given.items():
        try:
            if dotted not in _KEY_OF:
                raise ConfigError(f"unknown key '{dotted}'; `drumatlas config` lists them all")
            config[dotted] = _check(_KEY_OF[dotted], value)
        except ConfigError as error:
            raise ConfigError(f"{_where(text, name, dotted)}: {error}") from None
    _put_kit(config, given)
    _yield_numbers(config, given)
    clash = find_clash(config, given) or _upside_down(config, given) or _same_number(config)
    if clash:
        raise ConfigError(f"{_where(text, name, clash[0])}: {clash[1]}")
    return config


def _put_kit(config: dict[str, Value], given: Mapping[str, object]) -> None:
    """The kit's notes and channels, where the file does not name others."""
    for voice, (note, channel) in zip(VOICE_TABLE, KITS[str(config["play.kit"])], strict=True):
        for name, value in (("note", note), ("channel", channel)):
            key = f"{_table_of(voice)}.{name}"
            if key not in given:
                config[key] = value


def _yield_numbers(config: dict[str, Value], given: Mapping[str, object]) -> None:
    """A controller that the file gives to a control is no other's by default."""
    taken = {config[f"cc.{name}"] for name in DEFAULT_CC if f"cc.{name}" in given}
    for name in DEFAULT_CC:
        key = f"cc.{name}"
        if key not in given and config[key] in taken:
            config[key] = -1


def _same_number(config: Config) -> tuple[str, str] | None:
    """Two controls of one controller: (key, what is wrong)."""
    owners: dict[Value, str] = {}
    for name in DEFAULT_CC:
        key = f"cc.{name}"
        number = config[key]
        if number != -1 and owners.setdefault(number, key) != key:
            return key, f"{key} = {number}: {owners[number]} has that controller"
    return None


def _upside_down(config: Config, given: Mapping[str, object]) -> tuple[str, str] | None:
    """A voice whose softest is louder than its loudest: (key, what is wrong)."""
    for table in map(_table_of, VOICE_TABLE):
        low, high = f"{table}.velocity_min", f"{table}.velocity_max"
        if float(config[low]) > float(config[high]):
            wrong = f"{low} = {config[low]} is above {high} = {config[high]}"
            return (low if low in given else high), wrong
    return None


def _where(text: str, name: str, dotted: str) -> str:
    line = _line_of(text, dotted)
    return f"{name}, line {line}" if line else name


def read(path: Path | None) -> dict[str, Value]:
    """The configuration in `path`, or the defaults for None; the error names file and line."""
    if path is None:
        return defaults()
    return parse(read_text(path, MAX_BYTES), str(path))


def example() -> str:
    """A configuration file with every key at its default, each explained."""
    lines = ["# drumatlas: every setting with its default."]
    table = ""
    for key in KEYS:
        head, name = _split(key.name)
        if head != table:
            table = head
            lines += [
                "",
                *([f"# {_TABLE_HELP[head]}"] if head in _TABLE_HELP else []),
                f"[{table}]",
            ]
        about = _explain(key)
        lines.append(f"{name} = {_toml(key.default)}" + (f"  # {about}" if about else ""))
    return "\n".join(lines) + "\n"


def _split(dotted: str) -> tuple[str, str]:
    """(table, name as TOML writes it): controls like density.kick have a dot of their own."""
    head, _, name = dotted.partition(".")
    if head in _TABLE_HELP:
        return head, f'"{name}"' if "." in name else name
    head, _, name = dotted.rpartition(".")
    return head, name


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _explain(key: Key) -> str:
    if key.choices and key.help:
        return f"{key.help}: {', '.join(key.choices)}"
    return f"{key.help}, {key.low:g}..{key.high:g}" if key.low or key.high else key.help


def play_settings(config: Config) -> PlaySettings:
    """The sequencer's share of a configuration."""
    voices = tuple(
        VoiceOut(
            int(config[f"{table}.note"]),
            int(config[f"{table}.channel"]) - 1,
            bool(config[f"{table}.mute"]),
            float(config[f"{table}.offset_ms"]),
            int(config[f"{table}.velocity_min"]),
            int(config[f"{table}.velocity_max"]),
            float(config[f"{table}.gate"]),
        )
        for table in map(_table_of, VOICE_TABLE)
    )
    return PlaySettings(
        bpm=float(config["play.bpm"]),
        seed=int(config["play.seed"]),
        swap=str(config["play.swap"]),
        gate=float(config["play.gate"]),
        voices=voices,
        idle_clock=bool(config["clock.idle"]),
        thru=bool(config["clock.thru"]),
        hold=bool(config["clock.hold"]),
        map_mode=str(config["map.mode"]),
    )


def midi_map(config: Config) -> MidiMap:
    """What MIDI messages from `midi.in` mean. A note is the first voice that plays it, or the
    one that General MIDI says."""
    ours: dict[int, int] = {}
    for voice in VOICE_TABLE:
        ours.setdefault(int(config[f"{_table_of(voice)}.note"]), voice.bit)
    numbers = {name: int(config[f"cc.{name}"]) for name in DEFAULT_CC}
    return MidiMap(
        channel=int(config["midi.channel"]),
        controls={number: name for name, number in numbers.items() if number >= 0},
        pads={**BIT_OF_NOTE, **ours} if config["midi.pads"] else {},
    )
