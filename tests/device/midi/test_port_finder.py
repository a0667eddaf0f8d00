from collections.abc import Mapping

import pytest

from drumatlas.errors import PortError
from drumatlas.midi.cards import UNKNOWN, Hardware, card_of
from drumatlas.midi.names import Port, describe
from drumatlas.midi.port_finder import PortFinder

ONE = "UM-ONE:UM-ONE MIDI 1"
LEFT, RIGHT, THIRD = (Hardware(f"usb 1-1.{port}") for port in (2, 3, 4))


def ports(there: Mapping[int, str], cards: Mapping[int, Hardware] | None = None) -> list[Port]:
    """Client -> name, and the place of each card."""
    raws = [f"{name} {client}:0" for client, name in there.items()]
    known = cards or {}
    return describe(raws, lambda client: known.get(card_of(client) or 0, UNKNOWN))


def ones(*places: Hardware) -> list[Port]:
    """Identical interfaces, plugged in in this order."""
    there = {16 + 4 * card: ONE for card in range(len(places))}
    return ports(there, dict(enumerate(places)))


PORTS = ports(
    {
        14: "Midi Through:Midi Through Port-0",
        16: "drumatlas in:in",
        24: "TR-8S:TR-8S MIDI 1",
        28: "Volca Beats:Volca Beats MIDI 1",
        128: "FLUID Synth:Synth input",
    }
)


@pytest.mark.parametrize(
    ("wanted", "takes_any", "found"),
    [
        ("volca", False, "Volca Beats:Volca Beats MIDI 1"),
        ("volca", True, "Volca Beats:Volca Beats MIDI 1"),
        ("FLUID Synth:Synth input", True, "FLUID Synth:Synth input"),  # it was connected before
        ("Moog", False, None),
        ("Moog", True, "TR-8S:TR-8S MIDI 1"),  # a card, and neither the loopback nor ourselves
        ("", True, "TR-8S:TR-8S MIDI 1"),
        ("", False, None),
    ],
)
def test_an_unplugged_port_is_replaced_only_if_any_will_do(
    wanted: str, takes_any: bool, found: str | None
) -> None:
    port = PortFinder(wanted, takes_any=takes_any).find(PORTS)
    assert (port.name if port else None) == found


def place(port: Port | None) -> Hardware | None:
    return port.hardware if port else None


@pytest.mark.parametrize("wanted", ["UM-ONE", ONE])
def test_a_second_one_takes_nothing_from_the_first(wanted: str) -> None:
    finder = PortFinder(wanted)
    assert place(finder.find(ones(LEFT))) == LEFT
    assert finder.name == ONE
    assert place(finder.find(ones(LEFT, RIGHT))) == LEFT
    assert finder.name == f"{ONE} [usb 1-1.2]"
    without = ports({20: ONE}, {1: RIGHT})
    for _ in range(2):
        assert finder.find(without) is None
        assert finder.absence(without) == f"{ONE} [usb 1-1.2]: unplugged"
    assert place(finder.find(ones(RIGHT, LEFT))) == LEFT, "back, in its place"
    assert place(finder.find(ones(LEFT))) == LEFT
    assert finder.name == ONE


def test_it_may_come_back_elsewhere_where_that_can_be_no_other() -> None:
    finder = PortFinder(ONE)
    finder.find(ones(LEFT))
    assert finder.find([]) is None
    assert place(finder.find(ones(RIGHT))) == RIGHT
    finder.find(ones(RIGHT, LEFT))
    left = {20: ONE}, {1: LEFT}
    assert finder.find(ports(*left)) is None
    assert place(finder.find(ones(THIRD, LEFT))) == THIRD, "LEFT was there beside it"


def test_after_a_hub_was_away_the_first_that_is_back_is_not_taken_for_the_other() -> None:
    finder = PortFinder(ONE)
    finder.find(ones(LEFT))
    finder.find(ones(LEFT, RIGHT))
    assert finder.find([]) is None
    assert finder.find(ones(RIGHT)) is None
    assert finder.absence(ones(RIGHT)) == f"{ONE} [usb 1-1.2]: unplugged"
    assert place(finder.find(ones(RIGHT, LEFT))) == LEFT


def test_a_place_is_waited_for_and_no_other_taken() -> None:
    wanted = f"{ONE} [usb 1-1.2]"
    finder = PortFinder(wanted)
    assert finder.find(ones(RIGHT)) is None
    assert finder.absence(ones(RIGHT)) == (
        f"MIDI output '{wanted}' is not there; outputs: '{ONE} [usb 1-1.3]'"
    )
    assert place(finder.find(ones(RIGHT, LEFT))) == LEFT
    assert finder.find(ones(RIGHT)) is None
    assert place(finder.find(ones(LEFT))) == LEFT, (
        "its name is plain now, and it has another number"
    )
    assert finder.find(ones(RIGHT)) is None
    assert finder.absence(ones(RIGHT)) == f"{wanted}: unplugged"


def test_a_plain_name_of_several_says_which_there_are() -> None:
    finder = PortFinder(ONE, "input")
    both = ones(LEFT, RIGHT)
    assert finder.find(both) is None
    said = f"MIDI input '{ONE}' fits several; inputs: '{ONE} [usb 1-1.2]', '{ONE} [usb 1-1.3]'"
    assert finder.absence(both) == said
    with pytest.raises(PortError) as caught:
        finder.require(both)
    assert str(caught.value) == said


def test_a_synth_that_is_gone_is_not_replaced_by_one_whose_name_contains_its() -> None:
    finder = PortFinder("Synth:in")
    both = {128: "Synth:in", 129: "Synth:in 2"}
    assert finder.find(ports(both)) is not None
    assert finder.find(ports({129: "Synth:in 2"})) is None
    assert finder.find(ports(both)) is not None


def test_of_programs_with_one_name_the_one_that_plays_goes_on() -> None:
    finder = PortFinder("Synth:in #2")
    assert finder.find(ports({128: "Synth:in"})) is None
    second = finder.find(ports({128: "Synth:in", 129: "Synth:in"}))
    assert second
    assert second.address == (129, 0)
    assert finder.find(ports({129: "Synth:in"})) == ports({129: "Synth:in"})[0]
    assert finder.find(ports({})) is None


def test_a_program_may_get_the_number_of_one_that_was_beside_it() -> None:
    finder = PortFinder("Synth:in")
    finder.find(ports({128: "Tool:in", 129: "Synth:in"}))
    assert finder.find(ports({})) is None
    found = finder.find(ports({128: "Synth:in"}))
    assert found
    assert (
        finder.find(ports({128: "Synth:in", 129: "Synth:in"}))
        == ports({128: "Synth:in", 129: "Synth:in"})[0]
    )
    assert finder.find(ports({129: "Synth:in"})) is None
    assert finder.find(ports({})) is None
    assert finder.find(ports({129: "Synth:in"})) is not None


def test_where_any_will_do_the_one_that_played_is_looked_for_first() -> None:
    finder = PortFinder("", takes_any=True)
    assert place(finder.find(ones(LEFT, RIGHT))) == LEFT
    assert place(finder.find(ones(RIGHT))) == RIGHT
    assert place(finder.find(ones(LEFT, RIGHT))) == RIGHT
    assert finder.absence([]) == f"{ONE} [usb 1-1.3]: unplugged"
