"""The commands of `drumatlas`, in the order in which --help lists them."""

from importlib import import_module

from drumatlas.commandline import Command

DESCRIPTION = (
    "A beat box that plays drum beats as MIDI and moves between them on a map. An atlas is a file "
    "with the map and the networks that generate its beats; one is built in. Each place on the map "
    "is a latent point, four numbers, and has a beat of two bars. Start with: drumatlas play"
)

# Name -> (module of this package, name of the `Command` in it).
_LOCATIONS = {
    "play": ("play", "COMMAND"),
    "render": ("render", "COMMAND"),
    "decode": ("codec", "DECODE"),
    "encode": ("codec", "ENCODE"),
    "ports": ("ports", "COMMAND"),
    "doctor": ("doctor", "COMMAND"),
    "monitor": ("monitor", "COMMAND"),
    "calibrate": ("calibrate", "COMMAND"),
    "config": ("config", "COMMAND"),
    "status": ("status", "COMMAND"),
    "update-atlas": ("update_atlas", "COMMAND"),
}


def commands(first: str = "") -> tuple[Command, ...]:
    """Return all commands, or only the one that is named `first`, the first word typed.

    Loading all of them would delay `play` by a tenth of a second.
    """
    names = [first] if first in _LOCATIONS else _LOCATIONS
    return tuple(_command(name) for name in names)


def _command(name: str) -> Command:
    module, attribute = _LOCATIONS[name]
    command: Command = getattr(import_module(f"drumatlas.cli.{module}"), attribute)
    return command
