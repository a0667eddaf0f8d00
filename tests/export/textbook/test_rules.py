import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.beat.codes import Code, check_code
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas_export.textbook.rules import RULES, Add, Clear, Move, Rule

pytestmark = pytest.mark.export

BIT = {voice.short: 1 << voice.bit for voice in VOICE_TABLE}
REST = (0,) * 32
# The changes of these stay in the last half bar, and the pattern comes round again.
TURNS = {
    *("open hat on the and of four", "hat roll", "drop the hats", "kick on the and of four"),
    *("sixteenth kick pickup", "drop the kick", "snare pickup", "snare fill", "tom fill"),
}

steps = st.lists(st.integers(0, 2**14 - 1), min_size=32, max_size=32)
# Few voices and many rests, as beats are.
sparse = st.lists(st.sampled_from([0, 0, 1, 2, 4, 5, 6, 32, 256, 260]), min_size=32, max_size=32)


@st.composite
def beats(draw: st.DrawFn) -> tuple[Code, Code]:
    """Hits with at least one among them, and the ghosts among these."""
    hits = draw((steps | sparse).filter(any))
    soft = draw(steps)
    return tuple(hits), tuple(h & s for h, s in zip(hits, soft, strict=True))


def cells(one: Code, other: Code) -> int:
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


@every_rule
@given(beat=beats())
def test_a_variation_is_a_beat_again(rule: Rule, beat: tuple[Code, Code]) -> None:
    code, ghosts = rule.apply(*beat)
    assert check_code(code) == code
    assert any(code)
    assert all(soft & ~hit == 0 for hit, soft in zip(code, ghosts, strict=True))


@every_rule
@given(beat=beats())
def test_a_rule_changes_a_few_cells_and_the_same_ones_each_time(
    rule: Rule, beat: tuple[Code, Code]
) -> None:
    varied = rule.apply(*beat)
    assert rule.apply(*beat) == varied
    assert rule.apply(*varied) == varied  # a second time there is nothing left to change
    assert cells(beat[0], varied[0]) <= rule.most_cells <= 192


@every_rule
@given(beat=beats())
def test_a_turn_changes_the_last_half_bar_only(rule: Rule, beat: tuple[Code, Code]) -> None:
    if rule.name in TURNS:
        assert rule.apply(*beat)[0][:24] == beat[0][:24]


def test_the_turns_are_rules() -> None:
    assert set(RULES) >= TURNS
    assert all(rule.name == name for name, rule in RULES.items())


@pytest.mark.parametrize("name", ["drop the kick", "drop the hats", "without ghost notes"])
def test_a_rule_that_would_leave_silence_leaves_the_beat(name: str) -> None:
    code = (*REST[:30], BIT["kick"] if "kick" in name else BIT["chat"], 0)
    if "ghost" in name:
        code = (*REST[:30], BIT["snar"], 0)
    assert RULES[name].apply(code, code) == (code, code)


def at(code: Code, voice: str) -> list[int]:
    return [step for step, hits in enumerate(code) if hits & BIT[voice]]


def test_add_keeps_what_is_there() -> None:
    kick, hat = BIT["kick"], BIT["chat"]
    hits, ghosts = [kick, 0, hat, kick | hat, *REST[4:]], [kick, *REST[1:]]
    Add("kick", (0, 1, 2), unless=("chat",)).apply(hits, ghosts)
    assert (hits[:4], ghosts[:4]) == ([kick, kick, hat, kick | hat], [0, 0, 0, 0])
    Add("chat", (1, 2), is_soft=True).apply(hits, ghosts)
    assert (hits[:4], ghosts[:4]) == ([kick, kick | hat, hat, kick | hat], [0, hat, 0, 0])


def test_clear_takes_hits_or_ghosts() -> None:
    snare = BIT["snar"]
    hits, ghosts = [snare, snare, snare, *REST[3:]], [snare, 0, 0, *REST[3:]]
    Clear(("snar",), (0, 1), only_ghosts=True).apply(hits, ghosts)
    assert (hits[:3], ghosts[:3]) == ([0, snare, snare], [0, 0, 0])
    Clear(("snar",), (0, 1)).apply(hits, ghosts)
    assert hits[:3] == [0, 0, snare]


def test_move_takes_ghosts_along() -> None:
    hits, ghosts = [BIT["chat"] | 1, *REST[1:]], [BIT["chat"], *REST[1:]]
    Move("chat", "ride").apply(hits, ghosts)
    assert (hits[0], ghosts[0]) == (BIT["ride"] | 1, BIT["ride"])


def test_what_rules_play() -> None:
    """A rock beat: kick on one and three, snare on two and four, eighths on the hat."""
    rock = tuple(
        BIT["kick"] * (step % 8 == 0)
        | BIT["snar"] * (step % 8 == 4)
        | BIT["chat"] * (step % 2 == 0)
        for step in range(32)
    )

    def varied(name: str) -> Code:
        return RULES[name].apply(rock, REST)[0]

    crash = varied("crash on one")
    assert (at(crash, "crsh"), at(crash, "chat")) == ([0], list(range(2, 32, 2)))
    opened = varied("open hat on the and of four")
    assert (at(opened, "ohat"), at(opened, "chat")) == ([30], list(range(0, 30, 2)))
    ride = varied("ride for hats")
    assert (at(ride, "ride"), at(ride, "chat")) == (list(range(0, 32, 2)), [])
    assert at(varied("kick on the and of four"), "kick") == [0, 8, 16, 24, 30]
    assert at(varied("ghost notes"), "snar") == [4, 7, 9, 12, 20, 23, 25, 28]
    fill = varied("tom fill")
    assert [at(fill, drum) for drum in ("htom", "mtom", "ltom")] == [[26, 27], [28, 29], [30, 31]]
    assert (at(fill, "snar"), at(fill, "kick")) == ([4, 12, 20, 24, 25], [0, 8, 16, 24])
    assert at(varied("drop the hats"), "chat") == list(range(0, 24, 2))
    assert at(varied("sixteenth hats"), "chat") == list(range(32))
    assert at(varied("tambourine backbeat"), "aux") == [4, 12, 20, 28]
