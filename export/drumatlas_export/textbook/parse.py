"""Read a file of the textbook: styles, and their beats as rows of x and o.

    style house
    bpm 118-128
    swing 0.15
    kit electronic
    vary crash on one, drop the kick

    beat plain
    kick x...x...x...x...
    snar ....x.......x... | ....x.......x.x.

A row is a voice by its short name (`voices.py`) and its hits: `x` loud, `o` soft (a ghost note),
`.` none. It has two bars of 16 steps with `|` between them, or one bar that both play. Spaces do
not count. Lines that start with `#` are comments.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, Code
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.errors import BeatError
from drumatlas_export.mine.drum_sets import DRUM_SETS
from drumatlas_export.textbook.families import FAMILIES, family_of
from drumatlas_export.textbook.rules import RULES, Rule
from drumatlas_export.textbook.style import LEAST_BPM, MOST_BPM, PLAIN, Beat, Style

_BIT = {voice.short: 1 << voice.bit for voice in VOICE_TABLE}
_LOUD, _SOFT, _REST = "x", "o", "."
_NAME = re.compile(r"[a-z0-9]+(?:[ -][a-z0-9]+)*")
_TEMPO = re.compile(r"([0-9]{1,3})-([0-9]{1,3})")
_SWING = re.compile(r"0|1|0?\.[0-9]{1,4}")


def _tempo(text: str) -> tuple[int, int]:
    found = _TEMPO.fullmatch(text)
    if found:
        slowest, fastest = int(found[1]), int(found[2])
        if LEAST_BPM <= slowest <= fastest <= MOST_BPM:
            return slowest, fastest
    hint = f"write two numbers within {LEAST_BPM}..{MOST_BPM}, the slower first: bpm 118-128"
    raise BeatError(f"'{text}' is not a range of tempos", hint)


def _swing(text: str) -> float:
    if not _SWING.fullmatch(text):
        raise BeatError(f"'{text}' is not a swing", "write a number 0..1: swing 0.15")
    return float(text)


def _drum_set(text: str) -> str:
    if text not in DRUM_SETS:
        raise BeatError(f"unknown drum set '{text}'", f"choose from {', '.join(DRUM_SETS)}")
    return text


def _rules(text: str) -> tuple[Rule, ...]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in RULES:
            raise BeatError(f"unknown rule '{name}'", f"choose from {', '.join(RULES)}")
        if names.count(name) > 1:
            raise BeatError(f"rule '{name}' stands twice", "take one out")
    return tuple(RULES[name] for name in names)


# Lines of a style, each once: how its value is read.
_KEYS: Mapping[str, Callable[[str], Any]] = {
    "bpm": _tempo,
    "swing": _swing,
    "kit": _drum_set,
    "vary": _rules,
}
_WORDS = f"choose from style, {', '.join(_KEYS)}, beat, or a voice: {', '.join(_BIT)}"


@dataclass(slots=True)
class _BeatDraft:
    name: str
    line: int
    rows: dict[str, str] = field(default_factory=dict)  # voice -> 32 of x, o and .


@dataclass(slots=True)
class _StyleDraft:
    name: str
    line: int
    values: dict[str, Any] = field(default_factory=dict)  # by key
    beats: list[_BeatDraft] = field(default_factory=list)


def parse(lines: Iterable[str], file: str) -> list[Style]:
    """Return the styles of a file; BeatError names `file`, the line, the style, and the fault."""
    drafts: list[_StyleDraft] = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            _take(drafts, text, number)
        except BeatError as error:
            raise error.within(_place(file, number, drafts[-1:])) from None
    return [_style(draft, file) for draft in drafts]


def _place(file: str, line: int, drafts: list[_StyleDraft]) -> str:
    return ", ".join([f"{file}, line {line}", *(f"style {draft.name}" for draft in drafts)])


def _take(drafts: list[_StyleDraft], text: str, line: int) -> None:
    word, value = [*text.split(maxsplit=1), ""][:2]
    if word == "style":
        drafts.append(_StyleDraft(_new_name(value, [one.name for one in drafts]), line))
    elif not drafts:
        raise BeatError(f"'{word}' before the first style", "begin with a line: style NAME")
    elif word == "beat":
        beats = drafts[-1].beats
        beats.append(_BeatDraft(_new_name(value, [one.name for one in beats]), line))
    elif word in _KEYS:
        _take_once(drafts[-1].values, word, _KEYS[word](value))
    elif word not in _BIT:
        raise BeatError(f"unknown word '{word}'", _WORDS)
    elif not drafts[-1].beats:
        raise BeatError(f"'{word}' before the first beat", f"begin with a line: beat {PLAIN}")
    else:
        _take_once(drafts[-1].beats[-1].rows, word, _row(value))


def _new_name(name: str, taken: list[str]) -> str:
    if not _NAME.fullmatch(name):
        raise BeatError(f"'{name}' is not a name", "write lower-case letters, digits, - and spaces")
    if name in taken:
        raise BeatError(f"'{name}' stands twice", "choose another name")
    return name


def _take_once(table: dict[str, Any], key: str, value: object) -> None:
    if key in table:
        raise BeatError(f"'{key}' stands twice", "take one out")
    table[key] = value


def _row(text: str) -> str:
    """Return the 32 steps of a row."""
    bars = ["".join(bar.split()) for bar in text.split("|")]
    if len(bars) > STEPS // STEPS_PER_BAR:
        raise BeatError(f"{len(bars)} bars", "write one that repeats, or two with | between them")
    for bar in bars:
        odd = set(bar) - {_LOUD, _SOFT, _REST}
        if odd:
            raise BeatError(f"'{min(odd)}' is not a hit", "write x loud, o soft, . for no hit")
        if len(bar) != STEPS_PER_BAR:
            hint = f"write {STEPS_PER_BAR} of x, o and ."
            raise BeatError(f"a bar of {len(bar)} steps", hint)
    return "".join(bars) * (STEPS // STEPS_PER_BAR // len(bars))


def _style(draft: _StyleDraft, file: str) -> Style:
    try:
        missing = [key for key in _KEYS if key not in draft.values]
        if missing:
            raise BeatError(f"no line '{missing[0]}'", f"a style has {', '.join(_KEYS)}")
        if not draft.beats or draft.beats[0].name != PLAIN:
            raise BeatError(f"the first beat is not '{PLAIN}'", "every style begins with that one")
        if not family_of(draft.name):
            hint = f"add it to one of FAMILIES in families.py: {', '.join(FAMILIES)}"
            raise BeatError("the style has no family", hint)
    except BeatError as error:
        raise error.within(_place(file, draft.line, [draft])) from None
    slowest, fastest = draft.values["bpm"]
    return Style(
        draft.name,
        slowest,
        fastest,
        swing=draft.values["swing"],
        drum_set=draft.values["kit"],
        rules=draft.values["vary"],
        beats=tuple(_beat(beat, file, draft) for beat in draft.beats),
    )


def _beat(draft: _BeatDraft, file: str, style: _StyleDraft) -> Beat:
    code, ghosts = _code(draft.rows, _LOUD + _SOFT), _code(draft.rows, _SOFT)
    if not any(code):
        error = BeatError(f"beat '{draft.name}' has no hits", "write a row: kick x...x...x...x...")
        raise error.within(_place(file, draft.line, [style]))
    return Beat(draft.name, code, ghosts)


def _code(rows: Mapping[str, str], hits: str) -> Code:
    return tuple(
        sum(_BIT[voice] for voice, row in rows.items() if row[step] in hits)
        for step in range(STEPS)
    )
