"""The example file: the table of settings as TOML, with an explanation of each."""

from textwrap import wrap

from drumatlas.config.keys import KEYS, Key
from drumatlas.config.values import Value
from drumatlas.panel.chips import examples

# Explanations for whole tables of the example.
_TABLE_HELP = {
    "cc": "Numbers of the MIDI controllers that move a control or press a button.",
    "gpio": "Pins of a Raspberry Pi. Knobs: {channels} or enc:5,6 (a rotary encoder; enc:5,6:2 if "
    "it has two detents to a pulse). Buttons: pin:17.\n"
    'Numbers of pins are GPIO numbers; "" means not wired.',
    "lamps": 'Pins of LEDs; "" means not wired.',
    "shift": 'Second functions: the name of another control; "" means no second function.',
    "calibration": "Readings of the knobs at their ends, at rest and in noise, as shares of the "
    'supply voltage:\n"low=0.01 high=0.99 centre=0.5 noise=0.004". `drumatlas calibrate` writes '
    'these; "" means\nnot measured.',
}
_WIDTH = 98  # of a comment
_MOST_CHOICES = 8  # that fit on a line


def example() -> str:
    """Return a configuration file with every key at its default, each explained."""
    lines = [
        "# Settings of drumatlas, each with its default. A setting that you leave out keeps it.",
        "# Use the file with `drumatlas play --config FILE`.",
    ]
    table = ""
    for key in KEYS:
        head, name = _split(key.name)
        if head != table:
            table = head
            lines += ["", *_comment(_TABLE_HELP.get(head, "")), f"[{table}]"]
        about = _explain(key)
        lines.append(f"{name} = {_toml(key.default)}  # {about}")
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    """Return the lines of a comment, with the converters' channels filled in."""
    channels = ", ".join(f"{word} ({kind.part})" for word, kind in examples().items())
    lines = text.format(channels=channels).splitlines()
    return [f"# {part}" for line in lines for part in wrap(line, _WIDTH)]


def _split(dotted: str) -> tuple[str, str]:
    """Return (table, name as TOML writes it). Controls like density.kick contain a dot."""
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
    if key.has_range:
        return f"{key.help} ({key.range})"
    named = all(f"{choice}" in key.help for choice in key.choices)
    if key.choices and len(key.choices) <= _MOST_CHOICES and not named:
        return f"{key.help}: {', '.join(key.choices)}"
    return key.help
