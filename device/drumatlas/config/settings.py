"""The configuration as the parts of the box get it: each setting with its own type."""

from collections.abc import Mapping
from dataclasses import dataclass

from drumatlas.beat.voices import BIT_OF_NOTE, VOICE_TABLE, Voice
from drumatlas.config.keys import table_of
from drumatlas.config.values import Values, get
from drumatlas.config.wiring import wires_of, wiring_of
from drumatlas.explore.controls import STARTS
from drumatlas.oled.chips import OledSettings
from drumatlas.panel.midi_map import DEFAULT_CC, MidiMap
from drumatlas.panel.wiring import Wiring
from drumatlas.play.settings import ClockSource, PlaySettings, VoiceOut
from drumatlas.web.address import Address, parse_address


@dataclass(frozen=True, slots=True)
class PortSettings:
    """The MIDI output and input, as in `midi.targets`, and the clock that drives the box."""

    output: str
    input: str
    clock: ClockSource


@dataclass(frozen=True, slots=True)
class PageSettings:
    """The address of the page (None: there is no page), its password ("": none was set), further
    host names of this machine, and whether a browser is opened at the start."""

    address: Address | None
    token: str
    hosts: tuple[str, ...]
    opens: bool


@dataclass(frozen=True, slots=True)
class Config:
    """A checked configuration. `starts` are values (0..1) of controls at the start, by name;
    `wires` are the words for each wire of `wiring`, by control; `values` are all settings by dotted
    key, for messages that name a key."""

    player: PlaySettings
    plays_at_once: bool
    starts: Mapping[str, float]
    map_mode: str  # of the explorer: one of MAP_MODES
    ports: PortSettings
    midi_map: MidiMap
    wires: Mapping[str, str]
    wiring: Wiring
    oled: OledSettings | None  # None: there is no display
    page: PageSettings
    state_dir: str  # as in `service.state.state_folder`
    values: Values


def config_of(values: Values) -> Config:
    """Return the configuration with these checked values, one for each key."""
    return Config(
        player=_player(values),
        plays_at_once=get(values, "play.start", bool),
        starts={control.name: get(values, control.start, float) for control in STARTS},
        map_mode=get(values, "map.mode", str),
        ports=PortSettings(
            output=get(values, "midi.out", str),
            input=get(values, "midi.in", str),
            clock=ClockSource(get(values, "clock.source", str)),
        ),
        midi_map=_midi_map(values),
        wires=wires_of(values),
        wiring=wiring_of(values),
        oled=_oled(values),
        page=_page(values),
        state_dir=get(values, "state.dir", str),
        values=values,
    )


def _player(values: Values) -> PlaySettings:
    return PlaySettings(
        bpm=get(values, "play.bpm", float),
        seed=get(values, "play.seed", int),
        swap=get(values, "play.swap", str),
        gate=get(values, "play.gate", float),
        voices=tuple(_voice(values, voice) for voice in VOICE_TABLE),
        idle_clock=get(values, "clock.idle", bool),
        thru=get(values, "clock.thru", bool),
        hold=get(values, "clock.hold", bool),
        resume=get(values, "play.resume", bool),
    )


def _voice(values: Values, voice: Voice) -> VoiceOut:
    table = table_of(voice)
    return VoiceOut(
        note=get(values, f"{table}.note", int),
        channel=get(values, f"{table}.channel", int) - 1,
        is_muted=get(values, f"{table}.mute", bool),
        offset_ms=get(values, f"{table}.offset_ms", float),
        velocity_min=get(values, f"{table}.velocity_min", int),
        velocity_max=get(values, f"{table}.velocity_max", int),
        gate=get(values, f"{table}.gate", float),
    )


def _midi_map(values: Values) -> MidiMap:
    """Return the meaning of MIDI messages from `midi.in`. A note stands for the first voice that
    plays it, otherwise for its General MIDI voice."""
    ours: dict[int, int] = {}
    for voice in VOICE_TABLE:
        ours.setdefault(get(values, f"{table_of(voice)}.note", int), voice.bit)
    numbers = {name: get(values, f"cc.{name}", int) for name in DEFAULT_CC}
    return MidiMap(
        channel=get(values, "midi.channel", int),
        controls={number: name for name, number in numbers.items() if number >= 0},
        pads={**BIT_OF_NOTE, **ours} if get(values, "midi.pads", bool) else {},
    )


def _oled(values: Values) -> OledSettings | None:
    chip = get(values, "oled.chip", str)
    if not chip:
        return None
    return OledSettings(
        chip,
        bus=get(values, "panel.i2c_bus", int),
        address=get(values, "oled.address", int),
        flip=get(values, "oled.flip", bool),
    )


def _page(values: Values) -> PageSettings:
    hosts = get(values, "web.hosts", str).split(",")
    return PageSettings(
        address=parse_address(get(values, "web.address", str)),
        token=get(values, "web.token", str),
        hosts=tuple(host.strip() for host in hosts if host.strip()),
        opens=get(values, "web.open", bool),
    )
