"""Pull the synth's plug while it plays, again and again: how soon is the beat back?

    python tests/bench/replug.py --out "Rig Keys" --far f_midi \\
        --plug "usbmidi plug keys" --unplug "usbmidi unplug keys" --times 10

For a machine with ALSA's sequencer and a MIDI device that can be plugged in by a command. `--out`
is the port that drumatlas plays to, `--far` the device's own end, where this script listens.
Prints, for each time: seconds from when the device came up to its first message, what that was,
how many notes followed, and drumatlas' resident memory; at the end, notes left sounding. Ends
with 1 if a beat was not back within 2 s, did not begin with panic, a note was left, or memory
grew by over 1 MB.
"""

import argparse
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import alsa_midi as alsa

from drumatlas.midi.alsa.queue import wait_events

LATEST_S = 2.0
PANIC = {120, 123}  # All Sound Off, All Notes Off


class FarEnd:
    """Hears what arrives at the device, as long as it is plugged in."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._client = alsa.SequencerClient("far end")
        self._port = self._client.create_port("in", alsa.WRITE_PORT)

    def connect(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            ports = self._client.list_ports(input=True, type=alsa.PortType(0))
            for port in ports:
                if self._name in port.client_name:
                    self._client.subscribe_port((port.client_id, port.port_id), self._port)
                    return
            time.sleep(0.005)
        raise SystemExit(f"no port '{self._name}' after the plug")

    def hear(self, seconds: float) -> list[tuple[float, Any]]:
        end, heard = time.monotonic() + seconds, []
        while time.monotonic() < end:
            heard += [(time.monotonic(), event) for event in wait_events(self._client, 0.05)]
        return heard


def sounding(events: list[Any]) -> set[tuple[int, int]]:
    """Notes that were struck and neither ended nor silenced by panic."""
    notes: set[tuple[int, int]] = set()
    for event in events:
        if isinstance(event, alsa.ControlChangeEvent) and event.param in PANIC:
            notes = {note for note in notes if note[0] != event.channel}
        elif isinstance(event, alsa.NoteOnEvent) and event.velocity:
            notes.add((event.channel, event.note))
        elif isinstance(event, alsa.NoteOffEvent | alsa.NoteOnEvent):
            notes.discard((event.channel, event.note))
    return notes


def resident_mb(pid: int) -> float:
    line = next(
        row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in row
    )
    return int(line.split()[1]) / 1000


def row(count: int, began: float, heard: list[tuple[float, Any]], memory: float) -> bool:
    """Print one replug; whether it was as it should be."""
    if not heard:
        print(f"| {count} | never | | 0 | {memory:.1f} |", flush=True)
        return False
    back, first = heard[0][0] - began, heard[0][1]
    is_panic = isinstance(first, alsa.ControlChangeEvent) and first.param in PANIC
    notes = sum(isinstance(event, alsa.NoteOnEvent) for _, event in heard)
    what = "panic" if is_panic else type(first).__name__
    print(f"| {count} | {back:.2f} | {what} | {notes} | {memory:.1f} |", flush=True)
    return back <= LATEST_S and is_panic and notes > 0


def run(wanted: argparse.Namespace, process: "subprocess.Popen[bytes]") -> bool:
    far, good, memory, events = FarEnd(wanted.far), [], [], []
    print("| time | back after, s | first | notes | resident, MB |")
    print("| --- | --- | --- | --- | --- |")
    for count in range(wanted.times):
        subprocess.run(shlex.split(wanted.unplug), check=True)
        time.sleep(wanted.pause)
        far.hear(0.1)
        with subprocess.Popen(shlex.split(wanted.plug)):
            far.connect(time.monotonic() + 10)
            began = time.monotonic()
            heard = far.hear(LATEST_S + 2)
        memory.append(resident_mb(process.pid))
        good.append(row(count + 1, began, heard, memory[-1]))
        events += [event for _, event in heard]
    good += [process.poll() is None, max(memory) - memory[0] <= 1.0]
    process.terminate()
    process.wait(10)
    left = sounding(events + [event for _, event in far.hear(1.0)])
    print(f"notes left sounding after the end: {len(left)}")
    return all(good) and not left


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("out", "far", "plug", "unplug"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--pause", type=float, default=1.5, help="seconds without the plug")
    wanted = parser.parse_args()
    command = [sys.executable, "-m", "drumatlas", "play", "--web", "off", "--panel", "none"]
    process = subprocess.Popen([*command, "--midi-out", wanted.out])
    try:
        time.sleep(4)
        is_good = run(wanted, process)
    finally:
        process.terminate()
        process.wait(10)
    print("good" if is_good else "NOT good")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
