"""rtmidi's ports, with a make-believe client in its place."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import pytest

from drumatlas.cli import main
from drumatlas.errors import PortError
from drumatlas.midi import choose, names
from drumatlas.midi.cards import hardware_of
from drumatlas.midi.rtmidi import api as rtmidi_api
from drumatlas.midi.rtmidi import input as rtmidi_input
from drumatlas.midi.rtmidi import output as rtmidi_output
from drumatlas.midi.rtmidi.input import RtMidiInput
from drumatlas.midi.rtmidi.output import RtMidiDestination
from support.fake_sysfs import Sysfs

ONE = "UM-ONE:UM-ONE MIDI 1"


class FakeRtMidi:
    """The ports of one machine, as rtmidi lists them."""

    def __init__(self) -> None:
        self.ports: list[str] = []
        self.opened = ""

    def get_ports(self) -> list[str]:
        return list(self.ports)

    def open_port(self, index: int, name: str) -> None:
        del name
        self.opened = self.ports[index]

    def close_port(self) -> None:
        self.opened = ""

    def delete(self) -> None: ...

    def listen(self, _hear: object) -> None: ...

    def ignore(self) -> None: ...


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, sysfs: Sysfs) -> FakeRtMidi:
    one = FakeRtMidi()

    def opens(*_: object, **__: object) -> tuple[FakeRtMidi, str]:
        return one, "rtmidi"

    monkeypatch.setattr(rtmidi_output, "open_client_for", opens)
    monkeypatch.setattr(rtmidi_input, "open_client_for", opens)
    monkeypatch.setattr(rtmidi_api, "open_client", opens)
    monkeypatch.setattr(choose, "has_alsa", lambda: False)
    describe: Callable[..., Any] = partial(
        names.describe, hardware=partial(hardware_of, root=sysfs.root)
    )
    for module in (names, rtmidi_api):
        monkeypatch.setattr(module, "describe", describe)
    return one


@pytest.fixture
def two(client: FakeRtMidi, sysfs: Sysfs) -> FakeRtMidi:
    """Identical interfaces."""
    sysfs.plug(2, "1-1.2", "0001")
    sysfs.plug(3, "1-1.3", "0001")
    client.ports = [f"{ONE} 24:0", f"{ONE} 28:0"]
    return client


WANTED = [
    (f"{ONE} 24:0", 0),
    (f"{ONE} 28:0", 1),
    (f"{ONE} [usb 1-1.2]", 0),
    (f"{ONE} [usb 1-1.3]", 1),
]


@pytest.mark.parametrize(("wanted", "index"), WANTED)
def test_a_full_name_opens_that_port_and_no_other(two: FakeRtMidi, wanted: str, index: int) -> None:
    raw, name = two.ports[index], WANTED[2 + index][0]
    assert RtMidiDestination(wanted).open() == name
    assert two.opened == raw
    two.opened = ""
    with closing(RtMidiInput(wanted, lambda _data, _at_ns: None)) as box:
        assert box.name == name
        assert two.opened == raw


@pytest.mark.parametrize("wanted", [ONE, "um-one", f"{ONE} 99:0"])
def test_a_plain_name_lists_both(two: FakeRtMidi, wanted: str) -> None:
    both = rf"fits several; {{}}s: '{ONE} \[usb 1-1.2\]', '{ONE} \[usb 1-1.3\]'"
    with pytest.raises(PortError, match=both.format("output")):
        RtMidiDestination(wanted).open()
    with pytest.raises(PortError, match=both.format("input")):
        RtMidiInput(wanted, lambda _data, _at_ns: None)
    assert not two.opened


def test_they_are_listed_as_they_may_be_named(
    two: FakeRtMidi, capsys: pytest.CaptureFixture[str]
) -> None:
    two.ports.append("TR-8S:TR-8S MIDI 1 32:0")
    assert main(["ports"]) == 0
    said = capsys.readouterr().out.splitlines()
    listed = [f"{ONE} [usb 1-1.2]", f"{ONE} [usb 1-1.3]", "TR-8S:TR-8S MIDI 1"]
    for way in ("out", "in"):
        assert [line for line in said if line.startswith(f"{way}\t") and "uart" not in line] == [
            f"{way}\t{name}" for name in listed
        ]


def test_a_second_interface_does_not_cut_off_the_first(client: FakeRtMidi, sysfs: Sysfs) -> None:
    sysfs.plug(3, "1-1.3")
    client.ports = [f"{ONE} 28:0"]
    destination = RtMidiDestination("UM-ONE")
    assert destination.open() == ONE
    sysfs.plug(2, "1-1.2")
    client.ports = [f"{ONE} 24:0", f"{ONE} 28:0"]
    assert destination.is_there()
    client.ports.pop()
    assert not destination.is_there()
    destination.close()
    assert not destination.is_there(), "the other one is another device"
    sysfs.unplug(3)
    sysfs.plug(4, "1-1.3")
    client.ports.append(f"{ONE} 32:0")
    assert destination.is_there()
    destination.open()
    assert client.opened == f"{ONE} 32:0"


def test_another_one_with_the_same_number_is_another_one(client: FakeRtMidi, sysfs: Sysfs) -> None:
    sysfs.plug(2, "1-1.2")
    client.ports = [f"{ONE} 24:0"]
    destination = RtMidiDestination(f"{ONE} [usb 1-1.2]")
    destination.open()
    sysfs.unplug(2)
    sysfs.plug(2, "1-1.3")
    assert not destination.is_there()
    destination.close()
    assert not destination.is_there()
    with pytest.raises(PortError, match=r"is not there; outputs: '.* \[usb 1-1.3\]'"):
        destination.open()
