"""Finds the channels that play a drum kit, from messages to synthesizers in the file.

Sources: "General MIDI 2", MMA 1999 (bank select); Yamaha "XG Specifications" 1.35 (bank select,
part mode); Roland SC-88 owner's manual, "MIDI implementation" (USE FOR RHYTHM PART).
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from operator import itemgetter

BANK, PROGRAM = 0xB0, 0xC0
GM2_BANK, XG_BANK = 120, 127
GS_PART = re.compile(rb"\x41.\x42\x12\x40([\x10-\x1f])\x15([\x00-\x02])", re.DOTALL)
XG_PART = re.compile(rb"\x43[\x10-\x1f]\x4c\x08([\x00-\x0f])\x07([\x00-\x7f])")
XG_MESSAGE = re.compile(rb"\x43[\x10-\x1f]\x4c")
# GM on and off, GS reset, XG on and reset: all parts return to their defaults.
RESETS = re.compile(
    rb"\x7e.\x09[\x01-\x03]|\x41.\x42\x12\x40\x00\x7f|\x43[\x10-\x1f]\x4c\x00\x00[\x7e\x7f]",
    re.DOTALL,
)
# How a file may declare drums on a channel other than 10. Each pattern begins with literal bytes,
# which are quick to find, and looks back if necessary. A program change soon follows a bank select.
DECLARING = (
    re.compile(rb"\x42\x12\x40[\x11-\x1f]\x15[\x01\x02]"),
    re.compile(rb"\x4c\x08[\x00-\x08\x0a-\x0f]\x07[\x01-\x7f]"),
    re.compile(rb"\x00\x78(?<=[\xb0-\xb8\xba-\xbf\x00]..).{0,32}?[\xc0-\xcf]", re.DOTALL),
)
DECLARING_XG = re.compile(rb"\x00\x7f(?<=[\xb0-\xb8\xba-\xbf\x00]..).{0,32}?[\xc0-\xcf]", re.DOTALL)
XG_ON = b"\x4c\x00\x00\x7e"

Message = tuple[int, bytes]  # tick; a control or program change, or SysEx from F0 on, no length


def may_declare(data: bytes) -> bool:
    """Return whether a file's bytes may contain such a declaration for a channel other than 10."""
    if any(part.search(data) for part in DECLARING):
        return True
    return (XG_ON in data or b"\x4c\x08" in data) and bool(DECLARING_XG.search(data))


class Declared:
    """What all messages of a file, tracks one after the other, declare about its channels."""

    def __init__(self, messages: Iterable[Message]) -> None:
        ordered = sorted(messages, key=itemgetter(0))
        self._is_xg = any(one[0] == 0xF0 and XG_MESSAGE.match(one, 1) for _, one in ordered)
        self._banks: dict[int, int] = {}
        self._changes: dict[int, list[tuple[int, str]]] = {}  # by channel: tick, why or ''
        for tick, message in ordered:
            if message[0] == 0xF0:
                self._take_sysex(tick, message[1:])
            else:
                self._take_change(tick, message)

    @property
    def channels(self) -> frozenset[int]:
        """The channels (0..15) that play a drum kit at some time."""
        return frozenset(
            channel
            for channel, changes in self._changes.items()
            if any(map(itemgetter(1), changes))
        )

    def at(self, channel: int, tick: int) -> str:
        """Return why `channel` plays a drum kit at `tick`; '' if no message says so."""
        changes = self._changes.get(channel, [])
        place = bisect_right(changes, tick, key=itemgetter(0))
        return changes[place - 1][1] if place else ""

    def _take_sysex(self, tick: int, body: bytes) -> None:
        if RESETS.match(body):
            self._banks.clear()
            for channel in self._changes:
                self._set(tick, channel, "")
        elif part := GS_PART.match(body):
            block = part[1][0] & 0x0F
            channel = 9 if block == 0 else block - (block < 10)
            self._set(tick, channel, "a GS drum part" if part[2][0] else "")
        elif part := XG_PART.match(body):
            self._set(tick, part[1][0], "an XG drum part" if part[2][0] else "")

    def _take_change(self, tick: int, message: bytes) -> None:
        """Process a bank select, which takes effect with the next program change, or a program
        change."""
        channel = message[0] & 0x0F
        if message[0] & 0xF0 == PROGRAM:
            bank = self._banks.get(channel)
            if bank == GM2_BANK:
                self._set(tick, channel, f"GM2 bank {bank}")
            elif bank == XG_BANK and self._is_xg:
                self._set(tick, channel, f"XG bank {bank}")
            elif bank is not None and "GS" not in self.at(channel, tick):
                self._set(tick, channel, "")
        elif message[1] == 0:
            self._banks[channel] = message[2]

    def _set(self, tick: int, channel: int, why: str) -> None:
        self._changes.setdefault(channel, []).append((tick, why))
