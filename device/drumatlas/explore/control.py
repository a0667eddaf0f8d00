"""What the table of controls says of each one, and what it refuses. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

CONTROLLERS = 120  # MIDI controllers 0..119; 120..127 are channel mode messages
BUTTON = None  # stands in a row in place of a default
KEY_NAMES = ("left", "right", "up", "down", "space")  # all other keys are one character each
# Keys that are no controls: the terminal's own, and the page's own.
TERMINAL_KEYS = {"q": "quits"}
PAGE_KEYS = {"s": "switches the sound of the page", "?": "lists the keys"}

# The part of the panel that a control belongs to, as the page has them.
Group = Literal["place", "map", "transport", "feel", "mix", "act", "memory", "box"]
# What a control moves. A value: one axis of the latent space, the joystick over the map, the way
# between snapshots, how the beat of a place is made, when and how loud its notes are sent, tempo.
Moves = Literal[
    "axis", "map", "morph", "pattern", "feel", "tempo",
    # A button may also move the place itself, transport, what is kept, or the MIDI map.
    "place", "transport", "memory", "midi",
]  # fmt: skip
PLACE = ("axis", "map", "morph", "place")  # of these, a hand on the place
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


@dataclass(frozen=True, slots=True)
class Control:
    """One row of the table: a value 0..1, or a button."""

    name: str
    default: float | None  # where a value starts, 0..1; BUTTON for a button
    group: Group
    moves: Moves
    cc: int  # MIDI controller 0..119; a control keeps its number for good
    keys: str  # of the terminal, by spaces; of a value in pairs: down, up
    help: str  # continues the sentence "this control ..."
    label: str = ""  # short name, if not `name`; those that share one share a line of key help
    steps: int = 64  # key strokes that turn a value from one end to the other
    snaps: bool = False  # whether a key stroke ends on a whole step
    page_keys: str | None = None  # of the page, if not those of the terminal
    second: str = ""  # control that it is while shift is held, unless the configuration differs
    start: str = ""  # configuration key of the value at the start
    start_means: str = ""  # what 0 or 1 of that key mean; "" if the key has a unit of its own
    lamp: str = ""  # flag of the state that a button switches
    needs_box: bool = False  # whether the page as a file goes without it

    @property
    def is_button(self) -> bool:
        """Whether it is pressed instead of turned."""
        return self.default is BUTTON

    @property
    def words(self) -> str:
        """What key help calls it: the label, or of density.kick "kick density"."""
        above, _, own = self.name.rpartition(".")
        return f"{own} {above}" if above else self.label or own

    @property
    def keys_on_page(self) -> str:
        """The page's keys, as `keys` has the terminal's."""
        return self.keys if self.page_keys is None else self.page_keys

    @property
    def is_on_every_page(self) -> bool:
        """Whether the page as a file, which has no box behind it, has it too."""
        return not self.needs_box and self.group != "box"


def checked(controls: Iterable[Control]) -> tuple[Control, ...]:
    """Return the table. ValueError names the rows that share something which must be unique, or
    the row that says something impossible."""
    table = tuple(controls)
    for control in table:
        _check(control)
    _check_unique(table, "the name", lambda one: [one.name])
    _check_unique(table, "the MIDI controller", lambda one: [one.cc])
    _check_unique(table, "the terminal key", lambda one: one.keys.split())
    _check_unique(table, "the page key", lambda one: one.keys_on_page.split())
    _check_unique(table, "the configuration key", lambda one: [one.start] if one.start else [])
    kinds = {control.name: control.is_button for control in table}
    for control in table:
        if control.second and kinds.get(control.second) is not control.is_button:
            kind = "button" if control.is_button else "value control"
            _refuse(control, f"second: there is no {kind} named {control.second!r}")
    return table


def _refuse(control: Control, why: str) -> None:
    raise ValueError(f"control {control.name!r}: {why} (the table is in explore/controls.py)")


def _check_unique(
    table: tuple[Control, ...], what: str, things_of: Callable[[Control], Iterable[object]]
) -> None:
    owners: dict[object, str] = {}
    for control in table:
        for thing in things_of(control):
            if thing in owners:
                _refuse(control, f"{what} {thing!r} belongs to control {owners[thing]!r} already")
            owners[thing] = control.name


def _check(control: Control) -> None:
    if not _NAME.fullmatch(control.name) or control.name == "shift":
        _refuse(control, "a name is of a-z, 0-9 and _, with at most one dot, and not 'shift'")
    if control.group not in get_args(Group) or control.moves not in get_args(Moves):
        _refuse(control, f"unknown group {control.group!r} or moves {control.moves!r}")
    if not 0 <= control.cc < CONTROLLERS:
        _refuse(control, f"MIDI controller {control.cc} is not in 0..{CONTROLLERS - 1}")
    if not control.help or "\n" in control.help:
        _refuse(control, "help must be one line")
    for keys, taken in ((control.keys, TERMINAL_KEYS), (control.keys_on_page, PAGE_KEYS)):
        _check_keys(control, keys.split(), taken)
    if control.is_button:
        if control.start or control.start_means or control.snaps:
            _refuse(control, "a button has no value, so no start and no steps")
    elif not 0 <= (control.default or 0) <= 1 or control.steps < 1 or control.lamp:
        _refuse(control, "a value has a default in 0..1, steps of at least 1 and no lamp")


def _check_keys(control: Control, keys: list[str], taken: dict[str, str]) -> None:
    for key in keys:
        if key in taken:
            _refuse(control, f"the key {key!r} {taken[key]}; choose another")
        if key not in KEY_NAMES and (len(key) != 1 or not key.isascii()):
            _refuse(control, f"{key!r} is no key: one character, or {', '.join(KEY_NAMES)}")
    if not control.is_button and len(keys) % 2:
        _refuse(control, f"keys of a value come in pairs, down and up: {' '.join(keys)}")
