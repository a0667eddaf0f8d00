"""`drumatlas ports`: list the MIDI ports of this machine."""

import argparse
import json

from drumatlas.commandline import Command, say
from drumatlas.errors import PortError


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `ports`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print outputs and inputs, one a line, or as JSON."""
    from drumatlas.midi.choose import list_ports, list_uarts

    system: str | None = None
    outputs: list[str] = []
    inputs: list[str] = []
    try:
        system, outputs, inputs = list_ports()
    except PortError as error:
        say(str(error))
    uarts = list_uarts()
    if arguments.json:
        found = {"system": system, "outputs": outputs, "inputs": inputs, "uarts": uarts}
        print(json.dumps(found))
        return 0
    for kind, names in (("out", outputs + uarts), ("in", inputs + uarts)):
        for name in names:
            print(f"{kind}\t{name}")
    if system and not outputs + inputs:
        say(f"{system}: no ports of other programs or devices; is the synth switched on?")
    return 0


COMMAND = Command(
    "ports",
    "list MIDI ports",
    "drumatlas ports\ndrumatlas ports --json",
    options,
    run,
    "Give a name, or a part of one, to --midi-out or --midi-in of `play`.",
)
