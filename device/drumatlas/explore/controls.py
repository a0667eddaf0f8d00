"""Control names: the same in scripts, in the terminal, in the config, over MIDI and on the page."""

from dataclasses import dataclass

from drumatlas.beat.voices import GROUPS
from drumatlas.errors import ControlError

MIN_BPM, MAX_BPM = 40.0, 240.0  # ends of the tempo control
SLOTS = "abcd"
MAP_MODES = ("absolute", "glide")  # the joystick is a place on the map, or a speed over it

# Value controls, 0..1, with the place they start at.
DEFAULTS: dict[str, float] = {
    **{f"x{i}": 0.5 for i in range(1, 5)},  # knobs on the atlas' basis
    "map_x": 0.5,  # joystick over the map
    "map_y": 0.5,
    "tempo": (120 - MIN_BPM) / (MAX_BPM - MIN_BPM),
    "density": 0.5,  # 0.5 is the atlas' own
    **{f"density.{group}": 0.5 for group in GROUPS},
    "swing": 0.0,
    "chaos": 0.0,
    "humanize": 0.0,
    "accent": 0.5,  # 0.5 is the decoder's and the metre's own
    "morph": 0.0,  # over the square of the snapshots a and b (below), c and d (above)
    "morph_y": 0.0,
}
VALUES = tuple(DEFAULTS)
BUTTONS = (
    *("play", "tap", "fill", "freeze", "next_genre", "prev_genre"),
    *(f"save_{slot}" for slot in SLOTS),
    *(f"load_{slot}" for slot in SLOTS),
    *("wander", "novelty", "panic"),
    *("undo", "keep", "learn"),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A value control moved to `value`, 0..1."""

    control: str
    value: float


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed."""

    button: str


Change = Turn | Press


def turn(control: object, value: object) -> Turn:
    """A checked Turn; ControlError says what is wrong."""
    if not isinstance(control, str) or control not in DEFAULTS:
        raise ControlError(f"no control named {control!r}", f"there are: {', '.join(VALUES)}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ControlError(f"{control}: value {value!r} is not a number in 0..1")
    return Turn(control, float(value))


def press(button: object) -> Press:
    """A checked Press; ControlError says what is wrong."""
    if not isinstance(button, str) or button not in BUTTONS:
        raise ControlError(f"no button named {button!r}", f"there are: {', '.join(BUTTONS)}")
    return Press(button)


def bpm_of(value: float) -> float:
    """Tempo control 0..1 to beats a minute."""
    return MIN_BPM + value * (MAX_BPM - MIN_BPM)


def tempo_of(bpm: float) -> float:
    """Beats a minute to the tempo control's 0..1, clipped."""
    return min(max((bpm - MIN_BPM) / (MAX_BPM - MIN_BPM), 0.0), 1.0)
