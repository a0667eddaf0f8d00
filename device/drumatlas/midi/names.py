"""Port names: without the numbers that change at each replug, and matched as people type them."""

import re
from collections.abc import Sequence

from drumatlas.errors import PortError

CLIENT = "drumatlas"

_NUMBERS = re.compile(r"\s+\d+:\d+$")  # "TR-8S:TR-8S MIDI 1 24:0", ALSA's client and port

# Ports that every system has and that no drum sounds behind: `auto` passes them by.
_NOT_A_SYNTH = ("midi through", CLIENT, "rtpmidi", "system:")


def plain_name(name: str) -> str:
    """A port's name without ALSA's client numbers."""
    return _NUMBERS.sub("", name)


def is_synth(name: str) -> bool:
    """Whether `auto` may play to that port."""
    return not any(part in name.casefold() for part in _NOT_A_SYNTH)


def find(wanted: str, names: Sequence[str]) -> int | None:
    """Index of the port that `wanted` names: exactly, else the only one that contains it.

    Case does not matter. None if it is not there or fits several.
    """
    plain = [plain_name(name).casefold() for name in names]
    want = plain_name(wanted).casefold()
    if want in plain:
        return plain.index(want)
    holding = [i for i, name in enumerate(plain) if want in name]
    return holding[0] if len(holding) == 1 else None


def match(wanted: str, names: Sequence[str], kind: str = "output") -> int:
    """As `find`; PortError lists what there is."""
    index = find(wanted, names)
    if index is not None:
        return index
    want = plain_name(wanted).casefold()
    is_unclear = any(want in plain_name(name).casefold() for name in names)
    there = ", ".join(f"'{plain_name(name)}'" for name in names) or "none"
    what = "fits several" if is_unclear else "is not there"
    raise PortError(f"MIDI {kind} '{wanted}' {what}; {kind}s: {there}")
