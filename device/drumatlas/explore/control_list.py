"""Text made from the table of controls: the help of the keys and the list in documents. Pure.

To print the list:

python -c "from drumatlas.explore.control_list import markdown; print(markdown())"
"""

from collections.abc import Iterable
from textwrap import wrap

from drumatlas.explore.control import TERMINAL_KEYS, Control
from drumatlas.explore.controls import CONTROLS

# For documents only: not every terminal can show these characters.
SIGNS = {"left": "←", "right": "→", "up": "↑", "down": "↓"}
_WIDTH = 79  # characters in a line of help
_GAP = "   "


def key_entries(controls: Iterable[Control]) -> list[tuple[str, str]]:
    """Return (keys, label) for each control that has keys.

    A value control gives its first pair only, "h/j". Controls with the same label share an entry.
    """
    entries: dict[str, list[str]] = {}
    for control in controls:
        if keys := control.keys.split():
            strokes = keys if control.is_button else ["/".join(keys[:2])]
            entries.setdefault(control.words, []).extend(strokes)
    return [(" ".join(strokes), words) for words, strokes in entries.items()]


def terminal_help(controls: Iterable[Control] = CONTROLS) -> tuple[str, ...]:
    """Return lines of at most 79 characters that list the keys of the terminal."""
    pairs = [*key_entries(controls), *TERMINAL_KEYS.items()]
    lines: list[str] = []
    for text in (f"{keys} {words}" for keys, words in pairs):
        if lines and len(lines[-1] + _GAP + text) <= _WIDTH:
            lines[-1] += _GAP + text
        else:
            lines.append(text)
    return tuple(lines)


def names_help(controls: Iterable[Control] = CONTROLS) -> tuple[str, ...]:
    """Return the lines that list the names of the values, then those of the buttons."""
    table = tuple(controls)
    lines: list[str] = []
    for head, is_button in (("values, 0 to 1:", False), ("buttons:", True)):
        names = [control.name for control in table if control.is_button is is_button]
        lines += [head, *(f"  {line}" for line in wrap(" ".join(names), _WIDTH - 4))]
    return tuple(lines)


def markdown(controls: Iterable[Control] = CONTROLS) -> str:
    """Return the controls as two Markdown tables, values and buttons, without a final newline."""
    table = tuple(controls)
    values = [
        "| value | does | start | CC | keys | with shift |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    buttons = ["| button | does | CC | keys | with shift |", "| --- | --- | --- | --- | --- |"]
    for control in table:
        (buttons if control.is_button else values).append(f"| {' | '.join(_cells(control))} |")
    return "\n".join((*values, "", *buttons))


def _cells(control: Control) -> list[str]:
    start = [] if control.default is None else [f"{control.default:g}"]
    if control.start:
        start = [f"{start[0]}; {_code(control.start)}"]
    second = _code(control.second) if control.second else ""
    return [_code(control.name), control.help, *start, str(control.cc), _keys(control), second]


def _keys(control: Control) -> str:
    """Return the terminal's keys, followed by the page's if they differ."""
    ours, pages = (
        " ".join(_code(SIGNS.get(key, key)) for key in keys.split())
        for keys in (control.keys, control.keys_on_page)
    )
    return ours if ours == pages else f"{ours}; on the page: {pages or 'none'}"


def _code(text: str) -> str:
    return f"`{text}`"
