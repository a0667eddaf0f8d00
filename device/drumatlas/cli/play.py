"""`drumatlas play`: the instrument."""

import argparse
from pathlib import Path

from drumatlas.cli.common import MAX_SECONDS, add_atlas, add_tempo
from drumatlas.commandline import Command, number
from drumatlas.explore.control_list import terminal_help
from drumatlas.midi.targets import INPUT_CHOICES, INPUT_HELP, OUTPUT_CHOICES, OUTPUT_HELP

EXAMPLES = """\
drumatlas play                                  # with the keys of the terminal
drumatlas play --midi-out TR-8S --bpm 126
drumatlas play --seconds 8 --midi-out file:take.mid
drumatlas play --clock external --midi-in "DAW Sync" --midi-out Volca --midi-out TR-8S@-2ms
drumatlas play --panel gpio --config box.toml --midi-out TR-8S
drumatlas play --panel gpio:fake:hands.jsonl --config box.toml   # try a wiring without hardware
drumatlas play --panel script:moves.jsonl --midi-out virtual"""


def options(parser: argparse.ArgumentParser) -> None:
    """The options of `play`."""
    add_atlas(parser)
    parser.add_argument(
        "--config", type=Path, metavar="F", help="file of settings (TOML; see `drumatlas config`)"
    )
    parser.add_argument(
        "--panel",
        action="append",
        metavar="auto|keys|gpio|gpio:fake|gpio:fake:F|script:F|none",
        help="what moves the controls: keys (of this terminal), gpio (knobs and buttons at a "
        "Raspberry Pi's pins), gpio:fake (the same wiring without hardware, all knobs in the "
        'middle), gpio:fake:F (moved by a file with lines like {"t": 1.5, "wire": "mcp0:3", '
        '"value": 0.7}; value is 0 to 1 for a knob, 1 or 0 for a button pressed or let go, a '
        "number of clicks for an encoder), script:F (a file), or none; auto takes gpio on a "
        "Raspberry Pi, and keys in a terminal; may be given several times (default: auto)",
    )
    parser.add_argument(
        "--midi-out",
        action="append",
        metavar=OUTPUT_CHOICES,
        help=f"where the drums go: {OUTPUT_HELP}; may be given several times (default: auto)",
    )
    parser.add_argument(
        "--midi-in",
        metavar=INPUT_CHOICES,
        help="where MIDI (a clock to follow, controllers, program changes, pads) comes from: "
        f"{INPUT_HELP} (default: none)",
    )
    parser.add_argument(
        "--clock",
        choices=("internal", "external", "auto"),
        help="who sets the tempo: internal, the box; external, the clock at --midi-in; auto, that "
        "clock while there is one, else the box (default: internal)",
    )
    add_tempo(parser)
    parser.add_argument(
        "--seconds", type=number(0.01, MAX_SECONDS), metavar="N", help="stop after N seconds"
    )
    parser.add_argument(
        "--state",
        metavar="DIR|none",
        help="folder that keeps snapshots, takes and the last place; none keeps nothing (default: "
        "~/.local/state/drumatlas; on macOS and Windows the system's folder for such files)",
    )
    parser.add_argument(
        "--web",
        metavar="HOST:PORT|off",
        help="address of the page in the browser; off for none (default: 127.0.0.1:8313, for this "
        "machine only)",
    )
    parser.add_argument(
        "--no-start",
        action="store_true",
        help="wait for the play button instead of playing at once",
    )
    parser.add_argument(
        "--unattended",
        action="store_true",
        help="run as a service: wait for ports that are missing, show other faults, and play on",
    )


def run(arguments: argparse.Namespace) -> int:
    """Play until asked to stop."""
    from drumatlas.box.session import play

    play(arguments)
    return 0


COMMAND = Command(
    "play",
    "play beats as MIDI, live",
    EXAMPLES,
    options,
    run,
    "In a terminal, keys move you over the map; the screen lists them, and q quits. The same "
    "controls are on a page in the browser. Options override the file of settings.",
    "\n".join(("keys in the terminal:", *(f"  {line}" for line in terminal_help()))),
)
