"""The example file: the table of settings as TOML, each explained."""

from drumatlas.config.keys import KEYS, Key, Value

# What the keys of a table have in common, for the example.
_TABLE_HELP = {
    "cc": "MIDI controllers, 0..119, that move a control or press a button; -1 for none.",
    "gpio": "What is wired where: mcp0:3, ads0:2 or enc:5,6 (values), pin:17 (buttons).",
    "lamps": "Lamps: beats, locked to a clock, the filter moved the place.",
    "shift": "What a control does while the shift button is held.",
    "calibration": "What inputs read at their ends and at rest; `drumatlas calibrate` writes these:"
    '\n# "low=0.01 high=0.99 centre=0.5 noise=0.004", as shares of the supply voltage.',
}


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
