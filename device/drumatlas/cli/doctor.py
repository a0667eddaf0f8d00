"""`drumatlas doctor`: what this machine lacks for playing."""

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
        help="file of settings to check, too (TOML; see `drumatlas config`)",
    )
    parser.add_argument(
        "--jitter", action="store_true", help="also measure for 5 s how evenly the clock comes"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check what playing needs; return 2 if it can't play."""
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
    "Looks at MIDI, priorities, the atlas and, with settings for a panel, pins and inputs. Says "
    "what is missing and what to do about it. Exits with 2 if nothing can be played.",
)
