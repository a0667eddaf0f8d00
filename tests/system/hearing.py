"""What a synth heard: records of `there_record.py`, and what can be asked of them."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from drumatlas.midi.parser import MessageParser
from drumatlas.play.events import START, Event
from support.recordings import clocks, notes

TICKS_A_STEP, STEPS = 6, 32
Beat = frozenset[tuple[int, int, int]]


def heard(text: str, card: str = "") -> list[Event]:
    """The messages of a record; of several cards' only `card`'s."""
    parsers: dict[str, MessageParser] = {}
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) != 3 or words[2] == "opened" or card.replace(" ", "_") not in words[1]:
            continue
        parser = parsers.setdefault(words[1], MessageParser())
        found += [Event(int(words[0]), data) for data in parser.feed(bytes.fromhex(words[2]))]
    return found


def after(messages: Iterable[Event], at_ns: float) -> list[Event]:
    return [one for one in messages if one.at_ns >= at_ns]


def beat(messages: Sequence[Event]) -> Beat:
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
