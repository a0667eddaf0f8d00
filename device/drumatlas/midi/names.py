"""Names of MIDI ports: unique on the machine, stable over replugs, and easy to type.

A port has its plain name unless another port has the same. In that case each gets a suffix:

- "UM-ONE:UM-ONE MIDI 1 [usb 1-1.2]" or "... [serial 1234]" for an interface (see cards.py)
- "... [port 1]" for one of several ports of an interface
- "... #2" for the second of several programs
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from drumatlas.errors import PortError
from drumatlas.midi.cards import UNKNOWN, Hardware, card_of, hardware_of

CLIENT = "drumatlas"

# ALSA's client and port number at the end of rtmidi's names: "TR-8S:TR-8S MIDI 1 24:0".
_NUMBERS = re.compile(r"\s+(\d+):(\d+)$")
_SUFFIX = re.compile(r"^(?P<base>.*?)(?:\s*\[(?P<tags>[^][]+)\])?(?:\s+#(?P<order>\d+))?$", re.S)

# Ports that every system has and that are no synths; `auto` skips them.
_NOT_A_SYNTH = ("midi through", CLIENT, "rtpmidi", "system:")

Address = tuple[int, int]  # client and port in ALSA's sequencer


@dataclass(frozen=True, slots=True)
class Port:
    """A port of an interface or of another program, from a list of ports.

    `index` is its place in the list, from 0, and `name` is unique in it. `raw` is the system's
    name, which may end in ALSA's numbers; `plain` is `raw` without them. `order` counts, from 1,
    the ports that differ only in their place in the list.
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
        """The port's number within its client as a tag, "port 1"; fixed for an interface."""
        return f"port {self.address[1]}" if self.address else ""

    @property
    def tags(self) -> frozenset[str]:
        """All tags that a suffix in brackets may hold for this port."""
        return frozenset(tag for tag in (*self.hardware, self.number) if tag)

    @property
    def identity(self) -> tuple[object, ...]:
        """A key that is equal in two lists if the port was neither replugged nor replaced."""
        return self.raw, self.tags, self.address or self.order

    @property
    def device(self) -> tuple[object, ...]:
        """A key that is equal in two lists for the same port of the same device, as far as known.

        An interface may have been replugged in between and have other numbers.
        """
        return (self.plain, self.tags, self.order) if self.hardware.place else self.identity

    @property
    def is_card(self) -> bool:
        """Whether the port belongs to an interface, not to a program."""
        return self.address is not None and card_of(self.address[0]) is not None


def plain_name(name: str) -> str:
    """Return a port's name without ALSA's numbers."""
    return _NUMBERS.sub("", name)


def is_synth(name: str) -> bool:
    """Return whether `auto` may play to that port."""
    return not any(part in name.casefold() for part in _NOT_A_SYNTH)


def describe(raws: Iterable[str], hardware: Callable[[int], Hardware] = hardware_of) -> list[Port]:
    """Return a Port with a unique name for each of the system's names, in the same order.

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
    """Return the name of `port`, unique among `same`: all ports with its plain name, with itself.

    If two devices have the same serial number, as cheap ones do, the USB port is used instead.
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
    """Compare without case, as `fitting` does."""
    return one.casefold() == other.casefold()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A port name that a user typed, split into its parts and in lower case."""

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
        """Return whether the suffix is true of the port."""
        has = {tag.casefold() for tag in port.tags}
        return self.tags <= has and self.order in {None, port.order}

    def equals(self, port: Port) -> bool:
        plain = port.plain.casefold()
        return plain == self.text or (plain == self.base and self.allows(port))

    def is_in(self, port: Port) -> bool:
        plain = port.plain.casefold()
        if _contains(plain, self.text):
            return True
        # A base with a colon, as in "UM-ONE:UM-ONE MIDI 1 [usb 1-1.2]", was copied as a whole. It
        # must not match a part of another port's name.
        return ":" not in self.base and _contains(plain, self.base) and self.allows(port)


def _contains(text: str, part: str) -> bool:
    """Return whether `text` contains `part` without cutting a number: "out 1" not in "out 12"."""
    before = r"(?<!\d)" if part[:1].isdigit() else ""
    after = r"(?!\d)" if part[-1:].isdigit() else ""
    return re.search(f"{before}{re.escape(part)}{after}", text) is not None


def fitting(wanted: str, ports: Sequence[Port]) -> list[Port]:
    """Return the ports that `wanted` names.

    Names are compared exactly, else without case, numbers and suffix, else as parts of the plain
    names; the first way that finds a port counts. A suffix in `wanted` must be true of the port.
    ALSA's numbers only choose among several ports, since ALSA changes them at each replug.
    """
    want = _Wanted.parse(wanted)
    folded = wanted.casefold()
    tests: tuple[Callable[[Port], bool], ...] = (
        lambda port: wanted == port.name,
        lambda port: wanted == port.raw,
        lambda port: folded in {port.name.casefold(), port.raw.casefold()},
        want.equals,
        want.is_in,
    )
    found = next((fits for test in tests if (fits := [one for one in ports if test(one)])), [])
    with_numbers = [port for port in found if want.numbers and port.address == want.numbers]
    return with_numbers or found


def find(wanted: str, names: Sequence[str]) -> int | None:
    """Return the index of the port that `wanted` names among the system's `names`.

    Return None if no port or more than one fits.
    """
    fits = fitting(wanted, describe(names))
    return fits[0].index if len(fits) == 1 else None


def match(wanted: str, names: Sequence[str], kind: str = "output") -> int:
    """Return the index as `find` does; if there is none, PortError lists the ports."""
    index = find(wanted, names)
    if index is None:
        raise PortError(mismatch(wanted, describe(names), kind))
    return index


def mismatch(wanted: str, ports: Sequence[Port], kind: str) -> str:
    """Return a message that `wanted` names no port, or several, and that lists the ports.

    Ports that fit come first.
    """
    fits = fitting(wanted, ports)
    others = [port for port in ports if port not in fits]
    want = _Wanted.parse(wanted)
    listed = ", ".join(f"'{_shown(port, want)}'" for port in (*fits, *others)) or "none"
    problem = "fits several" if len(fits) > 1 else "is not there"
    return f"MIDI {kind} '{wanted}' {problem}; {kind}s: {listed}"


def _shown(port: Port, want: _Wanted) -> str:
    """Return the port's name; if `want` has a suffix, with the port's own for comparison."""
    place, serial = port.hardware
    is_near = want.tags and place and _contains(port.plain.casefold(), want.base)
    if not is_near or port.name != port.plain:
        return port.name
    by_serial = serial and any(tag.startswith("serial ") for tag in want.tags)
    return f"{port.plain} [{serial if by_serial else place}]"
