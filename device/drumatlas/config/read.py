"""Reads a configuration file and checks it as a whole: each value, and values that exclude each
other."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.config.keys import KEYS, Key, defaults, plain, table_of
from drumatlas.config.settings import Config, config_of
from drumatlas.config.values import Value, Values, get
from drumatlas.config.wiring import find_clash
from drumatlas.errors import ConfigError, DrumatlasError
from drumatlas.files import read_text
from drumatlas.panel.midi_map import DEFAULT_CC
from drumatlas.play.kits import KITS

MAX_BYTES = 1 << 20
_MOST_DOTS = 100  # in a line: tomllib's memory grows with the square of a key's parts

_KEY_OF = {key.name: key for key in KEYS}
_KIND_NAMES = {bool: "true or false", int: "an integer", float: "a number", str: "a string"}


def read_config(path: Path | None) -> Config:
    """Return the configuration in `path`, or the defaults for None; ConfigError names file and
    line."""
    if path is None:
        return config_of(defaults())
    return parse(read_text(path, MAX_BYTES), str(path))


def parse(text: str, name: str) -> Config:
    """Return the configuration in `text`, with defaults for what it leaves out; ConfigError names
    `name`, line and key."""
    given = _read(text, name)
    values = defaults()
    for dotted, value in given.items():
        try:
            if dotted not in _KEY_OF:
                raise ConfigError(f"unknown key '{dotted}'", "`drumatlas config` lists them all")
            values[dotted] = _check(_KEY_OF[dotted], value)
        except ConfigError as error:
            raise error.within(_where(text, name, dotted)) from None
    _put_kit(values, given)
    _yield_numbers(values, given)
    clash = find_clash(values, given) or _upside_down(values, given) or _same_number(values)
    if clash:
        raise ConfigError(f"{_where(text, name, clash[0])}: {clash[1]}")
    return config_of(values)


def _read(text: str, name: str) -> dict[str, Any]:
    """Return the values by dotted key; ConfigError if the text is not TOML."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > _MOST_DOTS and not line.lstrip().startswith("#"):
            raise ConfigError(f"{name}, line {number}: more than {_MOST_DOTS} dots")
    try:
        return _flatten(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        last = f"at line {len(text.splitlines())}, the last"
        raise ConfigError(f"{name}: {str(error).replace('at end of document', last)}") from None
    except RecursionError:
        raise ConfigError(f"{name}: nested too deeply") from None
    except ValueError:  # raised by int() within tomllib
        raise ConfigError(f"{name}: a number has thousands of digits") from None


def _where(text: str, name: str, dotted: str) -> str:
    line = _line_of(text, dotted)
    return f"{name}, line {line}" if line else name


def _line_of(text: str, dotted: str) -> int:
    """Return the line where a key is set; 0 if that is unknown (dotted keys and inline tables)."""
    parts = dotted.split(".")
    lines = (_line_in(text, parts[:i], ".".join(parts[i:])) for i in range(len(parts)))
    return max(lines, default=0)


def _line_in(text: str, tables: list[str], last: str) -> int:
    """Return the line where `last`, a name that may contain dots, is set in the table of `tables`;
    0 if nowhere."""
    inside = not tables
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[([^\[\]]+)\]", line)
        if header:
            inside = re.sub(r"[\s\"']", "", header[1]) == ".".join(tables)
        elif inside and re.match(rf"\s*[\"']?{re.escape(last)}[\"']?\s*=", line):
            return number
    return 0


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in table.items():
        dotted = f"{prefix}{name}"
        if isinstance(value, dict) and dotted not in _KEY_OF:
            flat |= _flatten(value, f"{dotted}.")
        else:
            flat[dotted] = value
    return flat


def _check(key: Key, value: object) -> Value:
    kind = type(key.default)
    is_whole = kind is float and type(value) is int
    if type(value) is not kind and not is_whole:
        raise ConfigError(f"{key.name} = {_shown(value)}: must be {_KIND_NAMES[kind]}")
    if isinstance(value, int | float) and kind is not bool and not key.low <= value <= key.high:
        span = f"{plain(key.low)}..{plain(key.high)}"
        raise ConfigError(f"{key.name} = {_shown(value)}: must lie in {span}")
    if isinstance(value, str) and not value.isprintable():  # a NUL would end a file name
        raise ConfigError(f"{key.name} = {_shown(value)}: has a character that can't be shown")
    if is_whole and isinstance(value, int):
        value = float(value)  # after the range check: a huge one would not fit
    if key.choices and value not in key.choices:
        words = ", ".join(choice or "(empty)" for choice in key.choices)
        raise ConfigError(f"{key.name} = {_shown(value)}: must be one of {words}")
    if key.check and isinstance(value, str):
        try:
            key.check(value)
        except DrumatlasError as error:
            place = f"{key.name} = {_shown(value)}"
            raise ConfigError(error.what, error.hint).within(place) from None
    assert isinstance(value, bool | int | float | str)
    return value


def _shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # hexadecimal numbers can be read at any length, but not printed
        return "(thousands of digits)"


def _put_kit(values: dict[str, Value], given: Mapping[str, object]) -> None:
    """Set the kit's notes and channels where the file does not set others."""
    kit = KITS[get(values, "play.kit", str)]
    for voice, (note, channel) in zip(VOICE_TABLE, kit, strict=True):
        for name, value in (("note", note), ("channel", channel)):
            key = f"{table_of(voice)}.{name}"
            if key not in given:
                values[key] = value


def _yield_numbers(values: dict[str, Value], given: Mapping[str, object]) -> None:
    """Take a default controller away from its control if the file gives it to another one."""
    taken = {values[f"cc.{name}"] for name in DEFAULT_CC if f"cc.{name}" in given}
    for name in DEFAULT_CC:
        key = f"cc.{name}"
        if key not in given and values[key] in taken:
            values[key] = -1


def _same_number(values: Values) -> tuple[str, str] | None:
    """Return (key, fault) if two controls share a controller; None if not."""
    owners: dict[Value, str] = {}
    for name in DEFAULT_CC:
        key = f"cc.{name}"
        number = values[key]
        if number != -1 and owners.setdefault(number, key) != key:
            return key, f"{key} = {number}: {owners[number]} already has that controller"
    return None


def _upside_down(values: Values, given: Mapping[str, object]) -> tuple[str, str] | None:
    """Return (key, fault) if a voice has its softest velocity above its loudest; None if not."""
    for table in map(table_of, VOICE_TABLE):
        low, high = f"{table}.velocity_min", f"{table}.velocity_max"
        softest, loudest = get(values, low, int), get(values, high, int)
        if softest > loudest:
            wrong = f"{low} = {softest} is above {high} = {loudest}"
            return (low if low in given else high), wrong
    return None
