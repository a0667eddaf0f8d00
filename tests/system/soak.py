"""Lets a box play for a long while in real time, and tells what that did to it.

    DRUMATLAS_MACHINE="ssh root@pi" PYTHONPATH=tests python -m system.soak --minutes 20

The machine is one that tests/system has installed (test_install.py). A controller is turned twice a
second. Prints one JSON object: resident memory every half a minute (MB), what hangs at the end, how
far the clock went from its tempo (by `drumatlas monitor` on that machine), restarts, faults. Exit
1 if notes hang, clocks are missing, it was started anew, the tempo is off by more than 20 ppm, or
memory grew by more than 0.5 MB in the second half (in the first, heaps fill). It begins without
state: at 120 BPM.
"""

import argparse
import json
import sys
import time
from typing import Any

from support.recordings import clocks, hanging, notes
from system.box import CONTROLLERS, THERE, RemoteBox, box_for

PACE_S = 30
GROWTH_MB = 0.5
DRIFT_PPM = 20  # of the machine's clock as its own sequencer counts it
RSS = "awk '/VmRSS/ {print $2}' /proc/$(systemctl show -p MainPID --value drumatlas)/status"


def resident(box: RemoteBox, seconds: float) -> list[float]:
    """MB, every PACE_S while there is a process."""
    found = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if number := box.machine.run(RSS).stdout.strip():
            found.append(round(int(number) / 1024, 2))
        time.sleep(min(PACE_S, max(end - time.monotonic(), 0)))
    return found


def soak(box: RemoteBox, seconds: float) -> dict[str, Any]:
    """Play for `seconds`; what was seen."""
    box.configure()
    box.systemctl("stop", "drumatlas")
    box.machine.get("rm -rf /var/lib/drumatlas/*")
    box.systemctl("start", "drumatlas")
    time.sleep(10)
    since = box.now()
    turned = " ".join(f"{name}={number}" for name, number in CONTROLLERS.items() if name != "tempo")
    line = f"timeout {seconds:.0f} python3 {THERE}/there_turn.py {box.synth.card} 1 0.5 {turned}"
    turner = box.machine.start(line)
    ask = f"drumatlas monitor drumatlas --seconds {seconds:.0f} --bpm 120 --json"
    monitor = box.machine.start(ask)
    memory = resident(box, seconds)
    turns, _ = turner.communicate(timeout=120)
    told = json.loads(monitor.communicate(timeout=120)[0])
    faults = box.status()["faults"]
    restarts = int(box.show("NRestarts"))
    box.systemctl("stop", "drumatlas")
    stream = box.hears(since)
    ticks = clocks(stream)
    tempo = (len(ticks) - 1) * 60e9 / 24 / (ticks[-1] - ticks[0])
    return {
        "seconds": seconds,
        "turns": len(turns.splitlines()),
        "clocks": len(ticks),
        "notes": len(notes(stream)),
        "hanging": sorted(hanging(stream)),
        "ppm_at_the_synth": round((tempo / 120 - 1) * 1e6, 1),
        "monitor": told["clock"],
        "resident_mb": memory,
        "restarts": restarts,
        "faults": faults,
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=20)
    arguments = parser.parse_args()
    box = box_for(parser)
    box.listen()
    found = soak(box, arguments.minutes * 60)
    print(json.dumps(found))
    settled = found["resident_mb"][len(found["resident_mb"]) // 2 :]
    grown = max(settled) - settled[0]
    return int(
        bool(
            found["hanging"]
            or found["restarts"]
            or found["monitor"]["missing"]
            or abs(found["monitor"]["ppm"]) > DRIFT_PPM
            or grown > GROWTH_MB
        )
    )


if __name__ == "__main__":
    sys.exit(main())
