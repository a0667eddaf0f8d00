"""`drumatlas calibrate`: find ends, centre and noise of each input, and write them."""

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
drumatlas calibrate --seconds 30                # prints what to put into a configuration"""
_REST_S = 3.0
_GRACE_S = 1.5  # for a hand to let go
_PERIOD_S = 0.01


def options(parser: argparse.ArgumentParser) -> None:
    """The options of `calibrate`."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="F",
        help="file of settings that names the inputs and gets the result (default: print it)",
    )
    parser.add_argument(
        "--seconds",
        type=number(1, 600),
        default=15.0,
        metavar="N",
        help="time in which you turn every knob, 1 to 600 s (default: 15)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask the user to turn everything, then to let go; write what was measured."""
    from drumatlas.config.read import read_config
    from drumatlas.files import check_writable
    from drumatlas.panel.gpio_board import open_board

    wiring = read_config(arguments.config).wiring
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
        say(f"{control} ({_place(wiring, control)}) {why}; kept as it was")
    if not found:
        raise PanelError("calibrate: no input could be measured", "see drumatlas doctor")
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
    """(what was measured, why the others were not), by control; takes `seconds` + `rest_s`
    and some time to let go between them."""
    from drumatlas.panel.calibrate import measured
    from drumatlas.panel.wiring import STICK

    say(f"turn every knob, and push the stick all round, to all ends: {seconds:g} s")
    moving = sample(wiring, board, seconds)
    say(f"now hands off: {_GRACE_S + rest_s:g} s")
    time.sleep(_GRACE_S)
    still = sample(wiring, board, rest_s)
    found: dict[str, Calibration] = {}
    failed: dict[str, str] = {}
    for one in wiring.inputs:
        rows = moving[one.control], still[one.control]
        try:
            is_stick = one.control in STICK
            found[one.control] = measured(*rows, one.calibration, is_stick, one.count)
        except ConfigError as error:
            failed[one.control] = str(error)
    return found, failed


def sample(wiring: "Wiring", board: "Board", seconds: float) -> dict[str, list[float]]:
    """Control -> its readings over that time, 100 a second."""
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
    """Set the measured inputs in the TOML file at `path`; the rest stays as it is. All or
    nothing: what would not be read again is not written."""
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
    "For panels at the pins of a Raspberry Pi. Turn every knob from end to end, then let go: it "
    "measures ends, middle and noise.",
)
