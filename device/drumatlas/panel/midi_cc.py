"""MIDI as a panel: controllers move controls, programs recall snapshots, notes are pads."""

from collections import deque
from collections.abc import Callable

from drumatlas.beat.codes import Code
from drumatlas.engine import Engine
from drumatlas.explore.control import CONTROLLERS
from drumatlas.explore.controls import VALUES, Change, Press, Turn
from drumatlas.panel.echo import EchoGuard
from drumatlas.panel.midi_map import Learn, MidiMap
from drumatlas.panel.pads import Pads, Unvoiced

WAITING = 1024  # messages between two looks; of a flood the oldest are dropped
_ON = 64  # a button is pressed where its controller rises to this
LEARNING = "learning: touch a control, move a controller"
_NOTE_ON, _CONTROLLER, _PROGRAM = 0x90, 0xB0, 0xC0
_LENGTHS = {_NOTE_ON: 3, _CONTROLLER: 3, _PROGRAM: 2}  # bytes of the messages that mean something


def _is_whole(message: bytes) -> bool:
    """Whether it is one of ours, whatever a driver has let through."""
    return len(message) == _LENGTHS.get(message[0] & 0xF0) and max(message[1:]) < 0x80


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
            _NOTE_ON: self._note,
            _CONTROLLER: self._controller,
            _PROGRAM: self._program,
        }
        engine.on_change = self._touch

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
            self._table[message[0] & 0xF0](message, at_ns, now_ns)
        self._flush()
        self._land(self._pads.tick(now_ns))
        self._engine.tell("echo", self.echo.fault(now_ns))
        self._engine.tell("pads without a voice", self._unvoiced.fault(now_ns))
        return self._changes

    def close(self) -> None:
        """Nothing to let go of."""

    def _touch(self, change: Change) -> None:
        self.learn.touch(change)
        self._engine.flags[LEARNING] = self.learn.is_armed

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
            self._engine.flags[LEARNING] = self.learn.is_armed
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
            self._engine.flags[LEARNING] = False
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
        """A place that can't be had is no reason to lose the panel."""
        if not code:
            return
        try:
            self._engine.land(code)
        except Exception as error:
            self._engine.tell("pads", f"pads: {type(error).__name__}: {error}")
        else:
            self._engine.tell("pads")
