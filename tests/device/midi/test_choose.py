from pathlib import Path

import pytest

from drumatlas.errors import PortError
from drumatlas.midi import choose
from drumatlas.midi.alsa import queue as alsa_queue
from drumatlas.midi.choose import INPUTS, OUTPUTS, open_input, open_outputs
from drumatlas.midi.files.take import TakePort
from drumatlas.midi.port import NullPort, SeveralPorts
from drumatlas.midi.process.child import Connection
from drumatlas.midi.rtmidi import api as rtmidi_api
from drumatlas.midi.targets import USAGES, Kind


def test_none_file_and_several_outputs_can_be_opened(tmp_path: Path) -> None:
    assert isinstance(open_outputs(["none"], (9,))[0], NullPort)
    assert isinstance(open_outputs([f"file:{tmp_path / 'a.mid'}"], (9,))[0], TakePort)
    several = open_outputs(["none", f"file:{tmp_path / 'b.mid'}"], (9,))[0]
    assert isinstance(several, SeveralPorts)
    assert "b.mid" in several.name
    several.close()
    with pytest.raises(PortError, match="needs a name"):
        open_outputs(["none", "file:"], (9,))


def test_each_kind_can_be_opened() -> None:
    assert OUTPUTS.keys() == {*Kind}
    assert INPUTS.keys() == {kind for kind in Kind if USAGES[kind].is_input}


def test_auto_without_a_midi_system_plays_on_and_says_how_to_hear_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing() -> None:
        raise PortError("no MIDI system here")

    monkeypatch.setattr(choose, "list_ports", nothing)
    port, hints = open_outputs(["auto"], (9,))
    assert isinstance(port, NullPort)
    assert "file:take.mid" in " ".join(hints)


@pytest.mark.parametrize(
    ("outputs", "opened"),
    [
        (["Midi Through:Midi Through Port-0", "TR-8S:TR-8S MIDI 1"], "TR-8S:TR-8S MIDI 1"),
        (["Midi Through:Midi Through Port-0"], None),
        ([], None),
    ],
)
def test_auto_takes_the_first_synth_or_a_virtual_port(
    monkeypatch: pytest.MonkeyPatch, outputs: list[str], opened: str | None
) -> None:
    asked: list[str | None] = []

    class NamedPort(NullPort):
        def __init__(self, name: str | None, *_: object, **__: object) -> None:
            super().__init__()
            asked.append(name)

    monkeypatch.setattr(choose, "list_ports", lambda: ("ALSA", outputs, []))
    monkeypatch.setattr(choose, "ProcessPort", NamedPort)
    monkeypatch.setattr(choose, "has_alsa", lambda: False)
    open_outputs(["auto"], (9,))
    assert asked == [opened]


@pytest.fixture
def no_midi(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a MIDI system."""
    monkeypatch.setattr(choose, "has_alsa", lambda: False)
    monkeypatch.setattr(rtmidi_api, "_candidates", lambda *_: [])


@pytest.mark.parametrize("wanted", ["DAW Sync", "virtual"])
def test_an_input_without_a_midi_system_is_named(no_midi: None, wanted: str) -> None:
    with pytest.raises(PortError, match=f"^MIDI input '{wanted}': no MIDI system here: "):
        open_input(wanted, lambda _data, _at_ns: None)


@pytest.mark.parametrize(("wanted", "said"), [("TR-8S", "TR-8S"), ("", "virtual")])
def test_an_output_without_a_midi_system_is_named_by_who_delivers(
    no_midi: None, wanted: str, said: str
) -> None:
    with pytest.raises(PortError, match=f"^MIDI output '{said}': no MIDI system here: "):
        Connection(wanted, (9,))


@pytest.mark.parametrize(("wanted", "said"), [("TR-8S@-2ms", "TR-8S"), ("virtual", "virtual")])
def test_an_output_without_a_midi_system_is_named(
    monkeypatch: pytest.MonkeyPatch, wanted: str, said: str
) -> None:
    if Path("/dev/snd/seq").exists():
        pytest.skip("this machine has ALSA's sequencer; the delivering process would find it")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    with pytest.raises(PortError, match=f"^MIDI output '{said}': no MIDI system here: "):
        open_outputs([wanted], (9,))


def test_a_sequencer_without_access_is_an_error_and_not_opened(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "seq"
    closed.touch()
    for module in (choose, rtmidi_api):
        monkeypatch.setattr(module, "SEQUENCER", closed)
    monkeypatch.setattr(rtmidi_api, "_candidates", lambda *_: [])
    monkeypatch.setattr("os.access", lambda path, _mode: path != closed)
    monkeypatch.setattr(alsa_queue, "open_sequencer", None)  # its library would talk
    with pytest.raises(
        PortError, match=f"'DAW': no MIDI system here: no permission to use {closed}"
    ):
        open_input("DAW", lambda _data, _at_ns: None)
