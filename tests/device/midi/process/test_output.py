"""A port with a make-believe process behind it, on a virtual clock."""

import errno
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.errors import PortError
from drumatlas.midi.process import output
from drumatlas.midi.process.frames import pack
from drumatlas.midi.process.output import ProcessPort
from drumatlas.play.events import NOTE_ON, Event
from drumatlas.play.sequencer import Sequencer
from support.playing import FOUR, HATS, sequencer
from support.recordings import hanging, notes
from support.virtual_wire import FakeHandle, Press, VirtualWire, counted, perform
from support.waiting import until

MS = 1_000_000
PRESSES: dict[str, Callable[[Sequencer], object]] = {
    "stop": Sequencer.stop,
    "continue": Sequencer.resume,
    "start": Sequencer.start,
    "slow": lambda seq: seq.set_tempo(40),
    "fast": lambda seq: seq.set_tempo(290),
    "another beat": lambda seq: seq.set_pattern(FOUR),
    "panic": Sequencer.panic,
    "mute": lambda seq: seq.mute(2, True),
    "unmute": lambda seq: seq.mute(2, False),
}

presses = st.lists(
    st.tuples(st.integers(0, 1500 * MS), st.integers(0, 45 * MS), st.sampled_from([*PRESSES])),
    max_size=5,
)


@pytest.fixture(scope="module")
def sender() -> Iterator[type[FakeHandle]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(output, "ChildHandle", FakeHandle)
        yield FakeHandle


def played(
    sender: type[FakeHandle],
    offset_ms: float,
    pressed: Sequence[Press],
    bpm: float = 120,
    until_ns: int = 2500 * MS,
) -> tuple[list[Event], list[Event]]:
    """(what was sent, what the sequencer wants to have been sent)."""
    sender.wire = wire = VirtualWire()
    port = ProcessPort("synth", (9,), offset_ms)
    wanted = perform(sequencer(HATS, bpm=bpm, swap="step"), port, wire, pressed, until_ns)
    port.close()
    return wire.sent, wanted


@given(presses, st.floats(-100, 100), st.floats(40, 290))
def test_whatever_is_pressed_and_held_up_notes_end_and_clocks_are_right(
    sender: type[FakeHandle], pressed: list[tuple[int, int, str]], offset_ms: float, bpm: float
) -> None:
    todo = [(at_ns, held_ns, PRESSES[name]) for at_ns, held_ns, name in pressed]
    todo.append((2000 * MS, 0, Sequencer.resume))  # what was stopped too late is in step again
    sent, wanted = played(sender, offset_ms, todo, bpm, 3500 * MS)
    assert not hanging(sent)
    assert counted(sent) == counted(wanted)


@given(st.integers(0, 2000 * MS), st.floats(-100, 100))
def test_what_is_pressed_in_time_is_as_if_nothing_had_been_handed_over(
    sender: type[FakeHandle], at_ns: int, offset_ms: float
) -> None:
    sent, wanted = played(sender, offset_ms, [(at_ns, 0, PRESSES["fast"])])
    assert [one.data for one in sent] == [one.data for one in wanted]


@given(st.integers(0, 2000 * MS), st.integers(0, 45 * MS))
def test_no_note_is_struck_twice_by_what_changes_nothing(
    sender: type[FakeHandle], at_ns: int, held_ns: int
) -> None:
    sent, wanted = played(sender, 0, [(at_ns, held_ns, lambda seq: seq.set_tempo(120))])
    assert len(notes(sent)) == len(notes(wanted))


def test_what_is_sent_earlier_can_be_taken_back_only_so_much_sooner(
    sender: type[FakeHandle],
) -> None:
    guards = []
    for offset_ms in (-50, 0, 50):
        port = ProcessPort("synth", (9,), offset_ms)
        guards.append(port.guard_ns)
        port.close()
    assert guards == [55 * MS, 5 * MS, 5 * MS]


class Mortal(FakeHandle):
    """`dies` ends the last one that was started; the next ones fail as `fails` says."""

    channels: list[tuple[int, ...]]
    fails: list[BaseException]
    dies = threading.Event()

    def __init__(self, out: str, channels: Sequence[int]) -> None:
        if self.fails:
            raise self.fails.pop()
        super().__init__(out, channels)
        self._ended = type(self).dies = threading.Event()
        self.channels.append(tuple(channels))


@pytest.fixture
def mortal(monkeypatch: pytest.MonkeyPatch) -> type[Mortal]:
    Mortal.channels, Mortal.fails = [], []
    monkeypatch.setattr(output, "ChildHandle", Mortal)
    return Mortal


@pytest.mark.parametrize(
    ("error", "why"), [(OSError(errno.EAGAIN, "Try again"), "Try again"), (MemoryError(), "Memory")]
)
def test_a_process_that_can_not_be_started_is_tried_again(
    mortal: type[Mortal], error: BaseException, why: str
) -> None:
    port = ProcessPort("synth", (9,))
    mortal.fails = [error] * 3
    faults = set()

    def is_back() -> bool:
        faults.add(port.fault)
        return len(mortal.channels) == 2 and not port.fault

    mortal.dies.set()
    until(is_back)
    assert any(f"cannot start the sending process ({why}" in fault for fault in faults)
    port.close()


def test_the_first_one_that_can_not_be_started_is_an_error(mortal: type[Mortal]) -> None:
    mortal.fails = [OSError(errno.ENOMEM, "Cannot allocate memory")]
    with pytest.raises(
        PortError, match=r"cannot start the sending process \(Cannot allocate memory\)"
    ):
        ProcessPort("synth", (9,))


def test_a_new_process_panics_on_the_channels_that_came_into_use(mortal: type[Mortal]) -> None:
    port = ProcessPort("synth", (9,))
    port.send([Event(0, bytes((NOTE_ON | 2, 60, 100)))])
    mortal.dies.set()
    until(lambda: len(mortal.channels) == 2)
    assert mortal.channels == [(9,), (9, 2)]
    port.close()


class HeldUp(ProcessPort):
    """Its performer sends at just the moment when a new process is about to take messages."""

    @property
    def _child(self) -> FakeHandle | None:
        return self.__dict__["taking"]

    @_child.setter
    def _child(self, sender: FakeHandle | None) -> None:
        if sender:
            self.send([])
        self.__dict__["taking"] = sender


@pytest.mark.parametrize("kind", [ProcessPort, HeldUp])
def test_a_new_process_ends_the_notes_of_the_one_that_died(
    mortal: type[Mortal], monkeypatch: pytest.MonkeyPatch, kind: type[ProcessPort]
) -> None:
    monkeypatch.setattr(FakeHandle, "wire", VirtualWire())
    port = kind("synth", (9,))
    port.send([Event(0, bytes((NOTE_ON | 2, 60, 100)))])
    assert hanging(mortal.wire.sent) == {(2, 60)}
    mortal.dies.set()

    def is_ended() -> bool:
        port.send([])
        return not hanging(mortal.wire.sent)

    until(is_ended, 10)
    port.close()


def test_what_comes_again_is_settled_once(
    sender: type[FakeHandle], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = ProcessPort("synth", (9,))
    wrote: list[bytes] = []
    monkeypatch.setattr(sender, "write", lambda _, data: wrote.append(data) or True)
    port.withdraw(5)
    port.send([])
    port.send([])
    assert b"".join(wrote) == pack(5, b"") + pack(0, b"\0")
    port.close()
