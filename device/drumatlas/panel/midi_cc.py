"""MIDI as a panel: controllers move controls, programs recall snapshots, notes are pads."""

from collections import deque
from collections.abc import Callable

from drumatlas.beat.codes import Code
from drumatlas.engine import Engine
from drumatlas.explore.control import CONTROLLERS
from drumatlas.explore.controls import BY_NAME, VALUES, Change, Press, Turn
from drumatlas.panel.echo import EchoGuard
from drumatlas.panel.midi_map import Learn, MidiMap
from drumatlas.panel.pads import Pads, Unvoiced
from drumatlas.play.events import CONTROL_CHANGE, NOTE_ON, PROGRAM_CHANGE, kind

WAITING = 1024  # messages between two looks; of a flood the oldest are dropped
_ON = 64  # a button is pressed where its controller rises to this
LEARNING = BY_NAME["learn"].lamp  # the flag
HOW_TO_LEARN = "learning: touch a control, move a controller"
# Bytes of the messages that mean something.
_LENGTHS = {NOTE_ON: 3, CONTROL_CHANGE: 3, PROGRAM_CHANGE: 2}


def _is_whole(message: bytes) -> bool:
    """Whether it is one of ours, whatever a driver has let through."""
    return len(message) == _LENGTHS.get(kind(message)) and max(message[1:]) < 0x80


class MidiPanel:
    """`take` is for the input's thread, all else for the slow loop."""

    name = "midi"

    def __init__(self, engine: Engine, midi_map: MidiMap) -> None:
        self.map = midi_map
        self.learn = Learn()
        self.echo = EchoGuard()
        self._engine = engine
        self._pads = Pads(engine.sequencer)
        self._unvoiced = Unvoiced()
        self._waiting: deque[tuple[bytes, int]] = deque(maxlen=WAITING)
        self._values: dict[int, int] = {}  # last value of each controller that is a button
        self._turns: dict[str, float] = {}  # since the last press
        self._changes: list[Change] = []
        self._table: dict[int, Callable[[bytes, int, int], None]] = {
            NOTE_ON: self._note,
            CONTROL_CHANGE: self._controller,
            PROGRAM_CHANGE: self._program,
        }
        engine.listeners.append(self._touch)
        self._show_learning()

    def take(self, message: bytes, at_ns: int) -> None:
        """One MIDI message that arrived at `at_ns`; what is none is left out. Never raises or
        blocks."""
        if message and self.map.hears(message[0]) and _is_whole(message):
            self._waiting.append((message, at_ns))

    def poll(self, now_ns: int) -> list[Change]:
        """What came since the last call; of a controller that moved often, where it ended."""
        self._changes = []
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for message, at_ns in self.echo.without(waiting) if self.map.pads else waiting:
            self._table[kind(message)](message, at_ns, now_ns)
        self._flush()
        self._land(self._pads.tick(now_ns))
        self._engine.set_faults("echo", self.echo.fault(now_ns))
        self._engine.set_faults("pads without a voice", self._unvoiced.fault(now_ns))
        return self._changes

    def close(self) -> None:
        """Nothing to let go of."""

    def _touch(self, change: Change) -> None:
        self.learn.touch(change)
        self._show_learning()

    def _show_learning(self) -> None:
        self._engine.flags[LEARNING] = self.learn.is_armed
        self._engine.set_notice("learn", HOW_TO_LEARN if self.learn.is_armed else "")

    def _flush(self) -> None:
        self._changes += [Turn(name, value) for name, value in self._turns.items()]
        self._turns.clear()

    def _controller(self, message: bytes, _at_ns: int, _now_ns: int) -> None:
        number, value = message[1], message[2]
        if number >= CONTROLLERS:
            return
        name = self.learn.learned.get(number) or self.map.controls.get(number, "")
        if self.learn.is_armed and name != "learn":
            self.learn.hear(number)
            self._show_learning()
        elif name in VALUES:
            self._turns[name] = value / 127
        elif name:
            if self._values.get(number, 0) < _ON <= value:
                self._flush()  # what was turned before is turned before
                self._changes.append(Press(name))
            self._values[number] = value

    def _program(self, message: bytes, _at_ns: int, now_ns: int) -> None:
        program = message[1]
        if self.learn.is_armed:
            self.learn.disarm()
            self._show_learning()
            self._engine.explorer.save(str(program))
        else:
            self._engine.recall(program, now_ns)

    def _note(self, message: bytes, at_ns: int, _now_ns: int) -> None:
        if not message[2] or not self.map.pads:
            return
        bit = self.map.pads.get(message[1])
        if bit is None:
            self._unvoiced.hit(message[1], at_ns)
        else:
            self._land(self._pads.hit(bit, at_ns))

    def _land(self, code: Code | None) -> None:
        """Jump to the place of a beat; one that can't be decoded is shown and leaves the panel."""
        if code:
            self._engine.attempt("pads", lambda: self._engine.land(code))
