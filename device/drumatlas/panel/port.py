"""What the engine needs of a panel."""

from typing import Protocol

from drumatlas.explore.controls import Change


class Panel(Protocol):
    """Looked at about 100 times a second by the slow loop."""

    name: str

    def poll(self, now_ns: int) -> list[Change]:
        """The changes since the last call, in order. Never blocks."""

    def close(self) -> None:
        """Let go of the hardware, and leave the terminal as it was."""
