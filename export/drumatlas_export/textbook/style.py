"""What the textbook knows of a style: its beats, tempo, swing and usual drum set."""

from dataclasses import dataclass

from drumatlas.beat.codes import Code
from drumatlas_export.textbook.families import family_of
from drumatlas_export.textbook.rules import Rule

PLAIN = "plain"  # name of the first beat of each style
LEAST_BPM, MOST_BPM = 40, 240  # what the box's tempo control reaches


@dataclass(frozen=True, slots=True)
class Beat:
    """Two bars. `ghosts` are the soft hits among those of `code`, as a code of their own."""

    name: str
    code: Code
    ghosts: Code


@dataclass(frozen=True, slots=True)
class Style:
    """A style: its tempo from `slowest` to `fastest` in quarter notes a minute, its `swing` 0..1 as
    the box's control means it, the name of its usual `drum_set`, its hand-written beats (the plain
    one first), and the rules that vary each of them."""

    name: str
    slowest: int
    fastest: int
    swing: float
    drum_set: str
    rules: tuple[Rule, ...]
    beats: tuple[Beat, ...]

    @property
    def family(self) -> str:
        """Its family, one of FAMILIES."""
        return family_of(self.name)
