"""Cuts a box's power at random moments while its controls are turned; it must come back with them.

    DRUMATLAS_MACHINE="ssh root@pi" PYTHONPATH=tests python -m system.powercut \\
        --cut 'smart-plug off; sleep 2; smart-plug on' --times 10 --out cuts.jsonl

The machine is one that tests/system has installed (test_install.py); `--cut` takes its power away
and gives it back. After each cut the box must play by itself, show no fault, and stand where some
turn before the cut had left it: state is written once a second, so that may be a turn of up to two
seconds before, with the time that writing takes. Its four snapshots must be those of that moment or
of the one before it. One JSON object a cut; exit 1 if one cut was not survived.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.recordings import clocks, notes
from system.box import CONTROLLERS, THERE, RemoteBox, box_for

SAVES = {f"save_{slot}": 108 + number for number, slot in enumerate("abcd")}
EXACT = 1e-6
STATE = "/var/lib/drumatlas/state.json"
Values = dict[str, float]


@dataclass(frozen=True)
class Moment:
    """How the box stands after a turn: controls, and snapshots by slot."""

    at_ns: int
    values: Values
    saved: dict[str, Values] = field(default_factory=dict)


def moments(first: Moment, turns: Iterator[str]) -> list[Moment]:
    """`first`, and each that the lines of `there_turn.py` make of it."""
    found = [first]
    for line in turns:
        words = line.split()
        if len(words) != 3 or not line.endswith("\n"):
            break  # the cut went through it
        at_ns, name, last = int(words[0]), words[1], found[-1]
        if name.startswith("save"):
            saved = last.saved | {name[-1]: last.values}
            found.append(Moment(at_ns, last.values, saved))
        else:
            values = last.values | {name: int(words[2]) / 127}
            found.append(Moment(at_ns, values, last.saved))
    return found


def values_of(snapshot: dict[str, Any]) -> Values:
    return {name: snapshot["values"][name] for name in CONTROLLERS}


def moment_of(state: dict[str, Any]) -> Moment:
    saved = {slot: values_of(one) for slot, one in state["snapshots"].items() if slot in "abcd"}
    return Moment(0, values_of(state["place"]), saved)


def near(one: Values, other: Values) -> bool:
    return all(abs(one[name] - other[name]) < EXACT for name in CONTROLLERS)


def alike(one: Moment, other: Moment) -> bool:
    slots = one.saved.keys() == other.saved.keys()
    return (
        slots
        and near(one.values, other.values)
        and all(near(one.saved[slot], other.saved[slot]) for slot in one.saved)
    )


def lost_ns(state: dict[str, Any], history: list[Moment], cut_ns: int) -> int | None:
    """How long before the cut the first turn was that is not in `state`; 0 if all are; None if
    it is no moment of `history`."""
    kept = moment_of(state)
    for index in range(len(history) - 1, -1, -1):
        if alike(kept, history[index]):
            return max(cut_ns - history[index + 1].at_ns, 0) if index + 1 < len(history) else 0
    return None


def settled(box: RemoteBox, timeout: float = 60) -> dict[str, Any]:
    """Its status, once it plays."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        done = box.machine.run("drumatlas status --json")
        if done.returncode == 0 and (told := json.loads(done.stdout))["state"] == "playing":
            return dict(told)
        time.sleep(0.5)
    return {"state": "silent", "faults": ["it does not play"], "controls": {}}


def one_cut(box: RemoteBox, cut: str, chance: random.Random, period: float) -> dict[str, Any]:
    """Turn, cut, look. What it was like."""
    machine = box.machine
    first = moment_of(json.loads(machine.get(f"cat {STATE}")))
    table = " ".join(f"{name}={number}" for name, number in (CONTROLLERS | SAVES).items())
    seed = chance.randrange(1 << 30)
    wait_s = chance.uniform(3, 12)
    old = machine.boot_id()
    turner = machine.start(
        f"python3 {THERE}/there_turn.py {box.synth.card} {seed} {period} {table}"
    )
    assert turner.stdout
    begun = turner.stdout.readline()  # from the first turn on
    time.sleep(wait_s)
    subprocess.run(["sh", "-c", cut], check=True, capture_output=True, timeout=300)
    machine.await_boot_after(old)
    lines, _ = turner.communicate(timeout=60)
    history = moments(first, iter((begun + lines).splitlines(keepends=True)))
    told = settled(box)
    state = json.loads(machine.get(f"cat {STATE}"))
    heard = box.hears()
    lost = lost_ns(state, history, history[-1].at_ns)
    shown = {name: told["controls"].get(name, -1) for name in CONTROLLERS}
    begun = box.begun_ns()
    ticks = clocks(heard)
    result: dict[str, Any] = {
        "turning_s": round(wait_s, 2),
        "turns": len(history) - 1,
        "lost_s": None if lost is None else round(lost / 1e9, 2),
        "plays": told["state"] == "playing" and len(ticks) > 24 and len(notes(heard)) > 0,
        "faults": told["faults"],
        "plays_its_state": all(
            abs(shown[n] - v) < 1e-3 for n, v in moment_of(state).values.items()
        ),
        "first_clock_s": round(ticks[0] / 1e9, 2) if ticks else None,
        "unit_to_clock_s": round((ticks[0] - begun) / 1e9, 2) if ticks else None,
    }
    result["survived"] = bool(
        result["plays"] and result["plays_its_state"] and not told["faults"] and lost is not None
    )
    if lost is None:  # to look into it
        result["state"], result["last"] = state, [m.values for m in history[-3:]]
    return result


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--cut", required=True, metavar="COMMAND", help="takes the power, and gives it back"
    )
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--period", type=float, default=0.05, metavar="S", help="between two turns")
    parser.add_argument("--out", type=Path, metavar="F.jsonl")
    arguments = parser.parse_args()
    box = box_for(parser)
    box.listen()
    box.configure()
    box.systemctl("restart", "drumatlas")
    settled(box)
    box.turn((CONTROLLERS["x1"], 64))
    time.sleep(3)  # so that there is a state
    chance = random.Random(arguments.seed)
    survived = 0
    for _ in range(arguments.times):
        result = one_cut(box, arguments.cut, chance, arguments.period)
        survived += result["survived"]
        print(json.dumps(result), flush=True)
        if arguments.out:
            with arguments.out.open("a", encoding="utf-8") as out:
                out.write(json.dumps(result) + "\n")
    print(f"{survived} of {arguments.times} cuts survived", file=sys.stderr)
    return 0 if survived == arguments.times else 1


if __name__ == "__main__":
    sys.exit(main())
