"""How much memory playing takes, and how long it is from start to panic and to the first MIDI
clock.

    make bench

Prints a table; nothing is judged here (machines differ), but the README's numbers come from it.
Memory is read while every knob is turned. Without ALSA's sequencer a second process delivers the
messages; under JACK the server maps about 100 MB of its own into that, shown apart.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from drumatlas.midi.rtmidi.api import open_client

SECONDS = 6.0
RUNS = 5
JACK = ["jackd", "-t", "5000", "-n", "drumatlas-bench", "-d", "dummy", "-r", "48000", "-p", "128"]


def turning() -> str:
    """A script that turns every knob 20 times a second."""
    names = ("x1", "x2", "x3", "x4", "density", "chaos", "map_x", "map_y", "tempo", "swing")
    lines = [
        {"t": i / 20, "control": names[i % len(names)], "value": (i * 0.37) % 1}
        for i in range(int(SECONDS * 20))
    ]
    return "\n".join(map(json.dumps, lines))


def start(port: str, script: Path, seconds: float) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "drumatlas", "play", "--web", "off", "--midi-out", port]
    options = ["--panel", f"script:{script}", "--seconds", str(seconds)]
    return subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL)


def status_of(pid: int) -> dict[str, float]:
    """VmRSS and its shared-memory part, MB; nothing once the process is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return {}
    return {k: int(v) / 1000 for k, v in re.findall(r"(VmRSS|RssShmem):\s+(\d+) kB", text)}


def children(pid: int) -> list[int]:
    """Of any of its threads."""
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/children"))
        return [int(child) for file in files for child in file.read_text().split()]
    except OSError:
        return []


def resident(process: subprocess.Popen[bytes]) -> tuple[float, float, float]:
    """Largest resident memory over the run, MB: of the box, of its delivering process without
    what is shared, and what that shares (JACK's memory)."""
    own = child = shared = 0.0
    while process.poll() is None:
        own = max(own, status_of(process.pid).get("VmRSS", 0.0))
        for status in map(status_of, children(process.pid)):
            shared = max(shared, status.get("RssShmem", 0.0))
            child = max(child, status.get("VmRSS", 0.0) - status.get("RssShmem", 0.0))
        time.sleep(0.05)
    return own, child, shared


def first_heard(script: Path) -> tuple[float, float]:
    """Seconds from starting the process to panic and to its first clock at another JACK client."""
    client = open_client(output=False, name="bench", systems=("jack",))[0]
    heard: dict[int, float] = {}  # by status
    client.listen(lambda message: heard.setdefault(message[0], time.monotonic()))
    client.open_virtual_port("in")
    began = time.monotonic()
    process = start("bench:in", script, 0.5)
    process.wait()
    client.close_port()
    client.delete()
    return heard[0xB9] - began, heard[0xF8] - began


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "turn.jsonl"
        script.write_text(turning())
        own, _, _ = resident(start("none", script, SECONDS))
        print(f"resident while playing, no MIDI system     {own:6.1f} MB (most)")
        if not shutil.which("jackd"):
            print("no jackd: apt install jackd2 for the rest")
            return
        os.environ |= {"JACK_DEFAULT_SERVER": "drumatlas-bench", "JACK_NO_START_SERVER": "1"}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = subprocess.Popen(JACK, **quiet)  # type: ignore[call-overload]
        time.sleep(2)
        try:
            own, child, shared = resident(start("virtual", script, SECONDS))
            print(f"resident while playing, JACK               {own:6.1f} MB (most)")
            print(f"  the delivering process                   {child:6.1f} MB, without")
            print(f"  JACK's own shared memory                 {shared:6.1f} MB")
            heard = zip(*(first_heard(script) for _ in range(RUNS)), strict=True)
            for what, times in zip(("panic", "first MIDI clock"), heard, strict=True):
                print(
                    f"start to {what:16}, {RUNS} runs           "
                    f"{median(times):6.2f} s (median), {max(times):.2f} s (most)"
                )
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
