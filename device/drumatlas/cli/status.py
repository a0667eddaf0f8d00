"""`drumatlas status`: show the status of the running box."""

import argparse
import json
from typing import Any

from drumatlas.commandline import Command
from drumatlas.errors import one_line


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `status`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the status of the running box; StateError (exit code 2) if none runs."""
    from drumatlas.service.status import read_status

    entry = read_status()
    if arguments.json:
        print(json.dumps(entry))
    else:
        print("\n".join(lines(entry)))
    return 0


def lines(entry: dict[str, Any]) -> list[str]:
    """Return the status in words, each line free of control characters."""
    return [one_line(line) for line in _lines(entry)]


def _lines(entry: dict[str, Any]) -> list[str]:
    follows = ", follows a clock" if entry["follows"] else ""
    marks = [word for word in ("frozen", "wandering") if entry[word]]
    marks += [] if entry["novelty"] else ["training beats allowed"]
    ports = entry["ports"]
    family = f" ({entry['family']})" if entry.get("family") else ""
    place = f"near {entry['near'] or 'no genre'}{family}"
    return [
        f"{entry['state']} at {entry['bpm']:g} BPM{follows}",
        f"place: {', '.join([place, *marks])}",
        f"atlas: {entry['atlas']}",
        f"MIDI out: {ports.get('out', '?')}",
        *([f"MIDI in: {ports['in']}"] if ports.get("in") else []),
        *(f"fault: {fault}" for fault in entry["faults"]),
        f"process {entry['pid']}, updated {entry['age_ns'] / 1e9:.0f} s ago",
    ]


COMMAND = Command(
    "status",
    "show what the running box plays, its ports and its faults",
    "drumatlas status\ndrumatlas status --json",
    options,
    run,
    "Exits with 2 if no box is running.",
)
