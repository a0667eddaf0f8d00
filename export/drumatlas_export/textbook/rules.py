"""Rules that vary a beat as a drummer or a producer would: one table, each a few edits.

A rule changes the same cells in every beat, so the same beat gives the same variation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from drumatlas.beat.codes import STEPS, STEPS_PER_BAR, STEPS_PER_BEAT, Code
from drumatlas.beat.voices import VOICE_TABLE

_BIT = {voice.short: 1 << voice.bit for voice in VOICE_TABLE}
_CYMBALS = ("chat", "ohat", "ride")  # what keeps the time

_ALL = tuple(range(STEPS))
_QUARTERS = _ALL[::STEPS_PER_BEAT]
_EIGHTHS = _ALL[::2]
_LAST_HALF_BAR = _ALL[-STEPS_PER_BAR // 2 :]
_LAST_BEAT = _ALL[-STEPS_PER_BEAT:]


def _bars(*steps: int) -> tuple[int, ...]:
    """Return steps 0..15 of a bar in both bars."""
    return (*steps, *(STEPS_PER_BAR + step for step in steps))


_BACKBEAT = _bars(4, 12)


class Edit(Protocol):
    """One change to hits and ghosts, two lists of 32 step codes that it changes in place."""

    def apply(self, hits: list[int], ghosts: list[int]) -> None:
        """Change the lists."""

    @property
    def most_cells(self) -> int:
        """How many of the 448 cells it changes at most."""


@dataclass(frozen=True, slots=True)
class Add:
    """Hits of one voice at `steps`, but not where a voice of `unless` hits. Those that are there
    already stay; a loud one takes the place of a ghost note."""

    voice: str
    steps: tuple[int, ...]
    is_soft: bool = False
    unless: tuple[str, ...] = ()

    def apply(self, hits: list[int], ghosts: list[int]) -> None:
        """Add them."""
        bit, barred = _BIT[self.voice], _mask(self.unless)
        for step in self.steps:
            if hits[step] & barred:
                continue
            if not self.is_soft:
                ghosts[step] &= ~bit
            elif not hits[step] & bit:
                ghosts[step] |= bit
            hits[step] |= bit

    @property
    def most_cells(self) -> int:
        """A cell for each step."""
        return len(self.steps)


@dataclass(frozen=True, slots=True)
class Clear:
    """No hits of `voices` at `steps`; with `only_ghosts`, soft ones alone go."""

    voices: tuple[str, ...]
    steps: tuple[int, ...]
    only_ghosts: bool = False

    def apply(self, hits: list[int], ghosts: list[int]) -> None:
        """Take them out."""
        for step in self.steps:
            gone = _mask(self.voices) & (ghosts[step] if self.only_ghosts else hits[step])
            hits[step] &= ~gone
            ghosts[step] &= ~gone

    @property
    def most_cells(self) -> int:
        """A cell for each step and voice."""
        return len(self.steps) * len(self.voices)


@dataclass(frozen=True, slots=True)
class Move:
    """What `source` plays is played by `target`."""

    source: str
    target: str

    def apply(self, hits: list[int], ghosts: list[int]) -> None:
        """Move them."""
        source, target = _BIT[self.source], _BIT[self.target]
        for codes in (hits, ghosts):
            for step in _ALL:
                if codes[step] & source:
                    codes[step] = codes[step] & ~source | target

    @property
    def most_cells(self) -> int:
        """Two cells for each step."""
        return 2 * STEPS


def _mask(voices: tuple[str, ...]) -> int:
    return sum(_BIT[voice] for voice in voices)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its name, as styles list it. `edits` follow one another."""

    name: str
    edits: tuple[Edit, ...]

    @property
    def most_cells(self) -> int:
        """How many of the 448 cells it changes at most."""
        return sum(edit.most_cells for edit in self.edits)

    def apply(self, code: Code, ghosts: Code) -> tuple[Code, Code]:
        """Return the variation of a beat, hits and ghosts; the beat itself if nothing of it would
        be left."""
        hits, soft = list(code), list(ghosts)
        for edit in self.edits:
            edit.apply(hits, soft)
        return (tuple(hits), tuple(soft)) if any(hits) else (code, ghosts)


# fmt: off
_TABLE = (
    Rule("crash on one",               (Clear(_CYMBALS, (0,)), Add("crsh", (0,)))),
    Rule("crash quarters",             (Clear(_CYMBALS, _ALL), Add("crsh", _QUARTERS))),
    Rule("open hat on the and of four", (Clear(("chat", "ride"), (30,)), Add("ohat", (30,)))),
    Rule("ride for hats",              (Move("chat", "ride"), Move("ohat", "ride"))),
    Rule("sixteenth hats",             (Add("chat", _ALL, is_soft=True, unless=("ohat", "ride")),)),
    Rule("hat roll",                   (Add("chat", _LAST_BEAT, unless=("ohat",)),)),
    Rule("hat foot",                   (Add("chat", _BACKBEAT, unless=("ohat",)),)),
    Rule("drop the hats",              (Clear(_CYMBALS, _LAST_HALF_BAR),)),
    Rule("kick on the and of three",   (Add("kick", _bars(10)),)),
    Rule("kick on the and of four",    (Add("kick", (30,)),)),
    Rule("sixteenth kick pickup",      (Add("kick", (31,)),)),
    Rule("drop the kick",              (Clear(("kick",), _LAST_HALF_BAR),)),
    Rule("ghost notes",                (Add("snar", _bars(7, 9), is_soft=True),)),
    Rule("without ghost notes",        (Clear(("snar",), _ALL, only_ghosts=True),)),
    Rule("snare pickup",               (Add("snar", (31,)),)),
    Rule("snare fill",                 (Clear(_CYMBALS, _LAST_BEAT), Add("snar", _LAST_BEAT))),
    Rule("tom fill",                   (Clear((*_CYMBALS, "snar"), _LAST_HALF_BAR),
                                        Add("snar", (24, 25)), Add("htom", (26, 27)),
                                        Add("mtom", (28, 29)), Add("ltom", (30, 31)))),
    Rule("tambourine backbeat",        (Add("aux", _BACKBEAT),)),
    Rule("cowbell",                    (Add("aux", _QUARTERS),)),
    Rule("shaker",                     (Add("aux", _EIGHTHS, is_soft=True),)),
    # The slap on two, open tones on four and after it.
    Rule("congas",                     (Add("mcon", _bars(4)), Add("lcon", _bars(12, 14)))),
    # The martillo: the low drum on four.
    Rule("bongos",                     (Add("hbon", _bars(0, 2, 4, 6, 8, 10, 14)),
                                        Add("lbon", _bars(12)))),
    # The same where a bar of ours holds two of the song.
    Rule("congas in cut time",         (Add("mcon", _bars(2, 10)),
                                        Add("lcon", _bars(6, 7, 14, 15)))),
    Rule("bongos in cut time",         (Add("hbon", _bars(0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12,
                                                          13, 15)),
                                        Add("lbon", _bars(6, 14)))),
)
# fmt: on
RULES: Mapping[str, Rule] = {rule.name: rule for rule in _TABLE}
