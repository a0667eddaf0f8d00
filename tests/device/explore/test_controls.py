from dataclasses import replace

import pytest

from drumatlas.beat.voices import GROUPS
from drumatlas.errors import ControlError
from drumatlas.explore.control import BUTTON, Control, check_table
from drumatlas.explore.controls import (
    BUTTONS,
    BY_NAME,
    CONTROLS,
    VALUES,
    Press,
    Turn,
    bpm_of,
    nudged,
    press,
    tempo_of,
    turn,
)

CONTRACT_VALUES = (
    "x1 x2 x3 x4 map_x map_y tempo density swing chaos humanize morph density.kick density.snare "
    "density.hats density.toms density.cymbals density.percussion"
)
CONTRACT_BUTTONS = (
    "play tap fill freeze next_genre prev_genre save_a save_b save_c save_d "
    "load_a load_b load_c load_d wander novelty panic"
)


def test_names_are_those_of_the_contract() -> None:
    assert set(VALUES) >= set(CONTRACT_VALUES.split())  # further ones are ours
    assert set(BUTTONS) >= set(CONTRACT_BUTTONS.split())


def test_known_controls_and_buttons_are_accepted() -> None:
    assert turn("x1", 1) == Turn("x1", 1.0)
    assert press("fill") == Press("fill")


@pytest.mark.parametrize(
    ("control", "value"),
    [("x5", 0.5), (None, 0), ("x1", 1.01), ("x1", -0.1), ("x1", float("nan")), ("x1", "1"),
     ("x1", True), ("x1", None), ("play", 1)],
)  # fmt: skip
def test_invalid_turns_are_refused(control: object, value: object) -> None:
    with pytest.raises(ControlError, match=str(control) if control != "x1" else "x1"):
        turn(control, value)


@pytest.mark.parametrize("button", ["x1", "", 3, None])
def test_unknown_buttons_are_refused(button: object) -> None:
    with pytest.raises(ControlError, match="unknown button"):
        press(button)


def test_the_tempo_knob_goes_from_40_to_240_bpm() -> None:
    assert bpm_of(0) == 40
    assert bpm_of(1) == 240
    assert tempo_of(bpm_of(0.37)) == pytest.approx(0.37)
    assert tempo_of(1000) == 1


SPOOK = Control("spook", 0.25, "feel", "pattern", 70, "( )", "haunts the beat", start="play.spook")
BOO = Control("boo", BUTTON, "act", "pattern", 71, "%", "frightens the drummer")


def test_rows_can_be_added() -> None:
    assert check_table((*CONTROLS, SPOOK, BOO))[-2:] == (SPOOK, BOO)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (replace(SPOOK, name="swing"), "'swing': the name 'swing' is taken by control 'swing'"),
        (replace(SPOOK, cc=24), "'spook': the MIDI controller 24 is taken by control 'swing'"),
        (replace(BOO, cc=16), "'boo': the MIDI controller 16 is taken by control 'x1'"),
        (replace(SPOOK, keys="( o"), "'spook': the terminal key 'o' is taken by control 'swing'"),
        (replace(SPOOK, keys="( ("), r"'spook': the terminal key '\(' is taken by control 'spook'"),
        (replace(BOO, keys="left"), "'boo': the terminal key 'left' is taken by control 'x1'"),
        (replace(BOO, page_keys="o"), "'boo': the page key 'o' is taken by control 'swing'"),
        (replace(BOO, keys="q"), "'boo': the key 'q' quits"),
        (replace(BOO, page_keys="s"), "'boo': the key 's' switches the sound"),
        (replace(BOO, keys="?"), r"'boo': the key '\?' lists the keys"),
        (replace(SPOOK, start="play.swing"), "key 'play.swing' is taken by control 'swing'"),
        (replace(SPOOK, keys="( ) %"), "'spook': a value needs pairs of keys"),
        (replace(BOO, keys="ctrl"), "'boo': unknown key 'ctrl'"),
        (replace(SPOOK, cc=120), "'spook': MIDI controller 120 is not in 0..119"),
        (replace(SPOOK, cc=-1), "'spook': MIDI controller -1 is not in 0..119"),
        (replace(SPOOK, default=1.5), "'spook': a value needs a default in 0..1"),
        (replace(SPOOK, steps=0), "'spook': a value needs a default in 0..1 and at least 1 step"),
        (replace(BOO, start="play.boo"), "'boo': a button has no value"),
        (replace(SPOOK, second="spectre"), "'spook': second: unknown value control"),
        (replace(SPOOK, second="play"), "'spook': second: unknown value control 'play'"),
        (replace(BOO, second="swing"), "'boo': second: unknown button 'swing'"),
        (replace(SPOOK, help=""), "'spook': help must be one line"),
        (replace(SPOOK, name="Ghost!"), "'Ghost!': a name consists of"),
        (replace(SPOOK, name="shift"), "'shift': a name consists of"),
        (replace(SPOOK, moves="furniture"), "'spook': unknown group 'feel' or moves 'furniture'"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_a_row_that_clashes_is_refused_by_name(row: Control, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_table((*CONTROLS, row))


def test_each_voice_group_has_a_density() -> None:
    densities = [name for name in VALUES if name.startswith("density.")]
    assert densities == [f"density.{group}" for group in GROUPS]


def test_a_key_stroke_is_a_64th_or_a_whole_beat_a_minute() -> None:
    assert nudged("x1", 0.5, 1) == 0.5 + 1 / 64
    assert nudged("x1", 0.5, -1) == 0.5 - 1 / 64
    assert (nudged("x1", 0.99, 1), nudged("x1", 0.01, -1)) == (1.0, 0.0)
    assert nudged("tempo", tempo_of(120.4), 1) == tempo_of(121)
    assert nudged("tempo", tempo_of(120.4), -1) == tempo_of(119)
    assert nudged("tempo", 1.0, 1) == 1.0


def test_second_functions_are_those_of_the_panel() -> None:
    seconds = {name: BY_NAME[name].second for name in BY_NAME if BY_NAME[name].second}
    assert seconds == {
        "x1": "swing", "x2": "chaos", "x3": "humanize", "x4": "morph", "density": "accent",
        "play": "freeze", "tap": "fill", "next_genre": "prev_genre",
    }  # fmt: skip
