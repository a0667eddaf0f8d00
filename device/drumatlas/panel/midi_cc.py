"""MIDI input as a panel: controllers set controls, programs recall snapshots, notes are pads."""

from collections import deque
from collections.abc import Callable

from drumatlas.beat.codes import Code
from drumatlas.engine import Engine
from drumatlas.explore.control import CONTROLLERS
from drumatlas.explore.controls import BY_NAME, VALUES, Change, Press, Turn
from drumatlas.panel.midi_map import Learn, MidiMap
from drumatlas.panel.pads import Pads, UnmappedNotes
from drumatlas.panel.thru_echo import EchoGuard
from drumatlas.play.events import CONTROL_CHANGE, NOTE_ON, PROGRAM_CHANGE, kind

WAITING = 1024  # messages queued between two polls; the oldest are dropped
_ON = 64  # a button is pressed when its controller rises to this value
LEARNING = BY_NAME["learn"].lamp  # the flag
HOW_TO_LEARN = "learning: use a control and move a MIDI controller"
# Length in bytes of each kind of message that is used here.
_LENGTHS = {NOTE_ON: 3, CONTROL_CHANGE: 3, PROGRAM_CHANGE: 2}


def _is_valid(message: bytes) -> bool:
    """Return whether the message is of a kind used here and complete; drivers let others pass."""
    return len(message) == _LENGTHS.get(kind(message)) and max(message[1:]) < 0x80


class MidiPanel:
    """A panel on a MIDI input. The input's thread calls `receive`, the slow loop all the rest."""

    name = "midi"

    def __init__(self, engine: Engine, midi_map: MidiMap) -> None:
        self.map = midi_map
        self.learn = Learn()
        self.echo = EchoGuard()
        self._engine = engine
        self._pads = Pads(engine.sequencer)
        self._unmapped = UnmappedNotes()
        self._waiting: deque[tuple[bytes, int]] = deque(maxlen=WAITING)
        self._values: dict[int, int] = {}  # last value of each controller assigned to a button
        self._turns: dict[str, float] = {}  # values turned since the last press
        self._changes: list[Change] = []
        self._table: dict[int, Callable[[bytes, int, int], None]] = {
            NOTE_ON: self._note,
            CONTROL_CHANGE: self._controller,
            PROGRAM_CHANGE: self._program,
        }
        engine.listeners.append(self._control_used)
        self._show_learning()

    def receive(self, message: bytes, at_ns: int) -> None:
        """Queue a MIDI message that arrived at `at_ns`, monotonic ns. Never raises or blocks.

        Messages for other channels and invalid ones are ignored.
        """
        if message and self.map.accepts(message[0]) and _is_valid(message):
            self._waiting.append((message, at_ns))

    def poll(self, now_ns: int) -> list[Change]:
        """Return the changes since the last call, with only the last of a control's turns."""
        self._changes = []
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for message, at_ns in self.echo.remove_echoes(waiting) if self.map.pads else waiting:
            self._table[kind(message)](message, at_ns, now_ns)
        self._flush()
        self._land(self._pads.tick(now_ns))
        self._engine.set_faults("echo", self.echo.fault(now_ns))
        self._engine.set_faults("pads without a voice", self._unmapped.fault(now_ns))
        return self._changes

    def close(self) -> None:
        """Do nothing: the input belongs to the caller."""

    def _control_used(self, change: Change) -> None:
        self.learn.control_used(change)
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
            self.learn.controller_moved(number)
            self._show_learning()
        elif name in VALUES:
            self._turns[name] = value / 127
        elif name:
            if self._values.get(number, 0) < _ON <= value:
                self._flush()  # keep the order of turns and presses
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
            self._unmapped.hit(message[1], at_ns)
        else:
            self._land(self._pads.hit(bit, at_ns))

    def _land(self, code: Code | None) -> None:
        """Jump to the place of a beat. If it can't be decoded, show the fault and carry on."""
        if code:
            self._engine.attempt("pads", lambda: self._engine.land(code))
