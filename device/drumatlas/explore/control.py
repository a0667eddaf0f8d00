"""One row of the table of controls, and the checks of the whole table. Pure."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

CONTROLLERS = 120  # MIDI controllers 0..119; 120..127 are channel mode messages
BUTTON = None  # the default of a button, which has no value
KEY_NAMES = ("left", "right", "up", "down", "space")  # every other key is one character
# Keys with a fixed meaning in the terminal and on the page; no control may use them there.
TERMINAL_KEYS = {"q": "quits"}
PAGE_KEYS = {"s": "switches the sound of the page", "?": "lists the keys"}

# The section of the page's panel that shows a control.
Group = Literal["place", "map", "transport", "feel", "mix", "act", "memory", "box"]
# What a control changes. Values: one axis of the latent space, the joystick on the map, the blend
# of snapshots, the beat made at the current place, the timing and velocity of its notes, the tempo,
# how far tempo and timing follow the place.
Moves = Literal[
    "axis", "map", "morph", "pattern", "feel", "tempo", "climate",
    # Buttons may also change the place itself, the transport, the saved data or the MIDI map.
    "place", "transport", "memory", "midi",
]  # fmt: skip
PLACE = ("axis", "map", "morph", "place")  # those that change the place
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


@dataclass(frozen=True, slots=True)
class Control:
    """One row of the table: a value control, 0..1, or a button."""

    name: str
    default: float | None  # initial value, 0..1; BUTTON for a button
    group: Group
    moves: Moves
    cc: int  # MIDI controller 0..119; never changed once published
    keys: str  # terminal keys, separated by spaces; for a value in pairs: down, up
    help: str  # completes the sentence "this control ..."
    label: str = ""  # short name, if not `name`; controls with the same label share a help entry
    steps: int = 64  # key strokes from 0 to 1
    snaps: bool = False  # whether a key stroke goes to a whole step
    page_keys: str | None = None  # keys of the page, if they differ from the terminal's
    second: str = ""  # the control's default function while shift is held: another control
    start: str = ""  # configuration key of the initial value
    start_means: str = ""  # explains 0 or 1 of that key; "" if the key has a unit of its own
    lamp: str = ""  # the state flag that the button toggles
    needs_box: bool = False  # whether the page exported as a file lacks it

    @property
    def is_button(self) -> bool:
        """Whether the control is a button and has no value."""
        return self.default is BUTTON

    @property
    def words(self) -> str:
        """The name in key help: the label, or "kick density" for density.kick."""
        above, _, own = self.name.rpartition(".")
        return f"{own} {above}" if above else self.label or own

    @property
    def keys_on_page(self) -> str:
        """The page's keys, in the format of `keys`."""
        return self.keys if self.page_keys is None else self.page_keys

    @property
    def is_on_every_page(self) -> bool:
        """Whether the page exported as a file, which runs without a box, has the control too."""
        return not self.needs_box and self.group != "box"


def check_table(controls: Iterable[Control]) -> tuple[Control, ...]:
    """Return the rows as a tuple if they are valid.

    Otherwise raise ValueError that names a row: it is invalid itself, or shares a name, a MIDI
    controller, a key or a configuration key with another.
    """
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
            _refuse(control, f"second: unknown {kind} {control.second!r}")
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
                _refuse(control, f"{what} {thing!r} is taken by control {owners[thing]!r}")
            owners[thing] = control.name


def _check(control: Control) -> None:
    if not _NAME.fullmatch(control.name) or control.name == "shift":
        _refuse(control, "a name consists of a-z, 0-9, _ and at most one dot, and is not 'shift'")
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
            _refuse(control, "a button has no value, so it takes no start and no snaps")
    elif not 0 <= (control.default or 0) <= 1 or control.steps < 1 or control.lamp:
        _refuse(control, "a value needs a default in 0..1 and at least 1 step, and has no lamp")


def _check_keys(control: Control, keys: list[str], taken: dict[str, str]) -> None:
    for key in keys:
        if key in taken:
            _refuse(control, f"the key {key!r} {taken[key]}; choose another")
        if key not in KEY_NAMES and (len(key) != 1 or not key.isascii()):
            names = ", ".join(KEY_NAMES)
            _refuse(control, f"unknown key {key!r}; use one ASCII character or {names}")
    if not control.is_button and len(keys) % 2:
        _refuse(control, f"a value needs pairs of keys, down and up: {' '.join(keys)}")
