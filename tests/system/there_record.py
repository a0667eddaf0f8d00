"""Runs on the machine: writes down what raw MIDI devices get, with the kernel's time stamps.

    python3 there_record.py FILE CARD...    CARD is (part of) a name in /proc/asound/cards

Lines "NS CARD HEX", NS on CLOCK_MONOTONIC, as the bytes arrived (Linux 5.14's framing: whoever
is scheduled late, the stamps are not). A device that is not there is waited for, and again when it
was pulled out. Standard library only, so that it can start before anything is installed.
"""

import fcntl
import os
import re
import select
import struct
import sys
import time
from pathlib import Path

VERSION = 0x40045702, struct.pack("i", 0x00020002)  # SNDRV_RAWMIDI_IOCTL_USER_PVERSION: framing
# SNDRV_RAWMIDI_IOCTL_PARAMS: input stream, buffer and wake-up in bytes, no sensing; framing with
# stamps (1) of CLOCK_MONOTONIC (2 << 3).
PARAMS = 0xC0305710, struct.pack("i4xNNII12x4x", 1, 32 * 4096, 1, 0, 1 | 2 << 3)
FRAME = struct.Struct("<BB2xIQ16s")  # type, length, ns, s, bytes


def opened(card: str) -> int | None:
    """The card's first MIDI device; None while it can't be had."""
    text = Path("/proc/asound/cards").read_text(errors="replace")
    for number, name in re.findall(r"^ *(\d+) \[[^\]]*\]: (.*)$", text, re.MULTILINE):
        if card not in name:
            continue
        try:
            fd = os.open(f"/dev/snd/midiC{number}D0", os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            for request, argument in (VERSION, PARAMS):
                fcntl.ioctl(fd, request, argument)
        except OSError:
            os.close(fd)
            continue
        return fd
    return None


def main() -> None:
    file, cards = sys.argv[1], sys.argv[2:]
    held: dict[str, int] = {}
    with Path(file).open("a", buffering=1) as out:
        while True:
            for card in cards:
                if card not in held and (fd := opened(card)) is not None:
                    held[card] = fd
                    out.write(f"{time.monotonic_ns()} {card.replace(' ', '_')} opened\n")
            ready = select.select(list(held.values()), [], [], 0.05)[0]
            for card, fd in list(held.items()):
                if fd in ready and not take(fd, card, out):
                    os.close(held.pop(card))


def take(fd: int, card: str, out) -> bool:  # type: ignore[no-untyped-def]
    """What is there by now; whether the device still is."""
    try:
        data = os.read(fd, FRAME.size * 128)
    except BlockingIOError:
        return True
    except OSError:
        return False
    for _, length, ns, s, payload in FRAME.iter_unpack(data):
        stamp = s * 1_000_000_000 + ns
        out.write(f"{stamp} {card.replace(' ', '_')} {payload[:length].hex()}\n")
    return bool(data)


main()
