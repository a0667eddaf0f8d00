"""Clocks, notes and panic in a recording of MIDI messages."""

from collections.abc import Iterable

from drumatlas.play.events import CLOCK, Event


def clocks(events: Iterable[Event]) -> list[int]:
    """Return when each clock came (ns)."""
    return [event.at_ns for event in events if event.data == CLOCK]


def notes(events: Iterable[Event]) -> list[Event]:
    """Return the note-ons."""
    return [event for event in events if event.data[0] & 0xF0 == 0x90 and event.data[2]]


def is_panic(event: Event) -> bool:
    """Return whether it is All Notes Off or All Sound Off."""
    return event.data[0] & 0xF0 == 0xB0 and event.data[1] in {120, 123}


def hanging(events: Iterable[Event]) -> set[tuple[int, int]]:
    """Return the (channel, note) of each note that still sounds at the end."""
    sounding: set[tuple[int, int]] = set()
    for event in events:
        kind, channel = event.data[0] & 0xF0, event.data[0] & 0x0F
        if kind == 0x90 and event.data[2]:
            sounding.add((channel, event.data[1]))
        elif kind in {0x80, 0x90}:
            sounding.discard((channel, event.data[1]))
        elif is_panic(event):
            sounding = {key for key in sounding if key[0] != channel}
    return sounding


def longest_s(events: Iterable[Event]) -> float:
    """Return the length of the longest note that ended (s); a note struck again counts on."""
    began: dict[tuple[int, int], int] = {}
    longest = 0
    for event in events:
        kind, channel = event.data[0] & 0xF0, event.data[0] & 0x0F
        if kind == 0x90 and event.data[2]:
            began.setdefault((channel, event.data[1]), event.at_ns)
            continue
        if kind in {0x80, 0x90}:
            ended = {(channel, event.data[1])}
        elif is_panic(event):
            ended = {key for key in began if key[0] == channel}
        else:
            continue
        for key in ended & began.keys():
            longest = max(longest, event.at_ns - began.pop(key))
    return longest / 1e9
