import pytest

from drumatlas.errors import ControlError
from drumatlas.explore.controls import BUTTONS, VALUES, Press, Turn, bpm_of, press, tempo_of, turn

CONTRACT_VALUES = (
    "x1 x2 x3 x4 map_x map_y tempo density swing chaos humanize morph density.kick density.snare "
    "density.hats density.toms density.cymbals density.percussion"
)
CONTRACT_BUTTONS = (
    "play tap fill freeze next_genre prev_genre save_a save_b save_c save_d "
    "load_a load_b load_c load_d wander novelty panic"
)


def test_names_are_those_of_the_contract() -> None:
    assert set(VALUES) == {*CONTRACT_VALUES.split(), "accent", "morph_y"}  # these are ours
    assert set(BUTTONS) >= set(CONTRACT_BUTTONS.split())  # further ones are ours


def test_good_changes() -> None:
    assert turn("x1", 1) == Turn("x1", 1.0)
    assert press("fill") == Press("fill")


@pytest.mark.parametrize(
    ("control", "value"),
    [("x5", 0.5), (None, 0), ("x1", 1.01), ("x1", -0.1), ("x1", float("nan")), ("x1", "1"),
     ("x1", True), ("x1", None), ("play", 1)],
)  # fmt: skip
def test_wrong_turns_name_the_culprit(control: object, value: object) -> None:
    with pytest.raises(ControlError, match=str(control) if control != "x1" else "x1"):
        turn(control, value)


@pytest.mark.parametrize("button", ["x1", "", 3, None])
def test_wrong_presses(button: object) -> None:
    with pytest.raises(ControlError, match="no button"):
        press(button)


def test_tempo_scale() -> None:
    assert bpm_of(0) == 40
    assert bpm_of(1) == 240
    assert tempo_of(bpm_of(0.37)) == pytest.approx(0.37)
    assert tempo_of(1000) == 1
