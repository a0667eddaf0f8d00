"""AlsaPort on a make-believe sequencer."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("alsa_midi")

from delivering import BASE_NS, Wire, counted, perform
from drumatlas.errors import PortError
from drumatlas.midi import alsa_input, alsa_port, alsa_ports, choose
from drumatlas.midi.alsa_input import AlsaInput
from drumatlas.midi.alsa_port import AlsaPort
from drumatlas.midi.cards import hardware_of
from drumatlas.midi.port import OutputPort
from drumatlas.play.events import (
    CLOCK,
    CONTINUE,
    NOTE_ON,
    SONG_POSITION,
    STOP,
    Event,
    panic,
)
from drumatlas.play.sequencer import Sequencer
from playing import HATS, sequencer
from recorded import hanging
from sequencer_of_alsa import Clock, Kernel
from sysfs import Sysfs
from waiting import until

MS = 1_000_000
NAME, SYNTH = "TR-8S:MIDI 1", (24, 0)


@pytest.fixture(scope="module")
def kernels() -> Iterator[Callable[[], Kernel]]:
    """Makes a fresh one, which is in force from then on."""
    with pytest.MonkeyPatch.context() as patch:

        def fresh() -> Kernel:
            kernel = Kernel(Wire())
            for module in (alsa_port, alsa_ports, alsa_input):
                patch.setattr(module, "open_sequencer", kernel.open)
            for module in (alsa_port, alsa_input):
                patch.setattr(module, "QueueClock", Clock)
            patch.setattr(alsa_port, "bearable_hz", lambda _client: 4000)
            patch.setattr(alsa_ports, "wait_events", kernel.wait_events)
            patch.setattr(alsa_input, "wait_events", lambda *_, **__: time.sleep(0.01) or [])
            here = SimpleNamespace(
                monotonic_ns=lambda: kernel.wire.now_ns,
                monotonic=time.monotonic,
                sleep=time.sleep,
            )
            patch.setattr(alsa_port, "time", here)
            return kernel

        yield fresh


@pytest.fixture
def kernel(kernels: Callable[[], Kernel]) -> Kernel:
    return kernels()


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
    port._client.run()


def test_back_in_it_hears_panic_on_all_channels_in_use_then_its_place(kernel: Kernel) -> None:
    kernel.plug(NAME, SYNTH)
    port = AlsaPort("TR-8S", (9,))
    port._client.run()
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
def test_who_plays_waits_neither_for_a_list_nor_for_a_connection(kernel: Kernel, step: str) -> None:
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


ONE = "UM-ONE:UM-ONE MIDI 1"


class Interfaces:
    """Identical ones, by their USB paths; each gets the first free card, as from the kernel."""

    def __init__(self, kernel: Kernel, sysfs: Sysfs) -> None:
        self._kernel, self._sysfs = kernel, sysfs
        self._cards: dict[str, int] = {}

    def plug(self, *paths: str) -> None:
        for path in paths:
            self._cards[path] = card = min({*range(8)} - {*self._cards.values()})
            self._sysfs.plug(card, path)
            self._kernel.plug(ONE, self.address(path))

    def unplug(self, *paths: str) -> None:
        for path in paths:
            address = self.address(path)
            self._sysfs.unplug(self._cards.pop(path))
            self._kernel.unplug(address)

    def address(self, path: str) -> tuple[int, int]:
        return 16 + 4 * self._cards[path], 0

    def heard(self, path: str) -> list[bytes]:
        return self._kernel.heard[self.address(path)]


LEFT, RIGHT = "1-1.2", "1-1.3"


@pytest.fixture
def interfaces(kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Interfaces:
    sysfs = Sysfs(tmp_path)
    monkeypatch.setattr(alsa_ports, "hardware_of", partial(hardware_of, root=sysfs.root))
    return Interfaces(kernel, sysfs)


@pytest.fixture
def has_alsa(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "has_alsa", lambda: True)
    monkeypatch.setattr("drumatlas.midi.alsa_queue.open_sequencer", kernel.open)


@pytest.mark.parametrize("order", [(LEFT, RIGHT), (RIGHT, LEFT)])
@pytest.mark.parametrize(
    ("wanted", "offset"), [(LEFT, ""), (RIGHT, ""), (LEFT, "@-3ms"), (RIGHT, "@+2.5ms")]
)
def test_the_listed_name_of_one_of_two_opens_it_whatever_their_order(
    has_alsa: None, interfaces: Interfaces, order: tuple[str, str], wanted: str, offset: str
) -> None:
    interfaces.plug(*order)
    _, outputs, inputs = choose.list_ports()
    name = f"{ONE} [usb {wanted}]"
    assert outputs == inputs == [f"{ONE} [usb {path}]" for path in order]
    port, _ = choose.open_outputs([f"{name}{offset}"], (9,))
    port._client.run()
    for path in order:
        assert bool(interfaces.heard(path)) == (path == wanted)
    assert port.name == name
    port.close()
    heard = choose.open_input(name, lambda _data, _at_ns: None)
    assert heard
    assert heard.name == name
    heard.close()


def test_both_of_two_play_and_each_comes_back_to_its_own(
    kernel: Kernel, interfaces: Interfaces
) -> None:
    interfaces.plug(LEFT, RIGHT)
    ports = {path: AlsaPort(f"{ONE} [usb {path}]", (9,)) for path in (LEFT, RIGHT)}
    interfaces.unplug(LEFT, RIGHT)
    until(lambda: all("unplugged" in port.fault for port in ports.values()))
    assert ports[LEFT].fault == f"{ONE} [usb {LEFT}]: unplugged"
    interfaces.plug(RIGHT)  # with the other one's number
    until(lambda: ports[RIGHT].fault == "")
    until(lambda: ports[LEFT].fault == f"{ONE} [usb {LEFT}]: unplugged")
    interfaces.plug(LEFT)
    until(lambda: ports[LEFT].fault == "")
    for path, port in ports.items():
        port._client.run()
        interfaces.heard(path).clear()
    for note, (path, port) in enumerate(ports.items(), 36):
        port.send([Event(BASE_NS, bytes((NOTE_ON | 9, note, 100)))])
        kernel.wire.now_ns = BASE_NS
        port._client.run()
        assert bytes((NOTE_ON | 9, note, 100)) in interfaces.heard(path)
    assert bytes((NOTE_ON | 9, 37, 100)) not in interfaces.heard(LEFT)
    for port in ports.values():
        port.close()


@pytest.mark.parametrize("opens", [AlsaPort, AlsaInput])
def test_a_name_from_when_there_was_one_stays_with_it_or_lists_both(
    interfaces: Interfaces, opens: Callable[..., AlsaPort | AlsaInput]
) -> None:
    more = (9,) if opens is AlsaPort else lambda _data, _at_ns: None
    interfaces.plug(LEFT)
    port = opens("UM-ONE", more)
    assert port.name == ONE
    interfaces.plug(RIGHT)
    until(lambda: port.name == f"{ONE} [usb {LEFT}]")
    assert port.fault == ""
    both = rf"'UM-ONE' fits several; \w+: '{ONE} \[usb {LEFT}\]', '{ONE} \[usb {RIGHT}\]'"
    with pytest.raises(PortError, match=both):
        opens("UM-ONE", more)
    interfaces.unplug(LEFT)
    until(lambda: port.fault == f"{ONE} [usb {LEFT}]: unplugged")
    interfaces.plug(LEFT)
    until(lambda: port.fault == "")
    port.close()
    waiting = opens("UM-ONE", more, waits=True)
    until(lambda: "fits several" in waiting.fault)
    interfaces.unplug(LEFT)
    until(lambda: waiting.fault == "")
    assert waiting.name == ONE
    waiting.close()


@pytest.mark.parametrize("opens", [AlsaPort, AlsaInput])
def test_one_that_was_never_there_is_not_unplugged_but_lists_what_is(
    interfaces: Interfaces, opens: Callable[..., AlsaPort | AlsaInput]
) -> None:
    more = (9,) if opens is AlsaPort else lambda _data, _at_ns: None
    interfaces.plug(RIGHT)
    port = opens(f"UM-ONE [usb {LEFT}]", more, waits=True)
    assert f"is not there; {'out' if opens is AlsaPort else 'in'}puts: '{ONE} [usb" in port.fault
    port.close()
