"""The example file: the table of settings as TOML, with an explanation of each."""

from drumatlas.config.keys import KEYS, Key, Value

# Explanations for whole tables of the example.
_TABLE_HELP = {
    "cc": "Numbers of the MIDI controllers that move a control or press a button.",
    "gpio": "Pins of a Raspberry Pi. Knobs: mcp0:3 (channel 3 of an MCP3008), ads0:2 (of an"
    " ADS1115)\n# or enc:5,6 (a rotary encoder; enc:5,6:2 if it has two detents to a pulse)."
    " Buttons:"
    '\n# pin:17. Numbers of pins are GPIO numbers; "" means not wired.',
    "lamps": 'Pins of LEDs; "" means not wired.',
    "shift": 'Second functions: the name of another control; "" means no second function.',
    "calibration": "Readings of the knobs at their ends, at rest and in noise, as shares of the"
    " supply voltage:"
    '\n# "low=0.01 high=0.99 centre=0.5 noise=0.004". `drumatlas calibrate` writes these; "" means'
    "\n# not measured.",
}
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
            lines += [
                "",
                *([f"# {_TABLE_HELP[head]}"] if head in _TABLE_HELP else []),
                f"[{table}]",
            ]
        about = _explain(key)
        lines.append(f"{name} = {_toml(key.default)}  # {about}")
    return "\n".join(lines) + "\n"


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
