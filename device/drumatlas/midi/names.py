"""Port names: without the numbers that change at each replug, and matched as people type them."""

import re
from collections.abc import Mapping, Sequence

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


def is_hardware(address: tuple[int, int]) -> bool:
    """Whether a port of ALSA's sequencer belongs to a card: those have the clients 16 to 127, four
    a card, and programs have 128 and more (the kernel's seq_clientmgr.c)."""
    return 16 <= address[0] < 128


def find_next(wanted: str, ports: Mapping[str, tuple[int, int]], takes_any: bool) -> str | None:
    """The one of `ports` to be connected to: what `wanted` names, else with `takes_any` the first
    synth that is plugged in. Programs that come later are not taken: each tool that looks
    at MIDI offers a port."""
    index = find(wanted, list(ports)) if wanted else None
    if index is not None:
        return list(ports)[index]
    cards = (name for name, at in ports.items() if is_synth(name) and is_hardware(at))
    return next(cards, None) if takes_any else None


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
