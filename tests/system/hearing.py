"""What a synth heard: records of `there_record.py`, and what can be asked of them."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drumatlas.midi.parser import Parser

CLOCK, START, STOP = b"\xf8", b"\xfa", b"\xfc"
TICKS_A_STEP, STEPS = 6, 32
Beat = frozenset[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Heard:
    """One message, and when it arrived (CLOCK_MONOTONIC of the machine, ns)."""

    at_ns: int
    data: bytes


def heard(text: str, card: str = "") -> list[Heard]:
    """The messages of a record; of several cards' only `card`'s."""
    parsers: dict[str, Parser] = {}
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) != 3 or words[2] == "opened" or card.replace(" ", "_") not in words[1]:
            continue
        parser = parsers.setdefault(words[1], Parser())
        found += [Heard(int(words[0]), data) for data in parser.feed(bytes.fromhex(words[2]))]
    return found


def after(messages: Iterable[Heard], at_ns: float) -> list[Heard]:
    return [one for one in messages if one.at_ns >= at_ns]


def clocks(messages: Iterable[Heard]) -> list[int]:
    return [one.at_ns for one in messages if one.data == CLOCK]


def notes(messages: Iterable[Heard]) -> list[Heard]:
    """Note-ons."""
    return [one for one in messages if one.data[0] & 0xF0 == 0x90 and one.data[2]]


def is_panic(message: Heard) -> bool:
    """All notes off, or all sound off."""
    return message.data[0] & 0xF0 == 0xB0 and message.data[1] in {120, 123}


def hanging(messages: Iterable[Heard]) -> set[tuple[int, int]]:
    """(channel, note) of what still sounds at the end."""
    sounding: set[tuple[int, int]] = set()
    for one in messages:
        kind, channel = one.data[0] & 0xF0, one.data[0] & 0x0F
        if kind == 0x90 and one.data[2]:
            sounding.add((channel, one.data[1]))
        elif kind in {0x80, 0x90}:
            sounding.discard((channel, one.data[1]))
        elif is_panic(one):
            sounding = {key for key in sounding if key[0] != channel}
    return sounding


def beat(messages: Sequence[Heard]) -> Beat:
    """(step, note, velocity) of the second cycle after the last Start: all of it, and nothing
    of what was swapped in on the way there."""
    starts = [i for i, one in enumerate(messages) if one.data == START]
    assert starts, "no Start in the record"
    run = messages[starts[-1] :]
    ticks = clocks(run)
    first, end = TICKS_A_STEP * STEPS, 2 * TICKS_A_STEP * STEPS
    assert len(ticks) > end, f"{len(ticks)} clocks are less than two cycles"
    hits = set()
    for note in notes(run):
        step = _tick_of(note.at_ns, ticks) / TICKS_A_STEP
        if first <= round(step) * TICKS_A_STEP < end:
            hits.add((round(step) % STEPS, note.data[1], note.data[2]))
    return frozenset(hits)


def _tick_of(at_ns: int, ticks: Sequence[int]) -> float:
    """Where between the clocks it is."""
    before = min(max(bisect_right(ticks, at_ns) - 1, 0), len(ticks) - 2)
    return before + (at_ns - ticks[before]) / (ticks[before + 1] - ticks[before])
