"""How much memory playing takes, and how long it is from start to the first MIDI clock.

    make bench

Prints a table; nothing is judged here (machines differ), but the README's numbers come from it.
Memory is read while every knob is turned; under JACK the part that is JACK's own shared memory
(the server maps and locks about 100 MB into every client) is shown apart.
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


def resident(process: subprocess.Popen[bytes]) -> dict[str, float]:
    """Largest VmRSS over the run and its shared-memory part, MB."""
    most = {"VmRSS": 0.0, "RssShmem": 0.0}
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            break
        for key, value in most.items():
            found = re.search(rf"{key}:\s+(\d+) kB", status)
            most[key] = max(value, int(found[1]) / 1000 if found else 0.0)
        time.sleep(0.05)
    return most


def first_clock(script: Path) -> float:
    """Seconds from starting the process to its first clock at another JACK client."""
    import rtmidi

    client = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name="bench")
    client.ignore_types(timing=False)
    heard: list[float] = []
    client.set_callback(
        lambda message, _: heard.append(time.monotonic()) if message[0] == [0xF8] else None
    )
    client.open_virtual_port("in")
    began = time.monotonic()
    process = start("bench:in", script, 0.5)
    process.wait()
    client.close_port()
    client.delete()
    return heard[0] - began


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "turn.jsonl"
        script.write_text(turning())
        memory = resident(start("none", script, SECONDS))
        print(f"resident while playing, no MIDI system     {memory['VmRSS']:6.1f} MB (most)")
        if not shutil.which("jackd"):
            print("no jackd: apt install jackd2 for the rest")
            return
        os.environ |= {"JACK_DEFAULT_SERVER": "drumatlas-bench", "JACK_NO_START_SERVER": "1"}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = subprocess.Popen(JACK, **quiet)  # type: ignore[call-overload]
        time.sleep(2)
        try:
            memory = resident(start("virtual", script, SECONDS))
            own = memory["VmRSS"] - memory["RssShmem"]
            print(f"resident while playing, JACK               {own:6.1f} MB (most), without")
            print(f"  JACK's own shared memory                 {memory['RssShmem']:6.1f} MB")
            times = sorted(first_clock(script) for _ in range(RUNS))
            print(
                f"start to first MIDI clock, {RUNS} runs           "
                f"{median(times):6.2f} s (median), {times[-1]:.2f} s (most)"
            )
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
