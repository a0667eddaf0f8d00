"""Beats to play, a sequencer on a virtual clock, and its streams."""

from collections.abc import Sequence

from drumatlas.beat.pattern import Cycle, Pattern
from drumatlas.midi.port import NullPort
from drumatlas.play.events import Event, Output
from drumatlas.play.sequencer import Sequencer
from drumatlas.play.settings import PlaySettings

TICK = 20_833_333  # ns at 120 BPM, rounded down
STEP = 125_000_000
KICK, SNARE, HAT = 36, 38, 42


def pattern_of(hits: dict[int, Sequence[tuple[int, int]]]) -> Pattern:
    """One cycle from step -> [(voice, velocity)]."""
    cycle: Cycle = tuple(tuple(hits.get(step, ())) for step in range(32))
    return Pattern((cycle,))


FOUR = pattern_of({step: [(0, 100)] for step in range(0, 32, 4)})
HATS = pattern_of({step: [(2, 80)] for step in range(32)})


def sequencer(pattern: Pattern = FOUR, **settings: object) -> Sequencer:
    """A sequencer at time 0; `settings` are those of PlaySettings."""
    return Sequencer(PlaySettings(**settings), pattern, 0)  # type: ignore[arg-type]


def run(
    seq: Sequencer, until_ns: int, chunk_ns: int = 7_000_000, start_ns: int = 0
) -> list[Output]:
    """Return what `seq` gives from `start_ns` to `until_ns` if it is asked every `chunk_ns`."""
    out: list[Output] = []
    now = start_ns
    while now < until_ns:
        now = min(now + chunk_ns, until_ns)
        out += seq.advance(now)
    return out


def midi(outputs: list[Output]) -> list[tuple[int, bytes]]:
    """(at_ns, bytes) of each message."""
    return [(o.at_ns, o.data) for o in outputs if isinstance(o, Event)]


def ons(outputs: list[Output], note: int | None = None) -> list[int]:
    """When notes begin: all, or those of `note`."""
    return [t for t, d in midi(outputs) if d[0] & 0xF0 == 0x90 and (note is None or d[1] == note)]


class RecordingPort(NullPort):
    """An output port that delivers nothing; `sent` has its messages, less those withdrawn."""

    def __init__(self) -> None:
        self.sent: list[Output] = []

    def send(self, outputs: Sequence[Output]) -> None:
        self.sent.extend(outputs)

    def withdraw(self, after_ns: int) -> None:
        self.sent = [output for output in self.sent if output.at_ns <= after_ns]
