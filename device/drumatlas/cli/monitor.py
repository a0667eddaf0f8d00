"""`drumatlas monitor`: how good the clock is that comes in at a MIDI port.

On ALSA a message has the kernel's time stamp; a standstill of the whole machine hardly shows in
those, because the stamping clock stands still as well. Elsewhere a message is stamped when our
thread gets it, which adds our own jitter to the sender's.
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
drumatlas monitor                               # the first port there is
drumatlas monitor "DAW Sync" --bpm 120 --seconds 60
drumatlas monitor virtual                       # then connect a clock to it
drumatlas monitor drumatlas --seconds 10 --json"""

_POLL_S = 0.05
_WAITING = 100_000  # messages between two polls; a flood beyond that loses its oldest
_SWITCH_S = 0.0002

Heard = deque[tuple[bytes, int]]
Show = Callable[["ClockReport", float], None]


def options(parser: argparse.ArgumentParser) -> None:
    """The options of `monitor`."""
    parser.add_argument(
        "port",
        nargs="?",
        metavar="PORT|virtual",
        help="port that the clock comes from, by its name in `drumatlas ports` or a part of it, or "
        "virtual: a port that others connect to (default: the first port)",
    )
    parser.add_argument(
        "--seconds", type=number(0.01, MAX_SECONDS), metavar="N", help="stop after N seconds"
    )
    parser.add_argument(
        "--bpm",
        type=number(MIN_TEMPO, MAX_TEMPO),
        metavar="N",
        help="tempo that the clock should have, in beats per minute (default: the nearest whole "
        "one)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")


def run(arguments: argparse.Namespace) -> int:
    """Listen until told to stop, then sum up."""
    from drumatlas.play.clock_stats import ClockStats
    from drumatlas.signals import quitting

    stats = ClockStats()
    end_s = float("inf") if arguments.seconds is None else arguments.seconds
    show = None if arguments.json else _line_of(arguments.bpm)
    with quitting() as quit_, _quick_threads(), _open(arguments.port) as (port, heard):
        say(f"hearing {port.name}; Ctrl-C ends")
        name = port.name
        seconds = _listen(port, heard, stats, show, lambda s: quit_.is_set or s >= end_s)
    report = stats.report()
    if arguments.json:
        print(json.dumps(_table(name, seconds, report, arguments.bpm)))
        return 0
    if sys.stdout.isatty():
        print()  # below the line of seconds
    print("\n".join(_summary(name, seconds, report, arguments.bpm)))
    return 0


@contextmanager
def _open(wanted: str | None) -> "Iterator[tuple[InputPort, Heard]]":
    """(the port, what it heard and nobody took yet)."""
    from drumatlas.midi.choose import list_ports, open_input

    heard: Heard = deque(maxlen=_WAITING)
    name = wanted or _first(list_ports()[2])
    port = open_input(name, lambda data, at_ns: heard.append((data, at_ns)))
    if port is None:
        raise PortError("MIDI input 'none' can't be heard", "drumatlas ports lists what there is")
    try:
        yield port, heard
    finally:
        port.close()


def _first(inputs: Sequence[str]) -> str:
    """The first input that is not ALSA's loopback; a port of our own where there is none."""
    return next((name for name in inputs if "midi through" not in name.casefold()), "virtual")


@contextmanager
def _quick_threads() -> Iterator[None]:
    """Outside ALSA a message is stamped when its thread gets the interpreter, which the reckoning
    here would hold for 5 ms at a time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _listen(
    port: "InputPort",
    heard: Heard,
    stats: "ClockStats",
    show: Show | None,
    is_over: Callable[[float], bool],
) -> float:
    """Feed what is heard to `stats`, show them once a second; returns how long it was, s."""
    began = time.monotonic()
    shown, told, seconds = 0, "", 0.0
    while not is_over(seconds):
        time.sleep(_POLL_S)
        for _ in range(len(heard)):
            stats.feed(*heard.popleft())
        seconds = time.monotonic() - began
        if port.fault != told:
            told = port.fault
            say(told or f"{port.name} is back")
        if show and int(seconds) > shown:
            shown = int(seconds)
            show(stats.report(), seconds)
    return seconds


def _line_of(bpm: float | None) -> Show:
    """Prints a second's line: anew on a terminal, else one below the other."""
    is_terminal = sys.stdout.isatty()

    def show(report: "ClockReport", seconds: float) -> None:
        if report.bpm is None or report.phase is None:
            return  # nothing to tell yet
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

    return show


def _against(bpm: float, wanted: float | None) -> float:
    """The tempo that drift is told against."""
    return max(1, round(bpm)) if wanted is None else wanted


def _drift(bpm: float, wanted: float | None) -> str:
    from drumatlas.play.clock_stats import drift_ppm

    ppm = drift_ppm(bpm, _against(bpm, wanted))
    return f"{abs(ppm):.1f} ppm {'slow' if ppm > 0 else 'fast'}"


def _summary(name: str, seconds: float, report: "ClockReport", bpm: float | None) -> list[str]:
    """For people; one line where no clock was heard."""
    counts = report.counts
    notes = f"{counts['note_ons']} note-ons, {counts['note_offs']} note-offs"
    if not report.clocks:
        return [f"no clock heard on {name} in {seconds:.1f} s; {notes}"]
    lines = [f"{name}: {report.clocks} clocks in {seconds:.1f} s"]
    if report.bpm is None:
        lines.append("tempo: too few clocks in a row to tell")
    else:
        source = "the nearest whole tempo" if bpm is None else "--bpm"
        against = f"{_against(report.bpm, bpm):g} ({source})"
        drift = _drift(report.bpm, bpm)
        lines.append(f"tempo: {report.bpm:.4f} BPM, {drift} against {against}")
    for what, spread in (("phase error", report.phase), ("interval deviation", report.interval)):
        if spread:
            values = f"p50 {spread.p50:.0f}, p99 {spread.p99:.0f}, max {spread.max:.0f}"
            lines.append(f"{what}, us: {values}")
    lines.append(
        f"missing {report.missing}, bunched {report.bunched}, pauses {report.pauses},"
        f" tempo changes {report.tempo_changes}"
    )
    transport = ", ".join(f"{word} {counts[word]}" for word in ("starts", "continues", "stops"))
    return [*lines, f"{transport}; {notes}"]


def _table(name: str, seconds: float, report: "ClockReport", bpm: float | None) -> dict[str, Any]:
    """For programs. `ppm` above 0: slow. Errors in microseconds."""
    from drumatlas.play.clock_stats import drift_ppm

    clock: dict[str, Any] = {"count": report.clocks, "bpm": None, "ppm": None}
    if report.bpm is not None:
        against = _against(report.bpm, bpm)
        clock["bpm"] = round(report.bpm, 6)
        clock["ppm"] = round(drift_ppm(report.bpm, against), 3)
        clock["against_bpm"] = against
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
    "Shows tempo, drift, how evenly clocks come, and how many are missing. Ctrl-C ends it.",
)
