"""`drumatlas calibrate`: measure ends, centre and noise of each input, and write them."""

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from drumatlas.commandline import Command, number, say
from drumatlas.errors import ConfigError, PanelError

if TYPE_CHECKING:
    from drumatlas.panel.board import Board
    from drumatlas.panel.conditioning import Calibration
    from drumatlas.panel.wiring import Wiring

_EXAMPLES = """\
drumatlas calibrate --config box.toml
drumatlas calibrate --seconds 30                # print the settings instead of writing them"""
_REST_S = 3.0
_GRACE_S = 1.5  # time for the user to let go
_PERIOD_S = 0.01


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `calibrate`."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="F",
        help="settings file that names the inputs; the result is written to it (default: print "
        "the result)",
    )
    parser.add_argument(
        "--seconds",
        type=number(1, 600),
        default=15.0,
        metavar="N",
        help="how long to measure while you turn every knob, 1 to 600 s (default: 15)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask the user to turn every input, then to let go; print and write the calibrations."""
    from drumatlas.config.read import read_config
    from drumatlas.files import check_writable
    from drumatlas.panel.gpio_board import open_board
    from drumatlas.panel.wiring import wiring_of

    wiring = wiring_of(read_config(arguments.config))
    if arguments.config:
        check_writable(arguments.config)
        _import_tomlkit()
    board = open_board(wiring)
    try:
        found, failed = calibrate(wiring, board, arguments.seconds, _REST_S)
    finally:
        board.close()
    if found:
        print("[calibration]")
    for control, calibration in found.items():
        name = f'"{control}"' if "." in control else control
        print(f'{name} = "{calibration}"')
    for control, why in failed.items():
        say(f"{control} ({_place(wiring, control)}) {why}; its calibration stays as it was")
    if not found:
        raise PanelError("calibrate: no input could be measured", "run drumatlas doctor")
    if arguments.config:
        write(arguments.config, found)
        say(f"{arguments.config}: {len(found)} inputs written")
    return 0


def _place(wiring: "Wiring", control: str) -> str:
    wire = next(one.wire for one in wiring.inputs if one.control == control)
    return f"{wire.chip}:{wire.numbers[1]}"


def calibrate(
    wiring: "Wiring", board: "Board", seconds: float, rest_s: float
) -> "tuple[dict[str, Calibration], dict[str, str]]":
    """Return (calibrations, reasons why an input could not be measured), both by control.

    Blocks for `seconds` while the user turns the knobs, for _GRACE_S, and for `rest_s` at rest.
    """
    from drumatlas.panel.calibrate import calibration_from
    from drumatlas.panel.wiring import STICK

    say(f"turn every knob to both ends, and the joystick all the way round: {seconds:g} s")
    moving = sample(wiring, board, seconds)
    say(f"now let go of everything: {_GRACE_S + rest_s:g} s")
    time.sleep(_GRACE_S)
    still = sample(wiring, board, rest_s)
    found: dict[str, Calibration] = {}
    failed: dict[str, str] = {}
    for one in wiring.inputs:
        rows = moving[one.control], still[one.control]
        try:
            is_stick = one.control in STICK
            found[one.control] = calibration_from(*rows, one.calibration, is_stick, one.count)
        except ConfigError as error:
            failed[one.control] = str(error)
    return found, failed


def sample(wiring: "Wiring", board: "Board", seconds: float) -> dict[str, list[float]]:
    """Return each control's readings (0 to 1) over `seconds`, 100 a second."""
    from drumatlas.panel.gpio import open_chips

    rows: dict[str, list[float]] = {one.control: [] for one in wiring.inputs}
    chips = open_chips(wiring, board)
    start = deadline = time.monotonic()
    while deadline < start + seconds:
        now_ns = time.monotonic_ns()
        readings = {chip.name: chip.read(now_ns) for chip in chips}
        for one in wiring.inputs:
            reading = readings[one.wire.chip].get(one.wire.numbers[1])
            if reading is not None:
                rows[one.control].append(reading)
        deadline += _PERIOD_S
        time.sleep(max(deadline - time.monotonic(), 0))
    return rows


def _import_tomlkit() -> None:
    try:
        import tomlkit  # noqa: F401
    except ImportError:
        raise PanelError("calibrate --config: needs tomlkit", "pip install tomlkit") from None


def write(path: Path, found: "Mapping[str, Calibration]") -> None:
    """Set the calibrations in the TOML file at `path` and leave the rest as it is.

    The new text is parsed as a configuration before the file is replaced, so a result that could
    not be read back raises ConfigError and changes nothing.
    """
    import tomlkit

    from drumatlas.config.read import MAX_BYTES, parse
    from drumatlas.files import read_text, write_text

    document = tomlkit.parse(read_text(path, MAX_BYTES))
    if "calibration" not in document:
        document["calibration"] = tomlkit.table()
    for control, calibration in found.items():
        document["calibration"][control] = str(calibration)
    text = tomlkit.dumps(document)
    parse(text, str(path))
    write_text(path, text)


COMMAND = Command(
    "calibrate",
    "measure the knobs and the joystick",
    _EXAMPLES,
    options,
    run,
    "For a panel wired to the pins of a Raspberry Pi. Turn every knob from end to end, then let "
    "go: calibrate measures both ends, the centre and the noise of each input.",
)
