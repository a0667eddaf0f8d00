"""The table of controls as the page reads it, in the JSON of the atlas. Pure."""

from collections.abc import Iterable

from drumatlas.explore.control import PLACE, Control

# KeyboardEvent.key of the keys whose name in the table is not one character.
_BROWSER_NAMES = {
    **{name: f"Arrow{name.title()}" for name in ("left", "right", "up", "down")},
    "space": " ",
}


def control_rows(controls: Iterable[Control]) -> list[dict[str, object]]:
    """Return a JSON object for each control. `default` is null for a button; the `keys` of a value
    come in pairs, down and up."""
    return [
        {
            "name": control.name,
            "default": control.default,
            "group": control.group,
            "moves": control.moves,
            "isPlace": control.moves in PLACE,
            "keys": [_BROWSER_NAMES.get(key, key) for key in control.keys_on_page.split()],
            "help": control.help,
            "label": control.label or control.name.rpartition(".")[2],
            "words": control.words,
            "steps": control.steps,
            "snaps": control.snaps,
            "lamp": control.lamp,
            "isOnEveryPage": control.is_on_every_page,
        }
        for control in controls
    ]
