"""The terminal as a panel and a screen: reads keys, and draws the beat and the playhead."""

import contextlib
import curses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, STEPS_PER_BEAT
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.engine import Engine
from drumatlas.explore.control import Control
from drumatlas.explore.control_list import terminal_help
from drumatlas.explore.controls import CONTROLS, Change, Press, Turn, nudged
from drumatlas.explore.genre import PlaceGenre

_ESCAPE_MS = 25
_CURSES_NAMES = {
    **{name: f"KEY_{name.upper()}" for name in ("left", "right", "up", "down")},
    "space": " ",
}
HELP = terminal_help()
_SHOWN = tuple(one.name for one in CONTROLS if one.group == "feel" and not one.is_button)


def bindings(controls: Iterable[Control]) -> tuple[dict[str, tuple[str, int]], dict[str, str]]:
    """Return (key -> (control, 1 for up or -1 for down), key -> button), with curses' key names."""
    turns: dict[str, tuple[str, int]] = {}
    presses: dict[str, str] = {}
    for control in controls:
        for i, key in enumerate(control.keys.split()):
            name = _CURSES_NAMES.get(key, key)
            if control.is_button:
                presses[name] = control.name
            else:
                turns[name] = control.name, 1 if i % 2 else -1
    return turns, presses


TURNS, PRESSES = bindings(CONTROLS)


class KeysPanel:
    """Uses the whole terminal until it is closed.

    `values` returns the current values of the controls. `notes` are lines shown below the beat.
    """

    name = "keys"

    def __init__(self, notes: list[str]) -> None:
        self.values: Callable[[], Mapping[str, float]] = dict
        self.wants_to_quit = False
        self._notes = notes
        self._screen: Any = curses.initscr()
        curses.noecho()
        curses.cbreak()
        curses.set_escdelay(_ESCAPE_MS)
        self._screen.keypad(True)
        self._screen.nodelay(True)
        self._has_colours = curses.has_colors()
        if self._has_colours:
            curses.start_color()
            curses.use_default_colors()
            curses.init_pair(1, curses.COLOR_CYAN, -1)
        with contextlib.suppress(curses.error):  # some terminals cannot hide the cursor
            curses.curs_set(0)

    def poll(self, _now_ns: int) -> list[Change]:
        """Return the changes of the keys pressed since the last call."""
        changes: list[Change] = []
        values = dict(self.values())
        while True:
            try:
                key = self._screen.getkey()
            except curses.error:
                return changes
            change = self._change(key, values)
            if isinstance(change, Turn):
                values[change.control] = change.value
            if change is not None:
                changes.append(change)

    def _change(self, key: str, values: dict[str, float]) -> Change | None:
        if key in {"q", "\x03"}:
            self.wants_to_quit = True
        if key in PRESSES:
            return Press(PRESSES[key])
        if key in TURNS:
            name, way = TURNS[key]
            return Turn(name, nudged(name, values[name], way))
        return None

    def draw(self, engine: Engine, now_ns: int) -> None:
        """Draw status, beat, playhead, faults and key help."""
        self._screen.erase()
        lines = [*status_lines(engine), "", *grid_lines(engine, now_ns), ""]
        lines += [f"! {fault}" for fault in engine.faults] + self._notes + ["", *HELP]
        height, width = self._screen.getmaxyx()
        for row, line in enumerate(lines[: height - 1]):
            colour = curses.color_pair(1) if self._has_colours and row < 2 else 0
            self._screen.addnstr(row, 0, line, max(width - 1, 0), colour)
        self._screen.refresh()

    def close(self) -> None:
        """Restore the terminal, unless it is gone."""
        with contextlib.suppress(curses.error):
            self._screen.keypad(False)
            curses.nocbreak()
            curses.echo()
            curses.endwin()


def status_lines(engine: Engine) -> list[str]:
    """Return lines with the transport, the place, the axes and the controls of group feel."""
    explorer, sequencer = engine.explorer, engine.sequencer
    genre = _genre_words(explorer.genre)
    flags = [name for name, is_on in _flags(engine).items() if is_on]
    remarks = " ".join([*flags, *engine.notices.values()])
    state = "playing" if sequencer.is_playing else "stopped"
    values = engine.values
    axes = [
        f"x{i + 1} {_bar(values[f'x{i + 1}'])} {name}"
        for i, name in enumerate(explorer.atlas.latent.axes)
    ]
    shape = "  ".join(f"{n} {values[n]:.2f}" for n in _SHOWN)
    return [
        f"drumatlas  {state}  {engine.bpm:.1f} BPM  near {genre}  {remarks}",
        f"atlas {explorer.atlas.name}  z {', '.join(f'{v:.2f}' for v in explorer.place.z)}",
        *axes,
        shape,
    ]


def _genre_words(genre: PlaceGenre) -> str:
    if genre.family:
        return f"{genre.name} ({genre.family}, {genre.confidence:.0%} sure)"
    return f"{genre.name} ({genre.away:.1f} sd away)" if genre.name else "-"


def _flags(engine: Engine) -> dict[str, bool]:
    explorer = engine.explorer
    return {
        "frozen": explorer.frozen,
        "wandering": explorer.is_wandering,
        "training beats allowed": not explorer.novelty,
        "moved to a passing place": explorer.place.moved > 0,
    }


def _bar(value: float, width: int = 24) -> str:
    column = round(value * (width - 1))
    return "[" + "-" * column + "o" + "-" * (width - 1 - column) + "]"


def grid_lines(engine: Engine, now_ns: int) -> list[str]:
    """Return 14 rows of 32 steps, with high voices at the top, and a row for the playhead."""
    cycle = engine.sequencer.pattern.cycles[0]
    lines = []
    for voice in reversed(VOICE_TABLE):
        velocities = [dict(step).get(voice.bit, 0) for step in cycle]
        marks = [" .oO@"[0 if not v else 1 + min(v // 32, 3)] if v else "·" for v in velocities]
        lines.append(f"{voice.short:>4} {_spaced(marks)}")
    head = [" "] * STEPS
    if engine.sequencer.is_playing:
        head[engine.sequencer.position_at(now_ns)] = "^"
    return [*lines, f"     {_spaced(head)}"]


def _spaced(marks: list[str]) -> str:
    """Join the marks of steps, with a gap between beats and a wider one between bars."""
    text = ""
    for step, mark in enumerate(marks):
        if step and step % STEPS_PER_BAR == 0:
            text += "  "
        elif step and step % STEPS_PER_BEAT == 0:
            text += " "
        text += mark
    return text
