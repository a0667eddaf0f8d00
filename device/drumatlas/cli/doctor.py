"""`drumatlas doctor`: check what playing needs on this machine."""

import argparse
import json
from pathlib import Path

from drumatlas.cli.common import add_atlas
from drumatlas.commandline import Command


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `doctor`."""
    add_atlas(parser)
    parser.add_argument(
        "--config",
        type=Path,
        metavar="F",
        help="settings file to check as well (TOML; see `drumatlas config`)",
    )
    parser.add_argument(
        "--jitter", action="store_true", help="also measure the jitter of the MIDI clock for 5 s"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print every finding; return 2 if any of them keeps the box from playing, else 0."""
    from drumatlas.doctor.checks import examine

    findings = examine(arguments.atlas, arguments.config, jitter=arguments.jitter)
    if arguments.json:
        print(json.dumps([finding.as_table() for finding in findings], indent=1))
    else:
        for finding in findings:
            advice = f"  -> {finding.advice}" if finding.advice else ""
            print(f"{finding.state:5} {finding.name:12} {finding.detail}{advice}")
    return 2 if any(finding.state == "fail" for finding in findings) else 0


COMMAND = Command(
    "doctor",
    "check this machine",
    "drumatlas doctor\ndrumatlas doctor --jitter",
    options,
    run,
    "Checks MIDI, real-time priority, the atlas and, if the settings file describes a panel, its "
    "pins and inputs. Prints what is missing and how to fix it. Exits with 2 if nothing can play.",
)
