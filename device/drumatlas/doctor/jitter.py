"""How even our own clock is on this machine: played through a port of ours, and heard again."""

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
# Grids calls less than 0.5 % of a beat's 16th a good clock; this is 2 % of one at 120 BPM.
_GOOD_US = 2500
_INPUT = "drumatlas in:in"  # AlsaInput's own port
_SILENT = Pattern((tuple(() for _ in range(STEPS)),))

Heard = deque[tuple[bytes, int]]


def examine_jitter(seconds: float = SECONDS) -> Finding:
    """Play a clock for that long and hear it; takes that long."""
    if not has_alsa():
        advice = "see sequencer and alsa-midi; drumatlas monitor hears other ports"
        return Finding("jitter", "warn", "not measured: it needs ALSA's sequencer", advice)
    heard: Heard = deque()
    try:
        if any(name.startswith(_INPUT) for name in list_ports()[1]):
            return Finding("jitter", "warn", "not measured: a box listens there", "stop it first")
        ear = open_input("virtual", lambda data, at_ns: heard.append((data, at_ns)))
    except PortError as error:
        return Finding("jitter", "warn", f"not measured: {error}")
    assert ear is not None
    try:
        port = open_outputs([_INPUT], ())[0]
    except PortError as error:
        ear.close()
        return Finding("jitter", "warn", f"not measured: {error}")
    try:
        return measure(port, heard, seconds)
    finally:
        ear.close()


def measure(
    port: OutputPort, heard: Heard, seconds: float, sleep: Callable[[float], None] = time.sleep
) -> Finding:
    """Play to `port`, which comes back in `heard`; closes the port."""
    sequencer = Sequencer(PlaySettings(), _SILENT, time.monotonic_ns())
    performer = Performer(sequencer, port, request_realtime)
    sequencer.start()
    performer.start()
    sleep(seconds)
    performer.close()
    port.close()
    stats = ClockStats()
    for data, at_ns in heard:
        stats.feed(data, at_ns)
    report = stats.report()
    if report.phase is None:
        return Finding("jitter", "warn", f"only {report.clocks} clocks came back", "see delivery")
    p50, p99 = report.phase.p50, report.phase.p99
    detail = f"clock {p50:.0f} us off the grid (median), {p99:.0f} us (p99), {seconds:g} s"
    if report.missing or report.bunched or p99 > _GOOD_US:
        advice = "close what computes; see realtime and power"
        return Finding("jitter", "warn", f"{detail}; missing {report.missing}", advice)
    return Finding("jitter", "ok", detail)
