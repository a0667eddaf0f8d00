"""`drumatlas ports`, `drumatlas doctor`, `drumatlas config`: what is there, and what is wrong."""

import argparse
import json
from pathlib import Path

from drumatlas.cli.common import add_atlas
from drumatlas.commandline import Command, say
from drumatlas.errors import PortError


def ports_options(parser: argparse.ArgumentParser) -> None:
    """The options of `ports`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def ports(arguments: argparse.Namespace) -> int:
    """List the MIDI ports."""
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
        say(f"{system}: no ports but our own; is the synth switched on?")
    return 0


def doctor_options(parser: argparse.ArgumentParser) -> None:
    """The options of `doctor`."""
    add_atlas(parser)
    parser.add_argument(
        "--config",
        type=Path,
        metavar="F",
        help="file of settings to check, too (TOML; see `drumatlas config`)",
    )
    parser.add_argument(
        "--jitter", action="store_true", help="also measure for 5 s how evenly the clock comes"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def doctor(arguments: argparse.Namespace) -> int:
    """Check what playing needs; exit 2 if it can't play."""
    from drumatlas.doctor.checks import examine

    findings = examine(arguments.atlas, arguments.config, jitter=arguments.jitter)
    if arguments.json:
        print(json.dumps([finding.as_table() for finding in findings], indent=1))
    else:
        for finding in findings:
            advice = f"  -> {finding.advice}" if finding.advice else ""
            print(f"{finding.state:5} {finding.name:12} {finding.detail}{advice}")
    return 2 if any(finding.state == "fail" for finding in findings) else 0


def config_options(parser: argparse.ArgumentParser) -> None:
    """The options of `config`."""
    parser.add_argument(
        "--check",
        type=Path,
        metavar="F",
        help="check this file instead; says nothing if it is good",
    )


def config(arguments: argparse.Namespace) -> int:
    """Print an example with every setting, or check a file."""
    from drumatlas.config.example import example
    from drumatlas.config.read import read_config

    if arguments.check is None:
        print(example(), end="")
        return 0
    read_config(arguments.check)
    say(f"{arguments.check}: good")
    return 0


PORTS = Command(
    "ports",
    "list MIDI ports",
    "drumatlas ports\ndrumatlas ports --json",
    ports_options,
    ports,
    "Their names, or parts of them, go to --midi-out and --midi-in of `play`.",
)
DOCTOR = Command(
    "doctor",
    "check this machine",
    "drumatlas doctor\ndrumatlas doctor --jitter",
    doctor_options,
    doctor,
    "Looks at MIDI, priorities, the atlas and, with settings for a panel, pins and inputs. Says "
    "what is missing and what to do about it. Exits with 2 if nothing can be played.",
)
CONFIG = Command(
    "config",
    "print an example configuration, or check one",
    "drumatlas config > drumatlas.toml\ndrumatlas config --check drumatlas.toml",
    config_options,
    config,
    "The example has every setting at its default, each explained.",
)
