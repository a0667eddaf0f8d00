"""What `doctor` finds."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined. `state` is ok, warn (it plays, but) or fail (it can't play)."""

    name: str
    state: str
    detail: str
    advice: str = ""

    def as_table(self) -> dict[str, str]:
        """For JSON."""
        return asdict(self)
