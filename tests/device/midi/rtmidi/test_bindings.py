"""Every binding of RtMidi that is installed does the same, on JACK's dummy driver."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from drumatlas.errors import PortError
from drumatlas.midi.rtmidi import api as rtmidi_api
from drumatlas.midi.rtmidi import bindings as rtmidi_bindings
from drumatlas.midi.rtmidi.api import open_client
from drumatlas.midi.rtmidi.bindings import BINDINGS, Binding, Client, RtMidi
from drumatlas.midi.rtmidi.input import RtMidiInput
from drumatlas.midi.rtmidi.output import RtMidiDestination
from support.jack_server import jack_client, needs_jack
from support.waiting import until

NOTE, CLOCK, SYSEX, SENSING = b"\x99\x24\x64", b"\xf8", b"\xf0\x7d\x01\xf7", b"\xfe"
PING, PONG = b"\xb0\x00\x01", b"\xb0\x00\x02"


@pytest.fixture(params=BINDINGS, ids=lambda binding: binding.package)
def binding(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Binding:
    """The only binding that is found."""
    one: Binding = request.param
    monkeypatch.setattr(rtmidi_bindings, "BINDINGS", (one,))
    monkeypatch.setattr(rtmidi_bindings, "RECOMMENDED", one)
    try:
        RtMidi()
    except PortError as error:  # not installed, or without ALSA's library
        pytest.skip(str(error))
    return one


def the_server_is_up() -> bool:
    try:
        jack_client("early", output=True).delete()
    except PortError:
        return False
    return True


@pytest.fixture
def out(jack: None, binding: Binding) -> Iterator[Client]:
    """An output with the port `there:out`."""
    until(the_server_is_up)
    one = jack_client("there", output=True)
    one.open_virtual_port("out")
    yield one
    one.close_port()
    one.delete()


@pytest.fixture
def ear(out: Client) -> Iterator[Client]:
    """An input that is not connected yet."""
    one = jack_client("ear", output=False)
    yield one
    one.ignore()
    one.close_port()
    one.delete()


def connect(ear: Client, out: Client, heard: list[bytes]) -> None:
    """Connect them and wait until that has come into force; `heard` is empty then."""
    until(lambda: any("there:out" in name for name in ear.get_ports()))
    ear.open_port(next(i for i, name in enumerate(ear.get_ports()) if "there:out" in name), "in")
    until(lambda: out.send_message(PING) or heard)
    out.send_message(PONG)
    until(lambda: PONG in heard)
    heard.clear()


class TestOnJack:
    pytestmark = needs_jack

    @pytest.mark.parametrize("everything", [False, True])
    def test_clocks_are_heard_and_noise_if_asked_for(
        self, out: Client, ear: Client, everything: bool
    ) -> None:
        heard: list[bytes] = []
        ear.listen(heard.append, everything=everything)
        connect(ear, out, heard)
        for message in (SYSEX, SENSING, NOTE, CLOCK):
            out.send_message(message)
        until(lambda: CLOCK in heard)
        assert heard == [SYSEX, SENSING, NOTE, CLOCK][0 if everything else 2 :]

    def test_nothing_is_heard_after_ignore(self, out: Client, ear: Client) -> None:
        heard: list[bytes] = []
        later: list[bytes] = []
        ear.listen(heard.append)
        connect(ear, out, heard)
        ear.ignore()
        out.send_message(NOTE)
        ear.listen(later.append)
        out.send_message(CLOCK)
        until(lambda: CLOCK in later)
        assert not heard

    @pytest.mark.usefixtures("out")
    def test_an_output_can_be_opened_again(self, ear: Client) -> None:
        heard: list[bytes] = []
        ear.listen(heard.append)
        ear.open_virtual_port("in")
        destination = RtMidiDestination("ear:in")
        for _ in range(3):
            heard.clear()
            until(destination.is_there)
            destination.open()
            until(lambda: destination.send(PING) or heard)
            destination.close()
        destination.leave()

    @pytest.mark.usefixtures("out")
    def test_destination_and_input_find_each_other_by_name(self) -> None:
        heard: list[tuple[bytes, int]] = []
        box = RtMidiInput(None, lambda data, at_ns: heard.append((data, at_ns)))
        destination = RtMidiDestination("drumatlas:in")
        assert destination.open().endswith("drumatlas:in")
        assert destination.is_there()
        until(lambda: destination.send(PING) or heard)
        before_ns = time.monotonic_ns()
        for message in (SENSING, NOTE, CLOCK):
            destination.send(message)
        until(lambda: heard[-1][0] == CLOCK)
        new = [one for one in heard if one[0] != PING]
        assert [data for data, _ in new] == [NOTE, CLOCK]
        assert all(before_ns <= at_ns <= time.monotonic_ns() for _, at_ns in new)
        box.close()
        until(lambda: not destination.is_there())
        destination.close()
        with pytest.raises(PortError, match="MIDI output 'drumatlas:in'"):
            destination.open()
        destination.leave()

    @pytest.mark.usefixtures("out")
    def test_an_input_that_is_not_there_is_named(self) -> None:
        with pytest.raises(PortError, match="no-such"):
            RtMidiInput("no-such", lambda _data, _at_ns: None)


def test_without_a_server_the_reason_is_one_line(
    binding: Binding, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    for output in (True, False):
        with pytest.raises(PortError, match="nor a JACK server is running"):
            open_client(output=output, systems=("jack",))
    assert capfd.readouterr() == ("", "")


def test_every_binding_knows_the_systems_by_name(binding: Binding) -> None:
    rtmidi = RtMidi()
    assert not rtmidi.find_system("no-such-system")
    if sys.platform == "linux":
        assert [rtmidi.name_of(rtmidi.find_system(name)) for name in ("alsa", "jack")] == [
            "ALSA",
            "Jack",
        ]
        assert not rtmidi.find_system("core")


class FailingImporter:
    """An importer of modules that don't load."""

    def __init__(self, errors: dict[str, Exception]) -> None:
        self._errors = errors

    def find_spec(self, name: str, *_: object) -> None:
        if name in self._errors:
            raise self._errors[name]


def gone(name: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"No module named '{name}'", name=name)


def no_library(name: str) -> ImportError:
    return ImportError("libasound.so.2: cannot open shared object file: No such file", name=name)


@pytest.fixture
def lacking(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[dict[str, Exception]], None]:
    """Makes modules fail to load, on a Linux without ALSA's sequencer."""
    monkeypatch.setattr(rtmidi_api, "SEQUENCER", tmp_path / "no-seq")
    monkeypatch.setattr(sys, "platform", "linux")

    def lack(errors: dict[str, Exception]) -> None:
        for name in errors:
            monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.setattr(sys, "meta_path", [FailingImporter(errors), *sys.meta_path])

    return lack


Lack = Callable[[dict[str, Exception]], None]


@pytest.mark.parametrize("recommended", BINDINGS)
def test_no_binding_is_one_line_with_the_one_for_this_python(
    lacking: Lack, monkeypatch: pytest.MonkeyPatch, recommended: Binding
) -> None:
    lacking({one.module: gone(one.module) for one in BINDINGS})
    monkeypatch.setattr(rtmidi_bindings, "RECOMMENDED", recommended)
    with pytest.raises(PortError) as caught:
        open_client(output=True)
    assert str(caught.value) == (
        f"no MIDI system here: no ALSA sequencer, and for JACK: pip install {recommended.package}"
    )


def test_on_other_systems_alsa_and_jack_are_not_mentioned(
    lacking: Lack, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking({one.module: gone(one.module) for one in BINDINGS})
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(PortError, match=r"^no MIDI system here: pip install [a-z-]+$"):
        open_client(output=True)


def test_a_binding_without_alsas_library_says_what_to_install(lacking: Lack) -> None:
    lacking({"rtmidi": no_library("rtmidi"), "supriya_midi": gone("supriya_midi")})
    with pytest.raises(PortError, match=r"python-rtmidi does not load .*; apt install libasound2"):
        open_client(output=True)


def test_a_binding_that_does_not_load_gives_way_to_the_next(
    lacking: Lack, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking({"rtmidi": no_library("rtmidi")})
    answer = SimpleNamespace(
        get_compiled_api_by_name=lambda name: {"jack": 3}.get(name, 0),
        get_api_display_name={3: "Jack"}.get,
        MidiOut=lambda system, name: SimpleNamespace(get_port_count=lambda: 0, of=(system, name)),
    )
    monkeypatch.setitem(sys.modules, "supriya_midi", answer)
    client, system = open_client(output=True, name="box")
    assert system == "Jack"
    assert client._client.of == (3, "box")


def test_another_package_of_the_same_name_is_not_taken(
    lacking: Lack, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking({"supriya_midi": gone("supriya_midi")})
    monkeypatch.setitem(sys.modules, "rtmidi", ModuleType("rtmidi"))
    with pytest.raises(PortError, match="the module rtmidi is not from python-rtmidi"):
        open_client(output=True)


def test_alsas_sequencer_that_is_there_is_not_called_missing(
    lacking: Lack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lacking({one.module: gone(one.module) for one in BINDINGS})
    sequencer = tmp_path / "seq"
    sequencer.touch()
    monkeypatch.setattr(rtmidi_api, "SEQUENCER", sequencer)
    with pytest.raises(PortError, match="alsa-midi does not load, and for JACK: pip install"):
        open_client(output=True)


def test_a_name_that_is_not_utf8_has_its_number() -> None:
    class Odd:
        def get_port_count(self) -> int:
            return 2

        def get_port_name(self, index: int) -> str:
            return b"TR-8S".decode() if index == 0 else b"\xff".decode()

    odd: Any = Odd()
    assert Client(BINDINGS[1], odd).get_ports() == ["TR-8S", "port 1"]
