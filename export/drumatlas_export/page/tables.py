"""Write the constants for reading MIDI files as a JavaScript module of the page.

The static page reads MIDI files with its own JavaScript (static/smf*.js and static/file*.js). The
numbers, words and tables that it shares with the box are written into the page from here, so that
each is defined once.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from drumatlas import errors
from drumatlas.beat import codes, drum_map, drums, grid, mark, voices
from drumatlas.beat.smf import chunks, declared, events, kit, notes, parts, read, search, track
from drumatlas.web import drop

NAME = "smftables.js"

_FIRST_ROW = slice(drum_map.KEYS)

# (module of the box, names of the constants that the page uses).
_SHARED: tuple[tuple[Any, str], ...] = (
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
    (drop, "MAX_STRETCHES"),
)


def tables_module() -> str:
    """Return the module's text, one constant per line; the same in every run."""
    values = {name: getattr(module, name) for module, names in _SHARED for name in names.split()}
    values |= {
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
    lines = [f"export const {name} = {_written(value)};\n" for name, value in values.items()]
    return "".join(lines)


def _written(value: Any) -> str:
    # `<` could end the script. Here it occurs in strings only.
    return json.dumps(_plain(value), sort_keys=True).replace("<", "\\u003c")


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: bytes as characters, a regular expression as its source."""
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
