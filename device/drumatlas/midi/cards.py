"""Find the hardware behind a client of ALSA's sequencer, as sysfs describes it.

Two interfaces of the same model have the same name in ALSA. What distinguishes them is the USB port
each is plugged into and, if it has one, its serial number. Both survive a replug and a restart.
"""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path("/sys/class/sound")

# From the kernel's seq_clientmgr.c: clients 16 to 127 belong to cards, four to each; programs have
# numbers from 128 on.
_FIRST, _PER_CARD, _PROGRAMS = 16, 4, 128

# "1-1.2" is the bus and the port of each hub on the way (the kernel's Documentation/usb). A device
# on an I2C bus has a name like "1-004c".
_USB_DEVICE = re.compile(r"\d+-[1-9]\d*(\.\d+)*")

_UNPRINTED = re.compile(r"[^\w.:+/=-]+")  # a name has no brackets or commas, which end a suffix


class Hardware(NamedTuple):
    """Where a card is plugged in and which one it is.

    `place` is like "usb 1-1.2" or "pci 0000:03:00.0", `serial` like "serial 1234". Each is "" if it
    is unknown.
    """

    place: str = ""
    serial: str = ""


UNKNOWN = Hardware()


def card_of(client: int) -> int | None:
    """Return the number of the card that the client belongs to; None for a program."""
    is_card = _FIRST <= client < _PROGRAMS
    return (client - _FIRST) // _PER_CARD if is_card else None


def hardware_of(client: int, root: Path = ROOT) -> Hardware:
    """Return what sysfs below `root` says about the client's card.

    Never raises, since a card may be unplugged while its files are read.
    """
    card = card_of(client)
    if card is None:
        return UNKNOWN
    try:
        device = (root / f"card{card}" / "device").resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: a loop of links, before Python 3.13
        return UNKNOWN
    for folder in (device, *device.parents):
        if _USB_DEVICE.fullmatch(folder.name):
            return Hardware(f"usb {folder.name}", _serial(folder))
    link = device / "subsystem"
    kind = link.resolve().name if link.exists() else "device"
    return Hardware(f"{kind} {_UNPRINTED.sub('_', device.name)}")


def _serial(device: Path) -> str:
    """Return the serial number of a USB device in a form fit for a name, or ""."""
    try:
        text = (device / "serial").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    serial = _UNPRINTED.sub("_", text.strip())
    return f"serial {serial}" if serial.strip("_") else ""
