"""AlsaPort on a make-believe sequencer."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.midi.alsa.input import AlsaInput
from drumatlas.midi.alsa.output import AlsaPort
from drumatlas.play.events import (
    CLOCK,
    CONTINUE,
    NOTE_ON,
    SONG_POSITION,
    STOP,
    Event,
    panic,
)
from drumatlas.play.port import OutputPort
from drumatlas.play.sequencer import Sequencer
from support.fake_alsa import Kernel
from support.playing import HATS, sequencer
from support.recordings import hanging
from support.virtual_wire import BASE_NS, counted, perform
from support.waiting import until

MS = 1_000_000
NAME, SYNTH = "TR-8S:MIDI 1", (24, 0)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 1500 * MS),
            st.integers(0, 45 * MS),
            st.sampled_from(
                [
                    Sequencer.stop,
                    Sequencer.resume,
                    Sequencer.panic,
                    lambda seq: seq.set_tempo(40),
                    lambda seq: seq.set_tempo(290),
                ]
            ),
        ),
        max_size=4,
    ),
    st.floats(-100, 100),
)
def test_whatever_is_pressed_and_held_up_notes_end_and_clocks_are_right(
    kernels: Callable[[], Kernel],
    pressed: list[tuple[int, int, Callable[[Sequencer], object]]],
    offset_ms: float,
) -> None:
    kernel = kernels()
    port = AlsaPort(None, (9,), offset_ms)
    todo = [*pressed, (2000 * MS, 0, Sequencer.resume)]
    wanted = perform(sequencer(HATS), port, kernel.wire, todo, 3000 * MS)
    port.close()
    assert not hanging(kernel.wire.sent)
    assert counted(kernel.wire.sent) == counted(wanted)


def play(
    port: OutputPort, kernel: Kernel, seq: Sequencer, seconds: float, from_s: float = 0
) -> None:
    for ms in range(round(from_s * 1000), round((from_s + seconds) * 1000), 20):
        kernel.wire.now_ns = BASE_NS + ms * MS
        port.send(seq.advance(kernel.wire.now_ns + 60 * MS))
    kernel.run()


def test_back_in_it_hears_panic_on_all_channels_in_use_then_its_place(kernel: Kernel) -> None:
    kernel.plug(NAME, SYNTH)
    port = AlsaPort("TR-8S", (9,))
    kernel.run()
    assert kernel.heard[SYNTH] == [one.data for one in panic(0, (9,))]
    seq = sequencer(HATS)
    seq.skip_to(BASE_NS)
    seq.start()
    play(port, kernel, seq, 1)
    kernel.unplug(SYNTH)
    until(lambda: "unplugged" in port.fault)
    port.send([Event(0, bytes((NOTE_ON | 2, 60, 100)))])  # another kit since
    play(port, kernel, seq, 1.03, 1)
    kernel.plug(NAME, SYNTH)
    until(lambda: port.fault == "")
    play(port, kernel, seq, 1, 2.04)
    heard = kernel.heard[SYNTH]
    assert heard[:4] == [one.data for one in panic(0, (9, 2))]
    place = next(i for i, data in enumerate(heard) if data[0] == SONG_POSITION)
    assert heard[place + 1 : place + 3] == [CONTINUE, CLOCK]
    assert any(data[0] & 0xF0 == NOTE_ON for data in heard[place:])
    assert bytes((0x82, 60, 64)) in heard[:place]
    port.close()


def test_one_that_appears_while_the_watch_is_set_up_is_connected(kernel: Kernel) -> None:
    def plug(name: str) -> None:
        if name == "drumatlas watch":  # whose announcements nobody hears yet
            kernel.plug(NAME, SYNTH)

    kernel.on_open = plug
    port = AlsaPort("TR-8S", (9,), waits=True)
    assert port.fault == ""
    assert port.name == NAME
    port.close()
    kernel.unplug(SYNTH)
    heard = AlsaInput("TR-8S", lambda _data, _at_ns: None, waits=True)
    assert heard.fault == ""
    heard.close()


@pytest.mark.parametrize("step", ["on_list", "on_connect"])
def test_playing_waits_neither_for_a_list_nor_for_a_connection(kernel: Kernel, step: str) -> None:
    port = AlsaPort("TR-8S", (9,), waits=True)
    goes_on, is_there = threading.Event(), threading.Event()
    setattr(kernel, step, lambda: is_there.set() or goes_on.wait(60))
    kernel.plug(NAME, SYNTH)
    assert is_there.wait(60)

    def perform_once() -> None:
        port.send([Event(BASE_NS, STOP)])
        port.withdraw(BASE_NS)

    performing = threading.Thread(target=perform_once)
    performing.start()
    performing.join(20)
    was_held_up = performing.is_alive()
    goes_on.set()
    performing.join()
    assert not was_held_up
    assert set(kernel.listed) == {"drumatlas watch"}
    until(lambda: port.fault == "")
    port.close()


def test_what_is_sent_earlier_can_be_taken_back_only_so_much_sooner(kernel: Kernel) -> None:
    port = AlsaPort(None, (9,), -50)
    assert port.guard_ns == 55 * MS
    port.close()
