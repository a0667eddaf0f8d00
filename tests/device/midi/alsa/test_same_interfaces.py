"""Two interfaces of one model on a make-believe sequencer, and their cards in sysfs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

pytest.importorskip("alsa_midi")

from drumatlas.errors import PortError
from drumatlas.midi import choose
from drumatlas.midi.alsa import ports as alsa_ports
from drumatlas.midi.alsa.input import AlsaInput
from drumatlas.midi.alsa.output import AlsaPort
from drumatlas.midi.cards import hardware_of
from drumatlas.play.events import NOTE_ON, Event
from support.fake_alsa import Kernel
from support.fake_sysfs import Sysfs
from support.virtual_wire import BASE_NS
from support.waiting import until

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
        self._kernel.run()
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
    monkeypatch.setattr("drumatlas.midi.alsa.queue.open_sequencer", kernel.open)


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
    for path in ports:
        interfaces.heard(path).clear()
    for note, (path, port) in enumerate(ports.items(), 36):
        port.send([Event(BASE_NS, bytes((NOTE_ON | 9, note, 100)))])
        kernel.wire.now_ns = BASE_NS
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
