"""Runs on the machine: turns controllers at random on a raw MIDI device, and tells each turn.

    python3 there_turn.py CARD SEED PERIOD_S NAME=CC...    NAMEs that begin with "save" are pressed

Prints "NS NAME VALUE" (0..127) once the bytes are written. Standard library only.
"""

import os
import random
import re
import sys
import time
from pathlib import Path

PRESSES = 0.05  # of all turns


def device(card: str) -> str:
    text = Path("/proc/asound/cards").read_text(errors="replace")
    for number, name in re.findall(r"^ *(\d+) \[[^\]]*\]: (.*)$", text, re.MULTILINE):
        if card in name:
            return f"/dev/snd/midiC{number}D0"
    sys.exit(f"no card {card}")


def main() -> None:
    card, seed, period = sys.argv[1], sys.argv[2], float(sys.argv[3])
    table = {name: int(number) for name, number in (word.split("=") for word in sys.argv[4:])}
    turned = [name for name in table if not name.startswith("save")]
    pressed = [name for name in table if name.startswith("save")]
    chance = random.Random(seed)
    fd = os.open(device(card), os.O_WRONLY)
    while True:
        name = chance.choice(pressed if pressed and chance.random() < PRESSES else turned)
        value = 127 if name in pressed else chance.randrange(128)
        message = bytes((0xB0, table[name], value))
        if name in pressed:
            message += bytes((0xB0, table[name], 0))
        os.write(fd, message)
        print(time.monotonic_ns(), name, value, flush=True)
        time.sleep(period)


main()
