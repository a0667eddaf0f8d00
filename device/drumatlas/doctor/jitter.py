"""Measure the jitter of our own MIDI clock: play it through a port and receive it again."""

import time
from collections import deque
from collections.abc import Callable

from drumatlas.beat.codes import STEPS
from drumatlas.beat.pattern import Pattern
from drumatlas.doctor.finding import Finding
from drumatlas.errors import PortError
from drumatlas.midi.choose import has_alsa, list_ports, open_input, open_outputs
from drumatlas.play.clock_stats import ClockStats
from drumatlas.play.performer import Performer
from drumatlas.play.port import OutputPort
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings
from drumatlas.realtime import request_realtime

SECONDS = 5.0
# Grids calls a clock good if it is off by less than 0.5 % of a 16th note; this is 2 % of one at
# 120 BPM.
_GOOD_US = 2500
_INPUT = "drumatlas in:in"  # AlsaInput's own port
_SILENT = Pattern((tuple(() for _ in range(STEPS)),))

Arrivals = deque[tuple[bytes, int]]  # (message, arrival in monotonic ns)


def examine_jitter(seconds: float = SECONDS) -> Finding:
    """Play a clock for `seconds`, receive it, and report its jitter; blocks that long."""
    if not has_alsa():
        advice = "see sequencer and alsa-midi; drumatlas monitor measures other ports"
        return Finding("jitter", "warn", "not measured: it needs ALSA's sequencer", advice)
    arrivals: Arrivals = deque()
    try:
        if any(name.startswith(_INPUT) for name in list_ports()[1]):
            detail = "not measured: a running box has this input open"
            return Finding("jitter", "warn", detail, "stop it first")
        receiver = open_input("virtual", lambda data, at_ns: arrivals.append((data, at_ns)))
    except PortError as error:
        return Finding("jitter", "warn", f"not measured: {error}")
    assert receiver is not None
    try:
        port = open_outputs([_INPUT], ())[0]
    except PortError as error:
        receiver.close()
        return Finding("jitter", "warn", f"not measured: {error}")
    try:
        return measure(port, arrivals, seconds)
    finally:
        receiver.close()


def measure(
    port: OutputPort,
    arrivals: Arrivals,
    seconds: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Finding:
    """Play a clock to `port` for `seconds` and report the jitter of `arrivals`; close the port.

    `port` must be connected to an input that appends its messages to `arrivals`.
    """
    sequencer = Sequencer(PlaySettings(), _SILENT, time.monotonic_ns())
    performer = Performer(sequencer, port, request_realtime)
    sequencer.start()
    performer.start()
    sleep(seconds)
    performer.close()
    port.close()
    stats = ClockStats()
    for data, at_ns in arrivals:
        stats.feed(data, at_ns)
    report = stats.report()
    if report.phase is None:
        return Finding("jitter", "warn", f"only {report.clocks} clocks came back", "see delivery")
    p50, p99 = report.phase.p50, report.phase.p99
    detail = f"clock {p50:.0f} us off the grid (median), {p99:.0f} us (p99), in {seconds:g} s"
    if report.missing or report.bunched or p99 > _GOOD_US:
        advice = "close programs that keep the processor busy; see realtime and power"
        return Finding("jitter", "warn", f"{detail}; missing {report.missing}", advice)
    return Finding("jitter", "ok", detail)
