"""The commands of `drumatlas`, in the order that --help shows them."""

from importlib import import_module

from drumatlas.commandline import Command

DESCRIPTION = (
    "A beat box that plays drum beats as MIDI and moves between them on a map. The map and the "
    "networks that make its beats are in a file, the atlas; one is built in. Each place is a "
    "point of four numbers, a latent point, and has a beat of two bars. Start with: drumatlas play"
)

# Name -> module of this package, and the `Command` in it.
_WHERE = {
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
    """All of them; where the `first` word of a command line names one, only that: loading
    the others would keep `play` from playing for a tenth of a second."""
    names = [first] if first in _WHERE else _WHERE
    return tuple(_command(name) for name in names)


def _command(name: str) -> Command:
    module, attribute = _WHERE[name]
    command: Command = getattr(import_module(f"drumatlas.cli.{module}"), attribute)
    return command
