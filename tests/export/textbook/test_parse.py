import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import Code
from drumatlas.errors import BeatError
from drumatlas_export.textbook.parse import parse
from drumatlas_export.textbook.rules import RULES

pytestmark = pytest.mark.export

GOOD = """\
# A comment
style house
bpm 118-128
swing 0.15
kit electronic
vary crash on one, drop the kick

beat plain
kick x...x...x...x...
snar ....x..o....x... | ....x.......x.xx
ohat ..x. ..x. ..x. ..x.
  # Another
beat second one
\tkick\tx...............
"""
KICK, SNARE, OPEN = 1, 2, 32


def places(code: Code, bit: int) -> list[int]:
    return [step for step, hits in enumerate(code) if hits & bit]


def test_a_style() -> None:
    (style,) = parse(GOOD.splitlines(), "f.txt")
    assert (style.name, style.slowest, style.fastest) == ("house", 118, 128)
    assert (style.swing, style.drum_set, style.family) == (0.15, "electronic", "dance")
    assert style.rules == (RULES["crash on one"], RULES["drop the kick"])
    plain, second = style.beats
    assert (plain.name, second.name) == ("plain", "second one")
    assert places(plain.code, KICK) == list(range(0, 32, 4))
    assert places(plain.code, SNARE) == [4, 7, 12, 20, 28, 30, 31]
    assert places(plain.ghosts, SNARE) == [7]
    assert places(plain.code, OPEN) == list(range(2, 32, 4))
    assert second.code == (KICK, *(0,) * 15) * 2
    assert not any(second.ghosts)


def test_several_styles_of_a_file_and_none() -> None:
    two = parse([*GOOD.splitlines(), *GOOD.replace("house", "techno").splitlines()], "f.txt")
    assert [style.name for style in two] == ["house", "techno"]
    assert parse(["", "# nothing"], "f.txt") == []


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("style house\n", "", 2, "'bpm' before the first style; begin with a line: style NAME"),
        ("style house", "style Haus!", 2, "'Haus!' is not a name; write lower-case letters"),
        ("style house", "style", 2, "'' is not a name"),
        ("style house", "style skiffle", 2, "style skiffle: the style has no family; add it to"),
        ("118-128", "118", 3, "style house: '118' is not a range of tempos; write two numbers"),
        ("118-128", "128-118", 3, "'128-118' is not a range of tempos"),
        ("118-128", "39-128", 3, "within 40..240"),
        ("118-128", "118-241", 3, "within 40..240"),
        ("0.15", "nan", 4, "'nan' is not a swing; write a number 0..1: swing 0.15"),
        ("0.15", "1.1", 4, "'1.1' is not a swing"),
        ("0.15", "-0.1", 4, "'-0.1' is not a swing"),
        ("electronic", "909", 5, "unknown drum set '909'; choose from standard, room"),
        ("drop the kick", "play it", 6, "unknown rule 'play it'; choose from crash on one"),
        ("drop the kick", "crash on one", 6, "rule 'crash on one' stands twice; take one out"),
        ("swing 0.15\n", "", 2, "style house: no line 'swing'; a style has bpm, swing, kit, vary"),
        ("swing 0.15", "bpm 1-2", 4, "'1-2' is not a range of tempos"),
        ("swing 0.15", "bpm 90-91", 4, "'bpm' stands twice; take one out"),
        ("swing 0.15", "swong 0.15", 4, "unknown word 'swong'; choose from style, bpm, swing"),
        ("beat plain\n", "", 8, "'kick' before the first beat; begin with a line: beat plain"),
        ("beat plain", "beat first", 2, "the first beat is not 'plain'"),
        ("second one", "plain", 13, "'plain' stands twice; choose another name"),
        ("second one", "2 | 3", 13, "'2 | 3' is not a name"),
        ("\tkick\tx...............\n", "", 13, "beat 'second one' has no hits; write a row"),
        ("\tkick\tx", "\tkick\t.", 13, "beat 'second one' has no hits"),
        ("ohat ..x.", "hat ..x.", 11, "unknown word 'hat'; choose from style"),
        ("ohat ..x.", "kick ..x.", 11, "'kick' stands twice"),
        ("ohat ..x.", "ohat ..x", 11, "a bar of 15 steps; write 16 of x, o and ."),
        ("ohat ..x.", "ohat ..x..", 11, "a bar of 17 steps"),
        ("ohat ..x. ..x. ..x. ..x.", "ohat", 11, "a bar of 0 steps"),
        ("ohat ..x.", "ohat ..X.", 11, "'X' is not a hit; write x loud, o soft, . for no hit"),
        ("ohat", "ohat " + "." * 16 + "|" + "." * 16 + "|", 11, "3 bars; write one that repeats"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, line: int, says: str) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(BeatError) as caught:
        parse(GOOD.replace(old, new, 1).splitlines(), "f.txt")
    text = str(caught.value)
    assert text.startswith(f"f.txt, line {line}")
    assert says in text


WORDS = ["style", "house", "techno", "bpm", "90-120", "swing", "0.5", "kit", "room", "vary"]
WORDS += ["crash on one", "beat", "plain", "kick", "x..............x", "|", "o" * 16, "#", "\x00é"]


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join), max_size=12))
def test_any_lines_are_styles_or_an_error_that_names_its_line(lines: list[str]) -> None:
    try:
        styles = parse(lines, "f.txt")
    except BeatError as error:
        assert str(error).startswith("f.txt, line ")
        return
    for style in styles:
        assert style.beats[0].name == "plain"
        assert all(any(beat.code) for beat in style.beats)
