"""`drumatlas monitor`: measure the MIDI clock that arrives at a port.

On ALSA the kernel stamps each message. If the whole machine pauses, these stamps hardly show it,
because the kernel's clock pauses too. Elsewhere a message is stamped when our thread receives it,
which adds our own jitter to the sender's.
"""

import argparse
import json
import shutil
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from drumatlas.cli.common import MAX_SECONDS
from drumatlas.commandline import Command, number, say
from drumatlas.errors import PortError
from drumatlas.play.timeline import MAX_TEMPO, MIN_TEMPO

if TYPE_CHECKING:
    from drumatlas.play.clock_stats import ClockReport, ClockStats, Spread
    from drumatlas.play.port import InputPort

EXAMPLES = """\
drumatlas monitor                               # the first port found
drumatlas monitor "DAW Sync" --bpm 120 --seconds 60
drumatlas monitor virtual                       # open a port, then connect a clock to it
drumatlas monitor drumatlas --seconds 10 --json"""

_POLL_S = 0.05
_MAX_WAITING = 100_000  # messages between two polls; a flood beyond that loses its oldest
_SWITCH_S = 0.0002

Arrivals = deque[tuple[bytes, int]]  # (message, arrival in monotonic ns)
PrintLine = Callable[["ClockReport", float], None]


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options of `monitor`."""
    parser.add_argument(
        "port",
        nargs="?",
        metavar="PORT|virtual",
        help="port to listen to: its name in `drumatlas ports`, a part of that name, or virtual to "
        "open a port that others connect to (default: the first port)",
    )
    parser.add_argument(
        "--seconds", type=number(0.01, MAX_SECONDS), metavar="N", help="stop after N seconds"
    )
    parser.add_argument(
        "--bpm",
        type=number(MIN_TEMPO, MAX_TEMPO),
        metavar="N",
        help="expected tempo of the clock in beats per minute (default: the nearest whole number)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")


def run(arguments: argparse.Namespace) -> int:
    """Listen until --seconds are over or the user stops it, then print a summary."""
    from drumatlas.play.clock_stats import ClockStats
    from drumatlas.signals import quitting

    stats = ClockStats()
    end_s = float("inf") if arguments.seconds is None else arguments.seconds
    print_line = None if arguments.json else _line_printer(arguments.bpm)
    with quitting() as quit_, _quick_threads(), _open(arguments.port) as (port, arrivals):
        say(f"listening to {port.name}; press Ctrl-C to stop")
        name = port.name
        seconds = _listen(port, arrivals, stats, print_line, lambda s: quit_.is_set or s >= end_s)
    report = stats.report()
    if arguments.json:
        print(json.dumps(_table(name, seconds, report, arguments.bpm)))
        return 0
    if sys.stdout.isatty():
        print()  # end the line that was overwritten each second
    print("\n".join(_summary(name, seconds, report, arguments.bpm)))
    return 0


@contextmanager
def _open(wanted: str | None) -> "Iterator[tuple[InputPort, Arrivals]]":
    """Open the input and yield (the port, the queue that its messages are appended to)."""
    from drumatlas.midi.choose import list_ports, open_input

    arrivals: Arrivals = deque(maxlen=_MAX_WAITING)
    name = wanted or _first(list_ports()[2])
    port = open_input(name, lambda data, at_ns: arrivals.append((data, at_ns)))
    if port is None:
        raise PortError("monitor needs a MIDI input, not 'none'", "choose from drumatlas ports")
    try:
        yield port, arrivals
    finally:
        port.close()


def _first(inputs: Sequence[str]) -> str:
    """Return the first input that is not ALSA's loopback, or "virtual" if there is none."""
    return next((name for name in inputs if "midi through" not in name.casefold()), "virtual")


@contextmanager
def _quick_threads() -> Iterator[None]:
    """Let threads switch every 0.2 ms.

    Outside ALSA a message is stamped when the receiving thread gets the interpreter's lock. With
    Python's default, this command's own computing would hold the lock for 5 ms at a time.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _listen(
    port: "InputPort",
    arrivals: Arrivals,
    stats: "ClockStats",
    print_line: PrintLine | None,
    is_over: Callable[[float], bool],
) -> float:
    """Feed messages to `stats` and print a line each second until `is_over(seconds)`.

    Return how long it listened, in seconds.
    """
    began = time.monotonic()
    last_second, last_fault, seconds = 0, "", 0.0
    while not is_over(seconds):
        time.sleep(_POLL_S)
        for _ in range(len(arrivals)):
            stats.feed(*arrivals.popleft())
        seconds = time.monotonic() - began
        if port.fault != last_fault:
            last_fault = port.fault
            say(last_fault or f"{port.name} is back")
        if print_line and int(seconds) > last_second:
            last_second = int(seconds)
            print_line(stats.report(), seconds)
    return seconds


def _line_printer(bpm: float | None) -> PrintLine:
    """Return a function that prints one line about the clock, compared with `bpm`.

    On a terminal each line overwrites the one before.
    """
    is_terminal = sys.stdout.isatty()

    def print_line(report: "ClockReport", seconds: float) -> None:
        if report.bpm is None or report.phase is None:
            return  # too few clocks so far
        line = (
            f"{seconds:4.0f} s  {report.bpm:8.3f} BPM  {_drift(report.bpm, bpm)}"
            f"  phase p99 {report.phase.p99:.0f} us"
            f"  missing {report.missing}, bunched {report.bunched}"
        )
        if is_terminal:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:width]:{width}}", end="", flush=True)
        else:
            print(line, flush=True)

    return print_line


def _reference(bpm: float, wanted: float | None) -> float:
    """Return the tempo in BPM that drift is measured against."""
    return max(1, round(bpm)) if wanted is None else wanted


def _drift(bpm: float, wanted: float | None) -> str:
    from drumatlas.play.clock_stats import drift_ppm

    ppm = drift_ppm(bpm, _reference(bpm, wanted))
    return f"{abs(ppm):.1f} ppm {'slow' if ppm > 0 else 'fast'}"


def _summary(name: str, seconds: float, report: "ClockReport", bpm: float | None) -> list[str]:
    """Return the summary in words; one line if no clock arrived."""
    counts = report.counts
    notes = f"{counts['note_ons']} note-ons, {counts['note_offs']} note-offs"
    if not report.clocks:
        return [f"no clock received from {name} in {seconds:.1f} s; {notes}"]
    lines = [f"{name}: {report.clocks} clocks in {seconds:.1f} s"]
    if report.bpm is None:
        lines.append("tempo: too few clocks in a row to measure it")
    else:
        source = "the nearest whole number" if bpm is None else "--bpm"
        reference = f"{_reference(report.bpm, bpm):g} ({source})"
        drift = _drift(report.bpm, bpm)
        lines.append(f"tempo: {report.bpm:.4f} BPM, {drift} compared with {reference}")
    for label, spread in (("phase error", report.phase), ("interval deviation", report.interval)):
        if spread:
            values = f"p50 {spread.p50:.0f}, p99 {spread.p99:.0f}, max {spread.max:.0f}"
            lines.append(f"{label}, us: {values}")
    lines.append(
        f"missing {report.missing}, bunched {report.bunched}, pauses {report.pauses},"
        f" tempo changes {report.tempo_changes}"
    )
    transport = ", ".join(f"{word} {counts[word]}" for word in ("starts", "continues", "stops"))
    return [*lines, f"{transport}; {notes}"]


def _table(name: str, seconds: float, report: "ClockReport", bpm: float | None) -> dict[str, Any]:
    """Return the report for --json. `ppm` is above 0 for a slow clock; errors are in µs."""
    from drumatlas.play.clock_stats import drift_ppm

    clock: dict[str, Any] = {"count": report.clocks, "bpm": None, "ppm": None}
    if report.bpm is not None:
        reference = _reference(report.bpm, bpm)
        clock["bpm"] = round(report.bpm, 6)
        clock["ppm"] = round(drift_ppm(report.bpm, reference), 3)
        clock["against_bpm"] = reference
        clock["against"] = "nearest" if bpm is None else "--bpm"
    clock["phase"], clock["interval"] = _errors(report.phase), _errors(report.interval)
    for word in ("missing", "bunched", "pauses", "tempo_changes"):
        clock[word] = getattr(report, word)
    return {"port": name, "seconds": round(seconds, 3), "clock": clock, **report.counts}


def _errors(spread: "Spread | None") -> dict[str, float] | None:
    return {word: round(us, 3) for word, us in asdict(spread).items()} if spread else None


COMMAND = Command(
    "monitor",
    "measure the clock of a MIDI port",
    EXAMPLES,
    options,
    run,
    "Prints tempo, drift, jitter and the number of missing clocks. Press Ctrl-C to stop.",
)
