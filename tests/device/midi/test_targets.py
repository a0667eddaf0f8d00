import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drumatlas.errors import PortError
from drumatlas.midi.targets import (
    INPUT_CHOICES,
    INPUT_HELP,
    MAX_OFFSET_MS,
    OUTPUT_CHOICES,
    OUTPUT_HELP,
    USAGES,
    Kind,
    MidiTarget,
    kind_of,
)


@pytest.mark.parametrize(
    ("text", "kind", "name", "offset_ms"),
    [
        ("TR-8S", Kind.PORT, "TR-8S", 0),
        ("TR-8S@-3.5ms", Kind.PORT, "TR-8S", -3.5),
        ("a@b@+20ms", Kind.PORT, "a@b", 20),
        ("a@3", Kind.PORT, "a@3", 0),
        ("a@3ms\n", Kind.PORT, "a@3ms\n", 0),
        ("virtual", Kind.VIRTUAL, "", 0),
        ("virtual@2ms", Kind.VIRTUAL, "", 2),
        ("Virtual", Kind.PORT, "Virtual", 0),
        ("virtual synth", Kind.PORT, "virtual synth", 0),
        ("auto", Kind.AUTO, "", 0),
        ("autobahn", Kind.PORT, "autobahn", 0),
        ("none", Kind.NONE, "", 0),
        ("uart:/dev/serial0", Kind.UART, "/dev/serial0", 0),
        ("uart:/dev/serial0@-100ms", Kind.UART, "/dev/serial0", -100),
        ("file:take.mid", Kind.FILE, "take.mid", 0),
        ("file:take@-3ms", Kind.FILE, "take@-3ms", 0),
        ("file:uart:/x", Kind.FILE, "uart:/x", 0),
    ],
)
def test_an_output_is_taken_apart(text: str, kind: Kind, name: str, offset_ms: float) -> None:
    target = MidiTarget.parse(text)
    assert target == MidiTarget(kind, name, offset_ms)
    assert kind_of(text) is kind
    assert text.startswith(target.word)
    assert MidiTarget.parse(target.word) == MidiTarget(kind, name)


@pytest.mark.parametrize("text", ["DAW Sync", "virtual", "none", "uart:/dev/ttyAMA1"])
def test_an_input_is_named_by_the_words_for_outputs(text: str) -> None:
    assert MidiTarget.parse_input(text) == MidiTarget.parse(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file:", "needs a name, as in file:take.mid"),
        ("uart:", "needs a device, as in uart:/dev/serial0"),
        ("uart:ttyAMA0", "needs a device"),
        ("uart:@-3ms", "needs a device"),
        ("TR-8S@-300ms", "an offset is at most 100 ms either way"),
        ("uart:/dev/serial0@101ms", "at most 100 ms"),
    ],
)
def test_an_output_that_can_not_be_is_refused_in_a_line(text: str, words: str) -> None:
    with pytest.raises(PortError, match=rf"\AMIDI output '{re.escape(text)}'.*\Z") as refused:
        MidiTarget.parse(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("auto", "can only be an output; choose from NAME, virtual, none, uart:DEVICE"),
        ("file:take.mid", "can only be an output; choose from"),
        ("DAW@-3ms", "only outputs have an offset; leave it out"),
        ("virtual@-3ms", "only outputs have an offset"),
        ("uart:/dev/serial0@3ms", "only outputs have an offset"),
        ("uart:serial0", "needs a device, as in uart:/dev/serial0"),
    ],
)
def test_an_input_that_can_not_be_is_refused_in_a_line(text: str, words: str) -> None:
    with pytest.raises(PortError, match=f"^MIDI input '{re.escape(text)}'.*{re.escape(words)}"):
        MidiTarget.parse_input(text)


@given(st.text(), st.integers(-int(MAX_OFFSET_MS * 10), int(MAX_OFFSET_MS * 10)))
def test_any_name_comes_back_with_any_offset(text: str, tenths: int) -> None:
    assume(kind_of(text) is Kind.PORT)
    offset_ms = tenths / 10
    assert MidiTarget.parse(f"{text}@{offset_ms:+}ms") == MidiTarget(Kind.PORT, text, offset_ms)


def test_help_names_each_kind_with_its_meaning() -> None:
    assert OUTPUT_CHOICES == "NAME|virtual|auto|none|uart:DEVICE|file:F.mid"
    assert INPUT_CHOICES == "NAME|virtual|none|uart:DEVICE"
    for kind, usage in USAGES.items():
        assert f"{kind.value}{usage.argument}" in OUTPUT_HELP
        assert usage.meaning in OUTPUT_HELP
        assert (usage.meaning in INPUT_HELP) or not usage.is_input
