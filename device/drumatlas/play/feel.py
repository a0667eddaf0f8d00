"""Swing and humanize, which move notes but never the clock."""

from dataclasses import dataclass

SWING_MOST = 0.5  # of a 16th: delay of the off 16ths at full swing (75 % in MPC terms)
HUMANIZE_NS = 12_000_000  # largest shift in each direction at full humanize
HUMANIZE_VELOCITY = 24  # largest change of velocity in each direction


@dataclass(frozen=True, slots=True)
class Feel:
    """The amounts of `swing` and `humanize`, each 0..1."""

    swing: float = 0.0
    humanize: float = 0.0
