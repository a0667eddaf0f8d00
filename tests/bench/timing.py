"""Who keeps the best time: drumatlas beside a bare loop, isobar and other sequencers, in one run.

    python tests/bench/timing.py                                   # ports of this machine
    python tests/bench/timing.py --seconds 60 --load 2 --recorder /path/to/midirec.py \\
        --sender 'C, SCHED_FIFO=bench:out=cclock 120 {life} fifo'

Every sender plays 120 BPM for itself, one after the other; drumatlas with a script that turns
every knob 100 times a second. The judge is `drumatlas monitor` in a process of its own, or a
recorder that is called as `RECORDER PORT --seconds N --bpm 120 --out F.json` and writes
{"clock": {"phase": {"p50", "p99", "max"}, "ppm", "missing", "bunched"}}. `--load` puts as many
computing processes beside them. Prints a table; judges nothing: machines differ.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BPM = 120
SETTLE = 3.0  # seconds from a sender's start to the recording
KNOBS = ("x1", "x2", "x3", "x4", "density", "chaos", "map_x", "map_y")
BARE = Path(__file__).with_name("bare_loop.py")


@dataclass(frozen=True)
class TimedSender:
    """Something that sends MIDI clock from a port whose name contains `source`."""

    label: str
    source: str
    command: list[str]


def turning(seconds: float) -> str:
    """A script that turns one knob every 10 ms, in turn, by large jumps."""
    lines = [
        {"t": i / 100, "control": KNOBS[i % len(KNOBS)], "value": (i * 0.37) % 1}
        for i in range(int(seconds * 100))
    ]
    return "\n".join(map(json.dumps, lines))


def senders(wanted: argparse.Namespace, folder: Path) -> list[TimedSender]:
    life = wanted.seconds + 60
    script = folder / "turn.jsonl"
    script.write_text(turning(life))
    play = [sys.executable, "-m", "drumatlas", "play", "--midi-out", "virtual", "--web", "off"]
    loop = [sys.executable, str(BARE), str(life)]
    found = [
        TimedSender(
            "drumatlas, knobs turning", "drumatlas", [*play, "--panel", f"script:{script}"]
        ),
        TimedSender("bare rtmidi loop, absolute deadlines", "bare:loop", [*loop, "bare"]),
    ]
    try:
        import isobar  # noqa: F401 - only if it is there
    except ImportError:
        print("isobar is not installed (pip install isobar); left out", file=sys.stderr)
    else:
        found.append(TimedSender("isobar", wanted.isobar_port, [*loop, "isobar"]))
    for text in wanted.sender:
        label, source, command = text.split("=", 2)
        found.append(TimedSender(label, source, shlex.split(command.format(life=round(life)))))
    return found


def measure(sender: TimedSender, wanted: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The recorder's report; {} where it heard no clock."""
    out = folder / "report.json"
    out.unlink(missing_ok=True)
    options = [sender.source, "--seconds", str(wanted.seconds), "--bpm", str(BPM)]
    with subprocess.Popen(
        sender.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            time.sleep(SETTLE)
            if wanted.recorder:
                command = [sys.executable, str(wanted.recorder), *options, "--out", str(out)]
                subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
                return dict(json.loads(out.read_text())["clock"])
            command = [sys.executable, "-m", "drumatlas", "monitor", *options, "--json"]
            done = subprocess.run(command, capture_output=True, check=True)
            return dict(json.loads(done.stdout)["clock"])
        except (subprocess.CalledProcessError, KeyError, OSError, ValueError) as error:
            print(f"{sender.label}: {error!r}", file=sys.stderr)
            return {}
        finally:
            process.terminate()


def row(label: str, clock: dict[str, Any]) -> str:
    phase = clock.get("phase")
    if not phase:
        return f"| {label} | no clock | | | | | |"
    numbers = " | ".join(f"{phase[key]:,.0f}" for key in ("p50", "p99", "max"))
    faults = f"{clock['missing']} | {clock['bunched']}"
    return f"| {label} | {numbers} | {clock['ppm']:.1f} | {faults} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--load", type=int, default=0, help="computing processes beside it")
    parser.add_argument("--recorder", type=Path, help="default: drumatlas monitor")
    parser.add_argument(
        "--sender", action="append", default=[], metavar="LABEL=PORT=COMMAND", help="one more"
    )
    parser.add_argument("--isobar-port", default="RtMidi", help="isobar's name among the ports")
    wanted = parser.parse_args()
    busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(wanted.load)]
    print("| phase error, us | p50 | p99 | max | drift, ppm | missing | bunched |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    try:
        with tempfile.TemporaryDirectory() as name:
            for sender in senders(wanted, Path(name)):
                print(row(sender.label, measure(sender, wanted, Path(name))), flush=True)
    finally:
        for process in busy:
            process.kill()


if __name__ == "__main__":
    main()
