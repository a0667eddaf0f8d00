"""The terminal as a panel and a screen: keys move the axes, the beat is drawn with its playhead."""

import contextlib
import curses
from collections.abc import Callable
from typing import Any

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, STEPS_PER_BEAT
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.engine import Engine
from drumatlas.explore.controls import Change, Press, Turn, bpm_of, tempo_of
from drumatlas.explore.latent import nearest_genre

_NUDGE = 1 / 64  # of a knob's way, for one key stroke
_ESCAPE_MS = 25

# Key -> (control, direction). Pairs of neighbours on the keyboard; arrows for the first two.
_AXIS_KEYS: dict[str, tuple[str, int]] = {
    "KEY_LEFT": ("x1", -1),
    "KEY_RIGHT": ("x1", 1),
    "KEY_DOWN": ("x2", -1),
    "KEY_UP": ("x2", 1),
    "a": ("x1", -1),
    "s": ("x1", 1),
    "d": ("x2", -1),
    "f": ("x2", 1),
    "h": ("x3", -1),
    "j": ("x3", 1),
    "k": ("x4", -1),
    "l": ("x4", 1),
    "y": ("density", -1),
    "u": ("density", 1),
    "i": ("swing", -1),
    "o": ("swing", 1),
    "c": ("chaos", -1),
    "v": ("chaos", 1),
    "b": ("humanize", -1),
    "m": ("humanize", 1),
    "B": ("accent", -1),
    "M": ("accent", 1),
    "[": ("map_x", -1),
    "]": ("map_x", 1),
    "{": ("map_y", -1),
    "}": ("map_y", 1),
    ";": ("morph", -1),
    "'": ("morph", 1),
    ":": ("morph_y", -1),
    '"': ("morph_y", 1),
    # With shift, the densities of voice groups.
    "A": ("density.kick", -1),
    "S": ("density.kick", 1),
    "D": ("density.snare", -1),
    "F": ("density.snare", 1),
    "H": ("density.hats", -1),
    "J": ("density.hats", 1),
    "K": ("density.toms", -1),
    "L": ("density.toms", 1),
    "Y": ("density.cymbals", -1),
    "U": ("density.cymbals", 1),
    "I": ("density.percussion", -1),
    "O": ("density.percussion", 1),
}
_BUTTON_KEYS = {
    " ": "play",
    "t": "tap",
    "z": "fill",
    "x": "freeze",
    "w": "wander",
    "n": "novelty",
    ".": "next_genre",
    ",": "prev_genre",
    "p": "panic",
    "r": "undo",
    "g": "keep",
    "e": "learn",
    "1": "load_a",
    "2": "load_b",
    "3": "load_c",
    "4": "load_d",
    "!": "save_a",
    "@": "save_b",
    "#": "save_c",
    "$": "save_d",
}
_SHOWN = ("density", "swing", "chaos", "humanize", "accent")
_TEMPO_KEYS = {"-": -1, "_": -1, "+": 1, "=": 1}
HELP = (
    "arrows x1 x2   h/j x3   k/l x4   +/- tempo   , . genre   space play/stop",
    "y/u density   i/o swing   c/v chaos   b/m humanize   B/M accent   ; ' : \" morph",
    "[ ] { } map   density: A/S kick  D/F snare  H/J hats  K/L toms  Y/U I/O more",
    "t tap   z fill   x freeze   w wander   n novelty   r undo   p panic   q quit",
    "! @ # $ save   1 2 3 4 load   g keep 8 bars   e learn: a control and a controller",
)


class KeysPanel:
    """Takes over the terminal while it lives. `values` gives where the controls stand."""

    name = "keys"

    def __init__(self, notes: list[str]) -> None:
        self.values: Callable[[], dict[str, float]] = dict
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
        with contextlib.suppress(curses.error):  # a terminal without an invisible cursor
            curses.curs_set(0)

    def poll(self, _now_ns: int) -> list[Change]:
        """The keys struck since the last call."""
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
        if key in _BUTTON_KEYS:
            return Press(_BUTTON_KEYS[key])
        if key in _TEMPO_KEYS:
            return Turn("tempo", tempo_of(round(bpm_of(values["tempo"])) + _TEMPO_KEYS[key]))
        if key in _AXIS_KEYS:
            control, direction = _AXIS_KEYS[key]
            return Turn(control, min(max(values[control] + direction * _NUDGE, 0.0), 1.0))
        return None

    def draw(self, engine: Engine, now_ns: int) -> None:
        """Show place, beat and playhead."""
        self._screen.erase()
        lines = [*status_lines(engine), "", *grid_lines(engine, now_ns), ""]
        lines += [f"! {fault}" for fault in engine.faults] + self._notes + ["", *HELP]
        height, width = self._screen.getmaxyx()
        for row, line in enumerate(lines[: height - 1]):
            colour = curses.color_pair(1) if self._has_colours and row < 2 else 0
            self._screen.addnstr(row, 0, line, max(width - 1, 0), colour)
        self._screen.refresh()

    def close(self) -> None:
        """Give the terminal back as it was, unless it was closed."""
        with contextlib.suppress(curses.error):
            self._screen.keypad(False)
            curses.nocbreak()
            curses.echo()
            curses.endwin()


def status_lines(engine: Engine) -> list[str]:
    """Transport, place, axes and shape, in words."""
    explorer, sequencer = engine.explorer, engine.sequencer
    nearest = nearest_genre(explorer.atlas, explorer.place.z)
    genre = f"{nearest[0].name} ({nearest[1]:.1f} sd away)" if nearest else "-"
    flags = [name for name, is_on in _flags(engine).items() if is_on]
    state = "playing" if sequencer.is_playing else "stopped"
    values = explorer.values
    axes = [
        f"x{i + 1} {_bar(values[f'x{i + 1}'])} {name}"
        for i, name in enumerate(explorer.atlas.latent.axes)
    ]
    shape = "  ".join(f"{n} {values[n]:.2f}" for n in _SHOWN)
    return [
        f"drumatlas  {state}  {engine.bpm:.1f} BPM  near {genre}  {' '.join(flags)}",
        f"atlas {explorer.atlas.name}  z {', '.join(f'{v:.2f}' for v in explorer.place.z)}",
        *axes,
        shape,
    ]


def _flags(engine: Engine) -> dict[str, bool]:
    explorer = engine.explorer
    return {
        "frozen": explorer.frozen,
        "wandering": explorer.is_wandering,
        "training beats allowed": not explorer.novelty,
        "moved to a passing place": explorer.place.moved > 0,
        **engine.flags,
    }


def _bar(value: float, width: int = 24) -> str:
    place = round(value * (width - 1))
    return "[" + "-" * place + "o" + "-" * (width - 1 - place) + "]"


def grid_lines(engine: Engine, now_ns: int) -> list[str]:
    """14 rows of 32 steps, high voices above, and a row for the playhead."""
    cycle = engine.sequencer.pattern.cycles[0]
    lines = []
    for voice in reversed(VOICE_TABLE):
        loud = [dict(step).get(voice.bit, 0) for step in cycle]
        marks = [" .oO@"[0 if not v else 1 + min(v // 32, 3)] if v else "·" for v in loud]
        lines.append(f"{voice.short:>4} {_spaced(marks)}")
    head = [" "] * STEPS
    if engine.sequencer.is_playing:
        head[engine.sequencer.position_at(now_ns)] = "^"
    return [*lines, f"     {_spaced(head)}"]


def _spaced(marks: list[str]) -> str:
    """Steps with a gap between beats and a wider one between the bars."""
    text = ""
    for step, mark in enumerate(marks):
        if step and step % STEPS_PER_BAR == 0:
            text += "  "
        elif step and step % STEPS_PER_BEAT == 0:
            text += " "
        text += mark
    return text
