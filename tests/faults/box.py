"""The fault matrix: parts are taken away or broken while a second client records the MIDI.

What must hold whatever happens: the beat goes on, every note ends, clocks keep their distance, and
what is wrong is told.
"""

import signal
import subprocess
import threading
import time

from drumatlas.play.events import STOP, Event
from support.jack_server import Recorder
from support.recordings import clocks, hanging, longest_s
from support.waiting import until

BPM = 120
CLOCKS_S = BPM * 24 / 60  # clocks a second
FASTEST_NS = 60e9 / (300 * 24)  # between two clocks
RASTER_NS = 2_700_000  # of JACK's dummy driver
LATE_S = 0.25  # that a note may end later than its gate, on a machine that others use as well
SYNTH = ("--midi-out", "recorder:synth", "--panel", "none", "--bpm", str(BPM))


def densest(events: list[Event], count: int = 6) -> float:
    """The shortest time (ns) that `count` clocks in a row took, each."""
    at = clocks(events)
    return min((b - a) / count for a, b in zip(at, at[count:], strict=False))


def since(recorder: Recorder, from_ns: int, seconds: float) -> list[Event]:
    """What comes in the next `seconds`, told from `from_ns` on."""
    time.sleep(seconds)
    return [event for event in recorder.events if event.at_ns >= from_ns]


def goes_on(recorder: Recorder, seconds: float = 1, tries: int = 8) -> None:
    """Clocks come at the tempo from now on, and notes.

    A machine that other work holds up may lose clocks in one look; a beat that went wrong does
    in all of them.
    """
    for left in reversed(range(tries)):
        began_ns = time.monotonic_ns()
        events = since(recorder, began_ns, seconds)
        took_s = (time.monotonic_ns() - began_ns) / 1e9  # on a busy machine more than `seconds`
        came, due = len(clocks(events)), CLOCKS_S * took_s
        if abs(came - due) <= 6 and any(event.data[0] == 0x99 for event in events):
            return
        assert left, f"{came} clocks of {due:.0f} in {took_s:.1f} s, {len(events)} events"


def end(process: "subprocess.Popen[str]", recorder: Recorder) -> str:
    """Stop it as a service is stopped; what it said since one last looked (see `hear`)."""
    assert process.stderr is not None
    hanged = threading.Timer(60, process.kill)
    hanged.start()
    process.send_signal(signal.SIGTERM)
    said = process.stderr.read()
    process.wait()
    hanged.cancel()
    assert process.returncode == 0, said
    is_left_clean(recorder)
    return said


def is_left_clean(recorder: Recorder) -> None:
    """The last message is Stop, and nothing sounds; what was sent may still be on its way."""
    until(lambda: recorder.events[-1].data == STOP and not hanging(recorder.events))


def notes_end(events: list[Event], gate: float, bpm: float = BPM) -> None:
    """Each note was over after `gate` steps, as far as arrival times can tell."""
    took_s, may_s = longest_s(events), gate * 15 / bpm + LATE_S
    assert took_s <= may_s, f"a note of {took_s:.2f} s, at most {may_s:.2f}"


def hear(process: "subprocess.Popen[str]", words: str, seconds: float = 30) -> str:
    """What it says up to the line with these words; it is killed if it does not say them."""
    assert process.stderr is not None
    said = ""
    silent = threading.Timer(seconds, process.kill)
    silent.start()
    while words not in said:
        line = process.stderr.readline()
        assert line, f"{words!r} was not said, but: {said}"
        said += line
    silent.cancel()
    return said
