"""Names of MIDI ports: unique on the machine, stable over replugs, and matched as people type them.

A port has its plain name as long as no other port has the same. Where several do, each has a
suffix: "UM-ONE:UM-ONE MIDI 1 [usb 1-1.2]" or "[serial 1234]" for an interface (see cards.py),
"[port 1]" for one of several ports of one interface, "#2" for the second of several programs.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from drumatlas.errors import PortError
from drumatlas.midi.cards import UNKNOWN, Hardware, card_of, hardware_of

CLIENT = "drumatlas"

# ALSA's client and port, in the names that rtmidi gives: "TR-8S:TR-8S MIDI 1 24:0".
_NUMBERS = re.compile(r"\s+(\d+):(\d+)$")
_SUFFIX = re.compile(r"^(?P<base>.*?)(?:\s*\[(?P<tags>[^][]+)\])?(?:\s+#(?P<order>\d+))?$", re.S)

# Ports that every system has and that lead to no synth; `auto` skips them.
_NOT_A_SYNTH = ("midi through", CLIENT, "rtpmidi", "system:")

Address = tuple[int, int]  # client and port in ALSA's sequencer


@dataclass(frozen=True, slots=True)
class Port:
    """A port of an interface or of another program, among those that were listed with it.

    `name` is unique among them; `raw` is the system's name, with ALSA's numbers where it gives
    them; `order` counts the ports, from 1, that nothing but their order tells apart.
    """

    index: int
    raw: str
    plain: str
    address: Address | None = None
    hardware: Hardware = UNKNOWN
    name: str = ""
    order: int = 1

    @property
    def number(self) -> str:
        """Its number within its client, as a tag: fixed for an interface."""
        return f"port {self.address[1]}" if self.address else ""

    @property
    def tags(self) -> frozenset[str]:
        """All that a suffix in brackets may say of it."""
        return frozenset(tag for tag in (*self.hardware, self.number) if tag)

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal in two lists if it is the same port, neither replugged nor replaced."""
        return self.raw, self.tags, self.address or self.order

    @property
    def device(self) -> tuple[object, ...]:
        """Equal in two lists if it is the same port of the same device, as far as can be known:
        an interface may have been replugged meanwhile, and have other numbers."""
        return (self.plain, self.tags, self.order) if self.hardware.place else self.identity

    @property
    def is_card(self) -> bool:
        """Whether it belongs to an interface, not to a program."""
        return self.address is not None and card_of(self.address[0]) is not None


def plain_name(name: str) -> str:
    """Return a port's name without ALSA's numbers."""
    return _NUMBERS.sub("", name)


def is_synth(name: str) -> bool:
    """Return whether `auto` may play to that port."""
    return not any(part in name.casefold() for part in _NOT_A_SYNTH)


def describe(raws: Iterable[str], hardware: Callable[[int], Hardware] = hardware_of) -> list[Port]:
    """Return the ports with these names of the system, in the same order, and name each.

    `hardware` looks up the card of a client of ALSA's sequencer.
    """
    ports: list[Port] = []
    alike: Counter[tuple[object, ...]] = Counter()
    for index, raw in enumerate(raws):
        port = _parse(index, raw, hardware)
        key = port.plain, port.tags
        alike[key] += 1
        ports.append(replace(port, order=alike[key]))
    with_name: dict[str, list[Port]] = {}
    for port in ports:
        with_name.setdefault(port.plain, []).append(port)
    taken = {plain for plain, same in with_name.items() if len(same) == 1}
    named: list[Port] = []
    for port in ports:
        name = distinct_name(port, with_name[port.plain])
        while name in taken and name != port.plain:  # a program may call itself "Synth #2"
            name += f" #{port.order}"
        taken.add(name)
        named.append(replace(port, name=name))
    return named


def _parse(index: int, raw: str, hardware: Callable[[int], Hardware]) -> Port:
    numbers = _NUMBERS.search(raw)
    if not numbers:
        return Port(index, raw, raw)
    address = int(numbers[1]), int(numbers[2])
    return Port(index, raw, plain_name(raw), address, hardware(address[0]))


def distinct_name(port: Port, same: Sequence[Port]) -> str:
    """Return the name of `port` among `same`, itself and all others with its plain name.

    A serial number that two devices have (cheap ones all have the same) tells nothing; then the
    USB port does.
    """
    if len(same) == 1:
        return port.plain
    place, serial = port.hardware
    beside = [one for one in same if one.hardware.place == place]
    tags = []
    if place and len(beside) < len(same):
        places = {one.hardware.place for one in same if _is_same(one.hardware.serial, serial)}
        tags.append(serial if serial and len(places) == 1 else place)
    if len({one.number for one in beside}) > 1:
        tags.append(port.number)
    name = f"{port.plain} [{', '.join(tags)}]" if tags else port.plain
    is_last_resort = not tags or [one.number for one in beside].count(port.number) > 1
    return f"{name} #{port.order}" if is_last_resort else name


def _is_same(one: str, other: str) -> bool:
    """As `fitting` compares: without case."""
    return one.casefold() == other.casefold()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a user typed, taken apart; without case."""

    text: str
    base: str
    tags: frozenset[str]
    order: int | None
    numbers: Address | None

    @classmethod
    def parse(cls, text: str) -> "_Wanted":
        numbers = _NUMBERS.search(text)
        folded = plain_name(text).strip().casefold()
        suffix = _SUFFIX.match(folded)
        assert suffix is not None  # each part may be empty
        tags = (tag.strip() for tag in (suffix["tags"] or "").split(","))
        return cls(
            folded,
            suffix["base"].strip(),
            frozenset(tag for tag in tags if tag),
            int(suffix["order"]) if suffix["order"] else None,
            (int(numbers[1]), int(numbers[2])) if numbers else None,
        )

    def allows(self, port: Port) -> bool:
        """Whether the suffix holds for the port."""
        has = {tag.casefold() for tag in port.tags}
        return self.tags <= has and self.order in {None, port.order}

    def equals(self, port: Port) -> bool:
        plain = port.plain.casefold()
        return plain == self.text or (plain == self.base and self.allows(port))

    def is_in(self, port: Port) -> bool:
        plain = port.plain.casefold()
        if _contains(plain, self.text):
            return True
        # "UM-ONE:UM-ONE MIDI 1 [usb 1-1.2]" was copied as a whole: no part of another's name.
        return ":" not in self.base and _contains(plain, self.base) and self.allows(port)


def _contains(text: str, part: str) -> bool:
    """Whether `part` stands in `text` without cutting a number: "out 1" is not in "out 12"."""
    before = r"(?<!\d)" if part[:1].isdigit() else ""
    after = r"(?!\d)" if part[-1:].isdigit() else ""
    return re.search(f"{before}{re.escape(part)}{after}", text) is not None


def fitting(wanted: str, ports: Sequence[Port]) -> list[Port]:
    """Return the ports that `wanted` names: exactly, else without case, numbers and suffix, else
    as a part of their plain names. A suffix or a number that is given must hold, but for numbers
    that no port of that name has: ALSA gives others at each replug."""
    want = _Wanted.parse(wanted)
    folded = wanted.casefold()
    ways: tuple[Callable[[Port], bool], ...] = (
        lambda port: wanted == port.name,
        lambda port: wanted == port.raw,
        lambda port: folded in {port.name.casefold(), port.raw.casefold()},
        want.equals,
        want.is_in,
    )
    found = next((fits for way in ways if (fits := [one for one in ports if way(one)])), [])
    with_numbers = [port for port in found if want.numbers and port.address == want.numbers]
    return with_numbers or found


def find(wanted: str, names: Sequence[str]) -> int | None:
    """Return the index of the port that `wanted` names among the system's names; None if it is
    not there or fits several."""
    fits = fitting(wanted, describe(names))
    return fits[0].index if len(fits) == 1 else None


def match(wanted: str, names: Sequence[str], kind: str = "output") -> int:
    """Return what `find` does; PortError lists what there is."""
    index = find(wanted, names)
    if index is None:
        raise PortError(mismatch(wanted, describe(names), kind))
    return index


def mismatch(wanted: str, ports: Sequence[Port], kind: str) -> str:
    """Say why `wanted` names no port, or several, and which ones there are; those that it fits
    come first."""
    fits = fitting(wanted, ports)
    others = [port for port in ports if port not in fits]
    want = _Wanted.parse(wanted)
    there = ", ".join(f"'{_shown(port, want)}'" for port in (*fits, *others)) or "none"
    what = "fits several" if len(fits) > 1 else "is not there"
    return f"MIDI {kind} '{wanted}' {what}; {kind}s: {there}"


def _shown(port: Port, want: _Wanted) -> str:
    """The port's name; with a suffix that it does not need if another suffix is wanted."""
    place, serial = port.hardware
    is_near = want.tags and place and _contains(port.plain.casefold(), want.base)
    if not is_near or port.name != port.plain:
        return port.name
    by_serial = serial and any(tag.startswith("serial ") for tag in want.tags)
    return f"{port.plain} [{serial if by_serial else place}]"
