"""Write the constants that the page shares with the box as JavaScript modules of the page.

The static page does with its own JavaScript (static/*.js) what the box does in Python. The numbers,
words and tables that both need are defined in Python only, and written into the page from here: one
module for reading MIDI files, one for making, finding and playing beats.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np

from drumatlas import errors
from drumatlas.beat import codes, drum_map, drums, grid, mark, voices
from drumatlas.beat.smf import chunks, declared, events, kit, notes, parts, read, search, track
from drumatlas.explore import (
    controls,
    density,
    fill,
    filters,
    genre,
    groove,
    latent,
    odds,
    snapshot,
    velocity,
    wander,
)
from drumatlas.explore import search as explore_search
from drumatlas.play import feel, tap, timeline
from drumatlas.web import dropped_file

_FIRST_ROW = slice(drum_map.KEYS)

# (module of the box, names of the constants that the page uses).
_Shared = tuple[tuple[Any, str], ...]

_FILES: _Shared = (
    (codes, "STEPS STEPS_PER_BEAT"),
    (track, "DRUM_CHANNEL TICK CHANNEL KEY"),
    (events, "META SYSEX SYSEX_MORE END_OF_TRACK METRE TRACK_NAME INSTRUMENT_NAME"),
    (events, "MAX_TICKS DATA_BYTES SYSTEM_BYTES META_SIZES"),
    (notes, "MAX_NOTES MAX_SIGNATURES MAX_NAME MAX_SETUP TIME_MARKS"),
    (chunks, "HEADER TRACK HEAD_BYTES HEADER_BYTES MAX_JUNK NAMED_CHUNK JUNK MACBINARY_BYTES"),
    (search, "END_BYTES TORN MAX_WORK"),
    (read, "MAX_REMARKS MOST_FORMAT NOTES_PER_UNSOUND PATTERN_BEATS"),
    (declared, "BANK PROGRAM GM2_BANK XG_BANK GS_PART XG_PART XG_MESSAGE RESETS XG_ON"),
    (declared, "DECLARING DECLARING_XG"),
    (parts, "USUAL_CHANNELS KIT_WORDS VAGUE_WORDS NOT_KITS"),
    (kit, "KICKS SNARES HATS REST CRASHES MOST_KICKS_WITH_SNARE SURE LIKELY"),
    (voices, "V_DRUMS_EDGES V_DRUMS_NOTES UNVOICED_NAMES"),
    (drum_map, "NO_VOICE CHANNELS KEYS GM_CHANNEL"),
    (grid, "BEATS_PER_BAR MOST_METRES MAX_STEPS MAX_SHIFT MAX_ERROR TRIPLET"),
    (drums, "EDITED SYNTH_RESETS SHOWN_KEYS"),
    (dropped_file, "MAX_STRETCHES"),
)
_BEATS: _Shared = (
    (codes, "STEPS STEPS_PER_BAR"),
    (voices, "VOICES"),
    (odds, "MIN_P"),
    (filters, "MIN_ENTROPY ROUNDING"),
    (density, "SPARSE_LOGITS DENSE_LOGITS MIN_HITS MAX_HITS MAX_TIMES_NATURAL"),
    (density, "MIN_SHARE MAX_SHARE"),
    (velocity, "MIN_VELOCITY BY_CERTAINTY BY_METRE VELOCITIES WEIGHT_OF_STEP BACKBEAT"),
    (groove, "CERTAINTY_SPREAD CUES LAGS MAX_VOICES BUSY_VOICES"),
    (latent, "LATENT_BLUR LATENT_POWER"),
    (genre, "CURSOR_TRIED"),
    (explore_search, "CANDIDATES CELLS_PER_DEVIATION RELAX"),
    (fill, "FILL_DENSITY FILL_OFFSETS"),
    (snapshot, "CORNERS"),
    (controls, "SLOTS"),
    (timeline, "PPQN STEP_TICKS MIN_TEMPO MAX_TEMPO"),
    (feel, "SWING_MOST"),
)

_NS_PER_MS = 1_000_000


def tables_module(name: str) -> str:
    """Return the text of a module of TABLES, one constant per line; the same in every run."""
    shared, more = TABLES[name]
    values = {name: getattr(module, name) for module, names in shared for name in names.split()}
    lines = [f"export const {name} = {_written(one)};\n" for name, one in (values | more()).items()]
    return "".join(lines)


def _more_of_files() -> dict[str, Any]:
    return {
        "MESSAGE_CHARACTERS": errors.MOST,
        "MARK_HEAD": mark.HEAD,
        "MARK_META": mark.META,
        "MARK_ENTRY": mark.ENTRY,
        "MARK_LEAD": mark.LEAD,
        "MARK_END": mark.END,
        "NO_PROGRAMS": sorted(number for number in parts.NO_PROGRAMS if number is not None),
        "GM_ROW": list(drum_map.GM.table[_FIRST_ROW]),
        "SYNTH_ROW": list(drum_map.SYNTH_MAP.table[_FIRST_ROW]),
        "V_DRUMS_ROW": list(drum_map.V_DRUMS_MAP.table[_FIRST_ROW]),
        "VOICE_NOTES": [voice.note for voice in voices.VOICE_TABLE],
    }


def _more_of_beats() -> dict[str, Any]:
    return {
        "WANDER_REACH": wander.REACH,
        "WANDER_BARS": wander.BARS,
        "WANDER_STOP_MS": wander.STOP_NS // _NS_PER_MS,
        "TAP_PAUSE_NS": tap.PAUSE_NS,
        "TAP_BOUNCE_NS": tap.BOUNCE_NS,
        "TAP_BEATS": tap.BEATS,
        "TAP_NEAR": tap.NEAR,
        "TAP_ALIKE": tap.ALIKE,
        "BPM": controls.bpm_of(controls.DEFAULTS["tempo"]),
    }


# Module of the page -> the constants that keep their names in it, and those that get others.
TABLES: Mapping[str, tuple[_Shared, Callable[[], dict[str, Any]]]] = {
    "smftables.js": (_FILES, _more_of_files),
    "boxtables.js": (_BEATS, _more_of_beats),
}


def _written(value: Any) -> str:
    # `<` could end the script. Here it occurs in strings only.
    return json.dumps(_plain(value), sort_keys=True).replace("<", "\\u003c")


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: bytes as characters, a regular expression as its source."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, re.Pattern):
        return _plain(value.pattern)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Collection) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value
