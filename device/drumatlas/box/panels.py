"""The panels that `--panel` names, except the GPIO panel (see `gpio`), and the terminal screen."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from drumatlas.errors import ControlError

if TYPE_CHECKING:
    from drumatlas.daemon import Screen
    from drumatlas.engine import Engine, Panel


def open_panels(wanted: list[str]) -> "tuple[list[Panel], bool]":
    """Return (the panels that can be opened before the box, whether to open the terminal as well).

    Raises ControlError for an unknown panel, or for `keys` without a terminal.
    """
    from drumatlas.box.gpio import check_words, is_gpio
    from drumatlas.panel.script import ScriptPanel, read_script

    check_words(wanted)
    panels: list[Panel] = []
    wants_keys = False
    for name in wanted:
        if name.startswith("script:"):
            panels.append(ScriptPanel(read_script(Path(name[7:])), time.monotonic_ns()))
        elif name == "keys" or (name == "auto" and _is_terminal()):
            if not _is_terminal():
                raise ControlError("--panel keys: stdin and stdout must be a terminal")
            wants_keys = True
        elif is_gpio(name):
            continue  # opened by `Knobs`, after the controls' values are restored
        elif name not in {"auto", "none"}:
            raise ControlError(
                f"--panel: unknown panel '{name}'; choose from auto, keys, gpio, gpio:fake, "
                "gpio:fake:F, script:F, none"
            )
    return panels, wants_keys


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def open_screen(engine: "Engine", notes: list[str]) -> "Screen | None":
    """Open the terminal as a panel and a screen that shows `notes`.

    If it can't be drawn on, add a note and return None.
    """
    try:
        from drumatlas.panel.keys import KeysPanel

        screen = KeysPanel(notes)
    except Exception as error:  # curses.error, or no curses on this system
        notes.append(f"playing without keys: cannot draw on this terminal ({error})")
        return None
    screen.values = lambda: engine.values
    engine.add_panel(screen)
    return screen
