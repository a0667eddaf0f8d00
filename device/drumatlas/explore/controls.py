"""The table of controls. Scripts, the terminal, the configuration, MIDI and the page all use it.

To add a control, add a row here. Then add its effect where its `moves` is handled:
`explore/explorer.py` (place and pattern) or `engine.py` (feel, tempo, transport). Pure.
"""

from dataclasses import dataclass

from drumatlas.errors import ControlError
from drumatlas.explore.control import BUTTON, Control, check_table

MIN_BPM, MAX_BPM = 40.0, 240.0  # the tempo control at 0 and at 1
SLOTS = "abcd"
MAP_MODES = ("absolute", "glide")  # the joystick sets a point on the map, or a speed across it

# Give a new control a CC number that is unused here and undefined in MIDI 1.0: 30, 31, 14, 15.
# fmt: off
CONTROLS: tuple[Control, ...] = check_table((
    #       name                   default group     moves     cc   keys
    Control("x1",                  0.5, "place",     "axis",    16, "left right a s",
            "moves you along axis 1 of 4 of the space of beats", second="swing",
            page_keys="left right"),  # s is the sound of the page
    Control("x2",                  0.5, "place",     "axis",    17, "down up d f",
            "moves you along axis 2 of 4 of the space of beats", second="chaos"),
    Control("x3",                  0.5, "place",     "axis",    18, "h j",
            "moves you along axis 3 of 4 of the space of beats", second="humanize"),
    Control("x4",                  0.5, "place",     "axis",    19, "k l",
            "moves you along axis 4 of 4 of the space of beats", second="morph"),
    Control("map_x",               0.5, "map",       "map",     20, "[ ]",
            "moves you left and right on the map", label="map"),
    Control("map_y",               0.5, "map",       "map",     21, "{ }",
            "moves you down and up on the map", label="map"),
    Control("tempo", (120 - MIN_BPM) / (MAX_BPM - MIN_BPM), "transport", "tempo", 22, "- + _ =",
            f"sets the tempo, from {MIN_BPM:g} to {MAX_BPM:g} beats per minute", start="play.bpm",
            steps=round(MAX_BPM - MIN_BPM), snaps=True),
    Control("density",             0.5, "feel",      "pattern", 23, "y u",  # 0.5: as decoded
            "sets how many hits the beat has", second="accent"),
    Control("density.kick",        0.5, "mix",       "pattern", 85, "A S",
            "sets how many hits of the group kick the beat has"),
    Control("density.snare",       0.5, "mix",       "pattern", 86, "D F",
            "sets how many hits of the group snare the beat has"),
    Control("density.hats",        0.5, "mix",       "pattern", 87, "H J",
            "sets how many hits of the group hats the beat has"),
    Control("density.toms",        0.5, "mix",       "pattern", 88, "K L",
            "sets how many hits of the group toms the beat has"),
    Control("density.cymbals",     0.5, "mix",       "pattern", 89, "Y U",
            "sets how many hits of the group cymbals the beat has", label="cymb"),
    Control("density.percussion",  0.5, "mix",       "pattern", 90, "I O",
            "sets how many hits of the group percussion the beat has", label="perc"),
    Control("swing",               0.0, "feel",      "feel",    24, "i o",
            "delays every second 16th note", start="play.swing",
            start_means="1 delays every second 16th by half a 16th"),
    Control("chaos",               0.0, "feel",      "pattern", 25, "c v",
            "varies the beat at random, from one repeat to the next", needs_box=True),
    Control("humanize",            0.0, "feel",      "feel",    26, "b m",
            "moves hits a little off the grid, at random", start="play.humanize",
            start_means="1 moves hits by up to 12 ms and velocities by up to 24", needs_box=True),
    Control("accent",              0.5, "feel",      "pattern", 28, "B M",  # 0.5: unchanged
            "sets the contrast between loud and soft hits", start="play.accent",
            start_means="0: all hits alike, 1: strong accents"),
    Control("climate",             0.0, "feel",      "climate", 15, "C V",
            "moves tempo and swing to those that the genre of the place usually has",
            start="play.climate", start_means="1 plays at the usual tempo and swing of the place",
            needs_box=True),
    Control("morph",               0.0, "memory",    "morph",   27, "; '",
            "moves you between snapshots, from a and c to b and d"),
    Control("morph_y",             0.0, "memory",    "morph",   29, ': "',
            "moves you between snapshots, from a and b to c and d", label="morph"),

    Control("play",             BUTTON, "transport", "transport", 102, "space",
            "starts and stops the beat", second="freeze"),
    Control("tap",              BUTTON, "transport", "tempo",     103, "t",
            "sets the tempo when you tap it on each beat", second="fill"),
    Control("fill",             BUTTON, "act",       "pattern",   104, "z",
            "plays a drum fill until the end of the bar"),
    Control("freeze",           BUTTON, "act",       "pattern",   105, "x",
            "keeps the beat as it is while you move", lamp="frozen"),
    Control("next_genre",       BUTTON, "place",     "place",     106, ".",
            "goes to the next genre", label="next genre", second="prev_genre"),
    Control("prev_genre",       BUTTON, "place",     "place",     107, ",",
            "goes to the previous genre", label="previous genre"),
    Control("save_a",           BUTTON, "memory",    "memory",    108, "!",
            "saves where you are as snapshot a", label="save"),
    Control("save_b",           BUTTON, "memory",    "memory",    109, "@",
            "saves where you are as snapshot b", label="save"),
    Control("save_c",           BUTTON, "memory",    "memory",    110, "#",
            "saves where you are as snapshot c", label="save"),
    Control("save_d",           BUTTON, "memory",    "memory",    111, "$",
            "saves where you are as snapshot d", label="save"),
    Control("load_a",           BUTTON, "memory",    "place",     112, "1",
            "goes to snapshot a", label="load"),
    Control("load_b",           BUTTON, "memory",    "place",     113, "2",
            "goes to snapshot b", label="load"),
    Control("load_c",           BUTTON, "memory",    "place",     114, "3",
            "goes to snapshot c", label="load"),
    Control("load_d",           BUTTON, "memory",    "place",     115, "4",
            "goes to snapshot d", label="load"),
    Control("wander",           BUTTON, "act",       "place",     116, "w",
            "lets the place travel by itself, on and off", lamp="wandering"),
    Control("novelty",          BUTTON, "act",       "pattern",   117, "n",
            "leaves out beats of the training data, on and off", label="novel", lamp="novelty"),
    Control("panic",            BUTTON, "act",       "transport", 118, "p",
            "ends every note on every channel in use"),
    Control("undo",             BUTTON, "act",       "place",     119, "r",
            "goes back to where you were before the last jump"),
    Control("keep",             BUTTON, "box",       "memory",      9, "g",
            "writes the last 8 bars to a .mid file", label="keep 8 bars"),
    Control("learn",            BUTTON, "box",       "midi",        3, "e",
            "binds the next MIDI controller you move to the next control you use",
            label="MIDI learn", lamp="learning"),
))
# fmt: on
BY_NAME = {control.name: control for control in CONTROLS}
DEFAULTS: dict[str, float] = {
    control.name: control.default for control in CONTROLS if control.default is not None
}
VALUES = tuple(DEFAULTS)
BUTTONS = tuple(control.name for control in CONTROLS if control.is_button)
KNOBS = tuple(control.name for control in CONTROLS if control.moves == "axis")
STARTS = tuple(control for control in CONTROLS if control.start_means)  # set by the configuration


@dataclass(frozen=True, slots=True)
class Turn:
    """A value control was set to `value`, 0..1."""

    control: str
    value: float


@dataclass(frozen=True, slots=True)
class Press:
    """A button was pressed."""

    button: str


Change = Turn | Press


def turn(control: object, value: object) -> Turn:
    """Return a Turn. Raise ControlError for an unknown control or a value outside 0..1."""
    if not isinstance(control, str) or control not in DEFAULTS:
        raise ControlError(f"unknown control {control!r}", f"choose from {', '.join(VALUES)}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ControlError(f"{control}: value {value!r} is not a number in 0..1")
    return Turn(control, float(value))


def press(button: object) -> Press:
    """Return a Press. Raise ControlError for an unknown button."""
    if not isinstance(button, str) or button not in BUTTONS:
        raise ControlError(f"unknown button {button!r}", f"choose from {', '.join(BUTTONS)}")
    return Press(button)


def bpm_of(value: float) -> float:
    """Return the tempo in beats per minute at `value` 0..1 of the tempo control."""
    return MIN_BPM + value * (MAX_BPM - MIN_BPM)


def tempo_of(bpm: float) -> float:
    """Return the tempo control's value 0..1 for beats per minute, clipped to that range."""
    return min(max((bpm - MIN_BPM) / (MAX_BPM - MIN_BPM), 0.0), 1.0)


def nudged(name: str, value: float, way: int) -> float:
    """Return the value 0..1 of control `name` after one key stroke up (`way` 1) or down (-1)."""
    control = BY_NAME[name]
    if control.snaps:
        value = (round(value * control.steps) + way) / control.steps
    else:
        value += way / control.steps
    return min(max(value, 0.0), 1.0)
