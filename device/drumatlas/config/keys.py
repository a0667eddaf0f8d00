"""The table of settings: each key with its default, its range and its purpose."""

from collections.abc import Callable
from dataclasses import dataclass

from drumatlas.beat.voices import VOICE_TABLE, Voice
from drumatlas.config.values import Value
from drumatlas.config.words import BUTTON_WORDS, LAMP_WORDS, SHIFT_WORDS, VALUE_WORDS
from drumatlas.explore.controls import DEFAULTS, MAP_MODES, STARTS, VALUES
from drumatlas.midi.targets import INPUT_HELP, OUTPUT_BRIEF, MidiTarget
from drumatlas.oled.chips import check_chip
from drumatlas.panel.chip_kind import I2C
from drumatlas.panel.chips import parts_on
from drumatlas.panel.conditioning import parse_calibration
from drumatlas.panel.midi_map import DEFAULT_CC
from drumatlas.panel.takeover import MODES
from drumatlas.panel.wiring import (
    DEFAULT_LAMPS,
    DEFAULT_SECOND,
    DEFAULT_WIRES,
    LAMPS,
    check_pin_wire,
    check_value_wire,
)
from drumatlas.play.kits import KITS
from drumatlas.play.settings import MAX_OFFSET_MS, SWAPS, ClockSource
from drumatlas.web.address import DEFAULT as WEB_ADDRESS
from drumatlas.web.address import check_token, parse_address


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. Its type is that of `default`. Numbers lie in low..high, words are in `choices`,
    and `check` raises DrumatlasError for other strings. `help` is one line for somebody who knows
    drum machines, but not this one."""

    name: str  # dotted: table.key
    default: Value
    help: str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    check: Callable[[str], object] | None = None
    low_means: str = ""  # the meaning of `low` if it is not an amount

    @property
    def has_range(self) -> bool:
        """Whether it is a number with a range."""
        return isinstance(self.default, int | float) and not isinstance(self.default, bool)

    @property
    def range(self) -> str:
        """The range in words."""
        if self.low_means:
            amounts = f"{plain(self.low + 1)} to {plain(self.high)}"
            return f"{amounts}, or {plain(self.low)} for {self.low_means}"
        return f"{plain(self.low)} to {plain(self.high)}"


def plain(number: float) -> str:
    """Return a number without an exponent, and without a fraction where it has none."""
    return str(int(number)) if number == int(number) else str(number)


def table_of(voice: Voice) -> str:
    """Return the table of a voice, such as voices.low_conga."""
    return f"voices.{voice.name.replace(' ', '_')}"


def _voice_keys() -> tuple[Key, ...]:
    keys = []
    for voice in VOICE_TABLE:
        table = table_of(voice)
        keys += [
            Key(f"{table}.note", voice.note, f"MIDI note of the {voice.name}", 0, 127),
            Key(f"{table}.channel", 10, "MIDI channel", 1, 16),
            Key(f"{table}.mute", False, "true: this voice never plays"),
            Key(
                f"{table}.offset_ms",
                0.0,
                "milliseconds later than the grid; negative: earlier",
                -MAX_OFFSET_MS,
                MAX_OFFSET_MS,
            ),
            Key(f"{table}.velocity_min", 1, "MIDI velocity of the softest hit", 1, 127),
            Key(f"{table}.velocity_max", 127, "MIDI velocity of the loudest hit", 1, 127),
            Key(f"{table}.gate", 0.0, "length of a note in 16ths; 0: as in play.gate", 0, 16),
        ]
    return tuple(keys)


def _panel_keys() -> tuple[Key, ...]:
    wires, seconds = [], []
    buttons = {**BUTTON_WORDS, "shift": SHIFT_WORDS}
    for words, check in ((VALUE_WORDS, check_value_wire), (buttons, check_pin_wire)):
        names = tuple(name for name in words if name != "shift")
        for name, does in words.items():
            wires.append(Key(f"gpio.{name}", DEFAULT_WIRES.get(name, ""), does, check=check))
        for name in names:
            default = DEFAULT_SECOND.get(name, "")
            about = f"control that {name} becomes while shift is held"
            seconds.append(Key(f"shift.{name}", default, about, choices=("", *names)))
    lamps = [
        Key(f"lamps.{n}", DEFAULT_LAMPS[n], LAMP_WORDS[n], check=check_pin_wire) for n in LAMPS
    ]
    measured = [
        Key(f"calibration.{n}", "", f"readings of the input of {n}", check=parse_calibration)
        for n in VALUES
    ]
    return (*wires, *lamps, *seconds, *measured)


def _cc_keys() -> tuple[Key, ...]:
    words = {**VALUE_WORDS, **BUTTON_WORDS}
    return tuple(
        Key(f"cc.{name}", number, words[name], -1, 119, low_means="no controller")
        for name, number in DEFAULT_CC.items()
    )


def _start_keys() -> tuple[Key, ...]:
    return tuple(
        Key(one.start, DEFAULTS[one.name], f"{one.name} at the start; {one.start_means}", 0, 1)
        for one in STARTS
    )


_PLAY_KEYS = (
    Key("play.bpm", 120.0, "tempo at the first start, in beats per minute", 20, 300),
    Key("play.seed", 0, "start of the random numbers for chaos, humanize and wander", 0, 2**32 - 1),
    Key("play.start", True, "true: play at once; false: wait for the play button"),
    Key(
        "play.resume",
        False,
        "true: the play button continues from where it was stopped; false: it starts from the top",
    ),
    Key("play.swap", "bar", "a new beat comes in at the next", choices=tuple(SWAPS)),
    Key(
        "play.kit",
        "gm",
        "drum machine whose notes and channels are used; [voices.*] below override them",
        choices=tuple(KITS),
    ),
    Key("play.gate", 0.5, "length of a note, in 16ths", 0.05, 4),
    *_start_keys(),
)

_PORT_KEYS = (
    Key(
        "midi.out",
        "auto",
        f"where the drums go: {OUTPUT_BRIEF}",
        check=MidiTarget.parse,
    ),
    Key(
        "midi.in",
        "none",
        f"where MIDI comes from: {INPUT_HELP}",
        check=MidiTarget.parse_input,
    ),
    Key("midi.channel", 0, "MIDI channel that the box listens to", 0, 16, low_means="all"),
    Key("midi.pads", True, "true: two bars played on pads at midi.in take you to their place"),
    Key(
        "clock.source",
        "internal",
        "internal: the box leads; external: it follows midi.in; auto: it follows a clock if one "
        "comes",
        choices=tuple(source.value for source in ClockSource),
    ),
    Key("clock.idle", False, "true: send MIDI clock while stopped, too"),
    Key("clock.thru", False, "true: pass the followed clock on to the outputs"),
    Key(
        "clock.hold",
        True,
        "true: when the followed clock is lost, wait for it; false: stop",
    ),
)

_PAGE_KEYS = (
    Key(
        "web.address",
        WEB_ADDRESS,
        "where a browser finds the page: HOST:PORT, or off",
        check=parse_address,
    ),
    Key(
        "web.token",
        "",
        "password of the page; empty: none on this machine, a new one at each start elsewhere",
        check=check_token,
    ),
    Key("web.hosts", "", "other names of this machine, comma-separated, for a reverse proxy"),
    Key("web.open", True, "true: open the page at the start where there is a desktop"),
    Key("state.dir", "", "folder for snapshots and the last place; empty: the usual one; or none"),
)

KEYS: tuple[Key, ...] = (
    *_PLAY_KEYS,
    *_PORT_KEYS,
    *_PAGE_KEYS,
    *_cc_keys(),
    *_voice_keys(),
    Key(
        "map.mode",
        "absolute",
        "absolute: the joystick is a place on the map; glide: it pushes you over the map",
        choices=MAP_MODES,
    ),
    Key(
        "panel.takeover",
        "pickup",
        "a knob that disagrees with its control moves it: once it passes its value (pickup), "
        "at once (jump), or in proportion until both agree (scale)",
        choices=MODES,
    ),
    Key("panel.curve", 1.5, "response of the joystick; above 1: finer around the middle", 0.5, 4),
    Key("panel.encoder_steps", 64, "steps of a rotary encoder from one end to the other", 8, 1000),
    Key(
        "panel.i2c_bus",
        1,
        f"number of the I2C bus with {parts_on(I2C)} converters and the display",
        0,
        20,
    ),
    *_panel_keys(),
    Key(
        "oled.chip",
        "",
        "controller of the display: ssd1306, ssd1309, sh1106, or png:FILE; empty: no display",
        check=check_chip,
    ),
    Key("oled.address", 0x3C, "I2C address of the display, usually 60 or 61", 0x03, 0x77),
    Key("oled.flip", False, "true: the display is upside down"),
)


def defaults() -> dict[str, Value]:
    """Return every key with its default."""
    return {key.name: key.default for key in KEYS}
