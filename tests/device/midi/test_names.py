from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.errors import PortError
from drumatlas.midi.cards import UNKNOWN, Hardware, card_of
from drumatlas.midi.names import describe, find, fitting, match, mismatch, plain_name

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
    assert match(wanted, NAMES) == index


@pytest.mark.parametrize(("wanted", "words"), [("Moog", "not there"), ("TR-8S", "several")])
def test_a_port_that_is_missing_or_unclear_lists_what_there_is(wanted: str, words: str) -> None:
    with pytest.raises(PortError, match=f"'{wanted}' .*{words}.*'Volca Beats:Volca Beats MIDI 1'"):
        match(wanted, NAMES)


def test_a_port_that_is_gone_is_not_found() -> None:
    assert find("volca", NAMES) == 3
    assert find("Moog", NAMES) is None
    assert find("TR-8S", NAMES) is None


def test_a_number_is_not_a_part_of_a_longer_one() -> None:
    jack = ["system:midi_playback_10", "system:midi_playback_11"]
    assert find("system:midi_playback_1", jack) is None
    assert find("midi_playback_1", ["system:midi_playback_1", *jack]) == 0


Cards = dict[int, Hardware]
ONE = "UM-ONE:UM-ONE MIDI 1"


def hardware(cards: Cards) -> Callable[[int], Hardware]:
    return lambda client: cards.get(card_of(client) or 0, UNKNOWN)


def names_of(raws: Sequence[str], cards: Cards) -> list[str]:
    return [port.name for port in describe(raws, hardware(cards))]


LEFT, RIGHT = Hardware("usb 1-1.2"), Hardware("usb 1-1.3")
ZEROS = "serial 0000"


@pytest.mark.parametrize(
    ("first", "second", "suffixes"),
    [
        (LEFT, RIGHT, ("[usb 1-1.2]", "[usb 1-1.3]")),
        (
            LEFT._replace(serial="serial A"),
            RIGHT._replace(serial="serial B"),
            ("[serial A]", "[serial B]"),
        ),
        (LEFT._replace(serial="serial A"), RIGHT, ("[serial A]", "[usb 1-1.3]")),
        (
            LEFT._replace(serial=ZEROS),
            RIGHT._replace(serial=ZEROS),
            ("[usb 1-1.2]", "[usb 1-1.3]"),
        ),
        (UNKNOWN, UNKNOWN, ("#1", "#2")),  # no sysfs
    ],
)
def test_two_identical_interfaces_have_different_names(
    first: Hardware, second: Hardware, suffixes: tuple[str, str]
) -> None:
    raws = [f"{ONE} 24:0", f"{ONE} 28:0"]
    assert names_of(raws, {2: first, 3: second}) == [f"{ONE} {suffix}" for suffix in suffixes]


def test_each_kind_of_port_gets_the_suffix_that_lasts() -> None:
    raws = [
        "UM-ONE:MIDI 16:0",
        "Pad:MIDI 20:0",
        "Pad:MIDI 20:1",
        "Twin:MIDI 24:0",
        "Twin:MIDI 24:1",
        "Twin:MIDI 28:0",
        "Twin:MIDI 28:1",
        "Synth:in 128:0",
        "Synth:in 129:0",
        "Tool:in 130:0",
        "Tool:in 130:1",
    ]
    cards = {2: LEFT, 3: RIGHT._replace(serial="serial B")}
    assert names_of(raws, cards) == [
        "UM-ONE:MIDI",
        "Pad:MIDI [port 0]",
        "Pad:MIDI [port 1]",
        "Twin:MIDI [usb 1-1.2, port 0]",
        "Twin:MIDI [usb 1-1.2, port 1]",
        "Twin:MIDI [serial B, port 0]",
        "Twin:MIDI [serial B, port 1]",
        "Synth:in #1",
        "Synth:in #2",
        "Tool:in [port 0]",
        "Tool:in [port 1]",
    ]


def test_ports_without_numbers_are_numbered_by_their_order() -> None:
    raws = ["UM-ONE", "Synth", "UM-ONE"]  # CoreMIDI's
    assert names_of(raws, {}) == ["UM-ONE #1", "Synth", "UM-ONE #2"]
    assert [match(name, raws) for name in names_of(raws, {})] == [0, 1, 2]


def found(wanted: str, raws: Sequence[str], cards: Cards) -> list[str]:
    return [port.raw for port in fitting(wanted, describe(raws, hardware(cards)))]


TWO = [f"{ONE} 24:0", f"{ONE} 28:0"]
PLACES = {2: LEFT, 3: RIGHT._replace(serial="serial Abc")}


@pytest.mark.parametrize(
    ("wanted", "raw"),
    [
        (f"{ONE} 24:0", TWO[0]),
        (f"{ONE} 28:0", TWO[1]),
        (f"{ONE.lower()} 28:0", TWO[1]),
        ("UM-ONE MIDI 1 28:0", TWO[1]),
        (f"{ONE} [usb 1-1.2]", TWO[0]),
        (f"{ONE} [usb 1-1.3]", TWO[1]),  # though its serial number is what is shown
        (f"{ONE} [serial Abc]", TWO[1]),
        ("um-one [SERIAL abc]", TWO[1]),
        ("UM-ONE[usb 1-1.2]", TWO[0]),
        ("[usb 1-1.2]", TWO[0]),
        (f"{ONE} [usb 1-1.3, port 0]", TWO[1]),
    ],
)
def test_a_suffix_or_a_number_names_one_of_them(wanted: str, raw: str) -> None:
    assert found(wanted, TWO, PLACES) == [raw]


@pytest.mark.parametrize("wanted", [ONE, "UM-ONE", "um-one", f"{ONE} 32:0", f"{ONE} [port 0]"])
def test_less_fits_both_and_says_which_there_are(wanted: str) -> None:
    assert found(wanted, TWO, PLACES) == TWO
    said = mismatch(wanted, describe([NAMES[0], *TWO], hardware(PLACES)), "output")
    assert said == (
        f"MIDI output '{wanted}' fits several; outputs: '{ONE} [usb 1-1.2]',"
        f" '{ONE} [serial Abc]', 'Midi Through:Midi Through Port-0'"
    )


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (f"{ONE} [usb 1-1.2]", f"{ONE} [usb 1-1.3]"),
        ("UM-ONE [usb 1-1]", f"{ONE} [usb 1-1.3]"),
        (f"{ONE} [serial other]", f"{ONE} [serial Abc]"),
        (f"{ONE} #2", ONE),
        (f"{ONE} [port 1]", f"{ONE} [usb 1-1.3]"),
    ],
)
def test_the_suffix_of_one_never_opens_the_other(wanted: str, shown: str) -> None:
    for raw in TWO[1:], [f"{ONE} 24:0"]:
        cards = dict.fromkeys((2, 3), PLACES[3])
        assert found(wanted, raw, cards) == []
        said = mismatch(wanted, describe(raw, hardware(cards)), "input")
        assert said == f"MIDI input '{wanted}' is not there; inputs: '{shown}'"


def test_one_that_is_alone_answers_to_its_plain_name_and_to_its_suffix() -> None:
    assert found("UM-ONE:UM-ONE MIDI [usb 1-1.3]", TWO, PLACES) == []  # it was copied as a whole
    for wanted in (ONE, f"{ONE} #1", f"{ONE} [usb 1-1.3]", f"{ONE} [serial Abc]", f"{ONE} 24:0"):
        assert found(wanted, TWO[1:], PLACES) == TWO[1:]
    assert names_of(TWO[1:], PLACES) == [ONE]


PLAIN = st.sampled_from(["A:x", "a:x", "A:x #1", "A:x #2", "A:x [usb 1-1]", "B:x", "B:x [port 1]"])
NUMBERS = st.tuples(st.sampled_from([16, 20, 24, 128, 129]), st.integers(0, 2))
SERIAL = st.sampled_from(["", "serial 1", "serial 2"])
CARDS = st.dictionaries(
    st.integers(0, 2), st.builds(Hardware, st.sampled_from(["usb 1-1", "usb 1-2", "pci 0"]), SERIAL)
)


@given(st.dictionaries(NUMBERS, PLAIN, max_size=8), CARDS, st.booleans())
def test_a_name_that_was_listed_opens_its_port_and_no_other(
    ports: dict[tuple[int, int], str], cards: Cards, numbered: bool
) -> None:
    raws = [
        f"{plain} {client}:{port}" if numbered else plain
        for (client, port), plain in sorted(ports.items())
    ]
    described = describe(raws, hardware(cards))
    assert len({port.name for port in described}) == len(described)
    for port in described:
        assert fitting(port.name, described) == [port]
        if numbered:
            assert fitting(port.raw, described) == [port]


Device = tuple[str, Hardware]
DEVICES = st.lists(
    st.tuples(st.sampled_from(["A:x", "A:x MIDI 1", "B:x"]), SERIAL), max_size=6
).map(lambda some: [(name, Hardware(f"usb 1-{i + 1}", serial)) for i, (name, serial) in
                    enumerate(some)])  # fmt: skip


def plugged(devices: Sequence[Device]) -> tuple[list[str], Cards]:
    """In this order."""
    raws = [f"{name} {16 + 4 * card}:0" for card, (name, _) in enumerate(devices)]
    return raws, {card: place for card, (_, place) in enumerate(devices)}


@given(DEVICES, st.data())
def test_a_suffix_means_the_same_device_whatever_is_plugged_in_and_when(
    devices: list[Device], data: st.DataObject
) -> None:
    raws, cards = plugged(devices)
    names = dict(zip(names_of(raws, cards), devices, strict=True))
    later = data.draw(
        st.permutations(devices).map(lambda some: some[: data.draw(st.integers(0, 6))])
    )
    raws, cards = plugged(later)
    for name, device in names.items():
        if "[" not in name:
            continue
        fits = [later[raws.index(raw)] for raw in found(name, raws, cards)]
        assert fits == [device] * (device in later)
