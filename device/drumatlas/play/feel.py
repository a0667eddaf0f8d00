"""Swing and humanize: what moves notes, and never the clock."""

from dataclasses import dataclass

SWING_MOST = 0.5  # of a 16th, by which the off 16ths are late at full swing (75 % in MPC terms)
HUMANIZE_NS = 12_000_000  # largest shift to each side at full humanize
HUMANIZE_VELOCITY = 24  # the same for velocity


@dataclass(frozen=True, slots=True)
class Feel:
    """`swing` and `humanize`, 0..1 each."""

    swing: float = 0.0
    humanize: float = 0.0
