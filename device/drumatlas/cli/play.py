"""`drumatlas play`: the instrument."""

import argparse
from pathlib import Path

from drumatlas.cli.common import MAX_SECONDS, add_atlas, add_tempo
from drumatlas.commandline import Command, number
from drumatlas.explore.control_list import terminal_help
from drumatlas.midi.targets import INPUT_CHOICES, INPUT_HELP, OUTPUT_CHOICES, OUTPUT_HELP

EXAMPLES = """\
drumatlas play                                  # controlled by keys in the terminal
drumatlas play --midi-out TR-8S --bpm 126
drumatlas play --seconds 8 --midi-out file:take.mid
drumatlas play --clock external --midi-in "DAW Sync" --midi-out Volca --midi-out TR-8S@-2ms
drumatlas play --panel gpio --config box.toml --midi-out TR-8S
drumatlas play --panel gpio:fake:hands.jsonl --config box.toml   # try a wiring without hardware
drumatlas play --panel script:moves.jsonl --midi-out virtual"""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `play`."""
    add_atlas(parser)
    _add_controls(parser)
    _add_midi(parser)
    add_tempo(parser)
    _add_run(parser)


def _add_controls(parser: argparse.ArgumentParser) -> None:
    """Add what sets and moves the controls."""
    parser.add_argument(
        "--config", type=Path, metavar="F", help="settings file (TOML; see `drumatlas config`)"
    )
    parser.add_argument(
        "--panel",
        action="append",
        metavar="auto|keys|gpio|gpio:fake|gpio:fake:F|script:F|none",
        help="input that moves the controls: keys (of this terminal), gpio (knobs and buttons "
        "wired to a Raspberry Pi), gpio:fake (the same wiring without hardware, with every knob "
        'centred), gpio:fake:F (the same, moved by a file with lines like {"t": 1.5, "wire": '
        '"mcp0:3", "value": 0.7}; value is 0 to 1 for a knob, 1 or 0 for a button pressed or '
        "released, and a number of clicks for an encoder), script:F (a file of control moves), or "
        "none; auto uses gpio on a Raspberry Pi and keys in a terminal; may be given several times "
        "(default: auto)",
    )


def _add_midi(parser: argparse.ArgumentParser) -> None:
    """Add the MIDI ports and the source of the clock."""
    parser.add_argument(
        "--midi-out",
        action="append",
        metavar=OUTPUT_CHOICES,
        help=f"MIDI output for the drums: {OUTPUT_HELP}; may be given several times (default: "
        "auto)",
    )
    parser.add_argument(
        "--midi-in",
        metavar=INPUT_CHOICES,
        help="MIDI input for a clock to follow, controllers, program changes and pads: "
        f"{INPUT_HELP} (default: none)",
    )
    parser.add_argument(
        "--clock",
        choices=("internal", "external", "auto"),
        help="clock source: internal (the box sets the tempo), external (the clock at --midi-in "
        "does), or auto (that clock while it runs, else the box) (default: internal)",
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    """Add how long it plays, what it saves and serves, and how it starts."""
    parser.add_argument(
        "--seconds", type=number(0.01, MAX_SECONDS), metavar="N", help="stop after N seconds"
    )
    parser.add_argument(
        "--state",
        metavar="DIR|none",
        help="folder for snapshots, takes and the last place; none saves nothing (default: "
        "~/.local/state/drumatlas; on macOS and Windows the system's folder for such files)",
    )
    parser.add_argument(
        "--web",
        metavar="HOST:PORT|off",
        help="address to serve the page at; off serves none (default: 127.0.0.1:8313, for this "
        "machine only)",
    )
    parser.add_argument(
        "--no-start",
        action="store_true",
        help="wait for the play button instead of starting at once",
    )
    parser.add_argument(
        "--unattended",
        action="store_true",
        help="run as a service: report missing hardware and files instead of exiting, and wait for "
        "missing ports",
    )


def run(arguments: argparse.Namespace) -> int:
    """Play until --seconds are over or the user stops it."""
    from drumatlas.box.session import play

    play(arguments)
    return 0


COMMAND = Command(
    "play",
    "play beats as MIDI, live",
    EXAMPLES,
    options,
    run,
    "In a terminal, keys move you over the map; the screen lists them, and q quits. A page in the "
    "browser has the same controls. Options override the settings file.",
    "\n".join(("keys in the terminal:", *(f"  {line}" for line in terminal_help()))),
)
