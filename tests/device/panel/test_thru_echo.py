"""Notes that a MIDI thru sends back are removed, and notes from pads are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas
from drumatlas.engine import TICK_NS, Engine
from drumatlas.explore.encode import encode_beat
from drumatlas.midi.files.tape import Tape
from drumatlas.midi.port import NullPort
from drumatlas.panel.midi_cc import MidiPanel
from drumatlas.panel.midi_map import MidiMap
from drumatlas.panel.thru_echo import FAULT, NEAR_NS, EchoGuard, Message
from drumatlas.play.events import Event
from drumatlas.play.settings import PlaySettings

MS = 1_000_000
STEP = 125 * MS
OURS, THEIRS = (36, 38, 42), (43, 49, 51)


def note(number: int, velocity: int = 100, channel: int = 9) -> bytes:
    return bytes((0x90 | channel, number, velocity))


def guard_of(sent: list[Event]) -> EchoGuard:
    guard = EchoGuard()
    guard.sent = lambda since_ns: [event for event in sent if event.at_ns >= since_ns]
    return guard


moments = st.integers(0, 20_000 * MS)
notes = st.tuples(moments, st.sampled_from(OURS), st.integers(1, 127))
pads = st.tuples(moments, st.sampled_from(THEIRS), st.integers(1, 127))


@given(st.lists(notes, max_size=40), st.lists(pads, max_size=40), st.integers(0, 100 * MS))
def test_pads_between_echoes_of_other_notes_all_count(
    ours: list[tuple[int, int, int]], theirs: list[tuple[int, int, int]], delay_ns: int
) -> None:
    guard = guard_of(sorted((Event(at, note(n, v)) for at, n, v in ours), key=lambda e: e.at_ns))
    echoes: list[Message] = [(note(n, v), at + delay_ns) for at, n, v in ours]
    played: list[Message] = [(note(n, v), at) for at, n, v in theirs]
    arriving = sorted(echoes + played, key=lambda message: message[1])
    kept = [one for message in arriving for one in guard.remove_echoes([message])]
    assert kept == sorted(played, key=lambda message: message[1])
    assert guard.remove_echoes(arriving) == kept  # looked at one by one or all at once


@given(st.integers(-300 * MS, 300 * MS), st.integers(1, 127), st.integers(0, 15))
def test_only_the_same_message_close_by_is_an_echo(
    delay_ns: int, velocity: int, channel: int
) -> None:
    sent_ns = 1000 * MS
    guard = guard_of([Event(sent_ns, note(36))])
    message = note(36, velocity, channel)
    is_echo = message == note(36) and abs(delay_ns) <= NEAR_NS
    assert guard.remove_echoes([(message, sent_ns + delay_ns)]) == (
        [] if is_echo else [(message, sent_ns + delay_ns)]
    )


def test_other_messages_than_notes_pass() -> None:
    guard = guard_of([Event(0, note(36)), Event(0, note(36, 0)), Event(0, b"\xb9\x10\x05")])
    others = [(note(36, 0), 0), (b"\xb9\x10\x05", 0), (b"\xc9\x01", 0)]
    assert guard.remove_echoes(others) == others
    assert guard.fault(0) == ""


def test_a_loop_is_reported_while_it_lasts_but_not_one_coincidence() -> None:
    guard = guard_of([Event(step * STEP, note(36)) for step in range(64)])
    for step in range(3):
        guard.remove_echoes([(note(36), step * STEP + 2 * MS)])
        assert guard.fault(step * STEP) == ""
    guard.remove_echoes([(note(36), 3 * STEP + 2 * MS)])
    assert guard.fault(4 * STEP) == FAULT
    assert guard.fault(60 * STEP) == FAULT
    assert guard.fault(99 * STEP) == ""
    guard.remove_echoes([(note(36), 50 * STEP)])
    assert guard.fault(50 * STEP) == ""  # counting starts again


class Thru(NullPort):
    """A synth that sends back its input 3 ms later, and notes from its pads."""

    def __init__(self) -> None:
        super().__init__()
        self.due: list[Message] = []

    def send(self, outputs: object) -> None:
        """Queue the messages to be sent back."""
        assert isinstance(outputs, list)
        self.due += [(one.data, one.at_ns + 3 * MS) for one in outputs if isinstance(one, Event)]

    def withdraw(self, after_ns: int) -> None:
        """Drop the messages after `after_ns`."""
        self.due = [one for one in self.due if one[1] <= after_ns + 3 * MS]

    def deliver(self, panel: MidiPanel, until_ns: int) -> None:
        """Give the panel the messages due by `until_ns`."""
        for message, at_ns in sorted(self.due, key=lambda one: one[1]):
            if at_ns <= until_ns:
                panel.receive(message, at_ns)
        self.due = [one for one in self.due if one[1] > until_ns]


class LoopedBox:
    """An engine that plays through a thru into its own input."""

    def __init__(self, atlas: Atlas, guards: bool = True) -> None:
        self.engine = Engine(atlas, PlaySettings(), [], 0)
        self.panel = MidiPanel(self.engine, MidiMap())
        self.engine.add_panel(self.panel)
        self.thru = Thru()
        self.tape = Tape(self.thru)
        if guards:
            self.panel.echo.sent = self.tape.sent_since
        self.engine.sequencer.start()
        self.now_ns = 0

    def play(self, until_ns: int) -> None:
        while self.now_ns < until_ns:
            self.now_ns += TICK_NS
            self.tape.send(self.engine.sequencer.advance(self.now_ns + 120 * MS))
            self.thru.deliver(self.panel, self.now_ns)
            self.engine.tick(self.now_ns)


def test_a_thru_is_reported_and_does_not_make_the_box_travel(atlas: Atlas) -> None:
    box = LoopedBox(atlas)
    home = box.engine.explorer.latent.tolist()
    box.play(100 * STEP)
    assert box.engine.explorer.latent.tolist() == home
    assert box.engine.faults == [FAULT]
    box.engine.sequencer.stop()
    box.play(200 * STEP)
    assert box.engine.faults == []


def test_without_the_guard_a_thru_makes_the_box_travel(atlas: Atlas) -> None:
    box = LoopedBox(atlas, guards=False)
    home = box.engine.explorer.latent.tolist()
    box.play(100 * STEP)
    assert box.engine.explorer.latent.tolist() != home


def test_pads_land_all_the_same(atlas: Atlas) -> None:
    box = LoopedBox(atlas)
    code = [0] * 32
    own = {number for step in box.engine.explorer.pattern.cycles[0] for number, _ in step}
    bit, number = next((b, n) for b, n in ((8, 51), (7, 49), (13, 64)) if b not in own)
    box.play(33 * STEP)
    begin = box.engine.sequencer.tick_at(box.now_ns)
    first_ns = box.now_ns + round((-begin % 96) * STEP / 6)
    for step in range(0, 32, 4):
        code[step] |= 1 << bit
        box.thru.due.append((note(number, 100), first_ns + step * STEP))
    box.play(first_ns + 33 * STEP)
    wanted = encode_beat(atlas, tuple(code))
    assert box.engine.explorer.latent == pytest.approx(wanted, abs=1e-5)


def test_with_pads_off_no_loop_is_reported(atlas: Atlas) -> None:
    box = LoopedBox(atlas)
    box.panel.map = MidiMap(pads={})
    box.play(100 * STEP)
    assert box.engine.faults == []
