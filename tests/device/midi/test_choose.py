from pathlib import Path

import pytest
from drumatlas.errors import PortError
from drumatlas.midi import choose
from drumatlas.midi.choose import open_output
from drumatlas.midi.port import NullPort
from drumatlas.midi.rtmidi_api import plain_name
from drumatlas.midi.rtmidi_port import match_port
from drumatlas.midi.take import TakePort

NAMES = [
    "Midi Through:Midi Through Port-0 14:0",
    "TR-8S:TR-8S MIDI 1 24:0",
    "TR-8S:TR-8S CTRL 24:1",
    "Volca Beats:Volca Beats MIDI 1 28:0",
]


def test_names_lose_their_client_numbers() -> None:
    assert plain_name(NAMES[1]) == "TR-8S:TR-8S MIDI 1"
    assert plain_name("system:midi_playback_1") == "system:midi_playback_1"


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ("volca", 3),
        ("TR-8S MIDI 1", 1),
        ("TR-8S:TR-8S MIDI 1", 1),
        ("tr-8s:tr-8s midi 1 99:0", 1),  # yesterday's number
        ("CTRL", 2),
    ],
)
def test_ports_match_by_name_without_numbers(wanted: str, index: int) -> None:
    assert match_port(wanted, NAMES) == index


@pytest.mark.parametrize(("wanted", "words"), [("Moog", "not there"), ("TR-8S", "several")])
def test_a_port_that_is_missing_or_unclear_lists_what_there_is(wanted: str, words: str) -> None:
    with pytest.raises(PortError, match=f"'{wanted}' .*{words}.*'Volca Beats:Volca Beats MIDI 1'"):
        match_port(wanted, NAMES)


def test_none_and_file(tmp_path: Path) -> None:
    assert isinstance(open_output("none", (9,))[0], NullPort)
    assert isinstance(open_output(f"file:{tmp_path / 'a.mid'}", (9,))[0], TakePort)
    with pytest.raises(PortError, match="wants a name"):
        open_output("file:", (9,))


def test_auto_without_a_midi_system_plays_on_and_says_how_to_hear_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing() -> None:
        raise PortError("no MIDI system here")

    monkeypatch.setattr(choose, "list_ports", nothing)
    port, hints = open_output("auto", (9,))
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

    class Port(NullPort):
        def __init__(self, name: str | None, _channels: tuple[int, ...]) -> None:
            super().__init__()
            asked.append(name)

    monkeypatch.setattr(choose, "list_ports", lambda: ("ALSA", outputs, []))
    monkeypatch.setattr(choose, "RtMidiPort", Port)
    open_output("auto", (9,))
    assert asked == [opened]
