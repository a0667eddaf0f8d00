"""MIDI as a panel, called by the input's thread and the slow loop."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.explore.controls import BUTTONS, VALUES, Press, Turn
from drumatlas.explore.encode import encode_beat
from drumatlas.panel.midi_cc import HOW_TO_LEARN, LEARNING, WAITING, MidiPanel
from drumatlas.panel.midi_map import DEFAULT_CC, MidiMap
from drumatlas.panel.pads import SHOWN_NS
from drumatlas.play.settings import PlaySettings

MS = 1_000_000
STEP = 125 * MS


@pytest.fixture
def panel(engine: Engine) -> MidiPanel:
    panel = MidiPanel(engine, MidiMap())
    engine.add_panel(panel)
    return panel


def cc(number: int, value: int, channel: int = 0) -> bytes:
    return bytes((0xB0 | channel, number, value))


def send(panel: MidiPanel, *messages: bytes, at_ns: int = 0) -> None:
    for message in messages:
        panel.receive(message, at_ns)


def test_every_control_has_a_controller_of_its_own() -> None:
    assert set(DEFAULT_CC) == {*VALUES, *BUTTONS}
    assert len(set(DEFAULT_CC.values())) == len(DEFAULT_CC)


NUMBERED = (
    "x1 x2 x3 x4 map_x map_y tempo density swing chaos humanize morph density.kick density.snare "
    "density.hats density.toms density.cymbals density.percussion accent morph_y "
    "play tap fill freeze next_genre prev_genre save_a save_b save_c save_d "
    "load_a load_b load_c load_d wander novelty panic undo keep learn"
)


def test_controllers_keep_their_numbers() -> None:
    numbers = [*range(16, 28), *range(85, 91), 28, 29, *range(102, 120), 9, 3]
    kept = dict(zip(NUMBERED.split(), numbers, strict=True))
    assert kept.items() <= DEFAULT_CC.items()  # further controls have further numbers


def test_controllers_turn_and_press(panel: MidiPanel) -> None:
    play, x1, x2 = DEFAULT_CC["play"], DEFAULT_CC["x1"], DEFAULT_CC["x2"]
    send(panel, cc(x1, 0), cc(x1, 127), cc(play, 127), cc(play, 127), cc(play, 0), cc(x2, 64))
    assert panel.poll(0) == [Turn("x1", 1.0), Press("play"), Turn("x2", 64 / 127)]
    assert panel.poll(0) == []
    send(panel, cc(play, 64))
    assert panel.poll(0) == [Press("play")]


def test_one_channel_may_be_chosen(engine: Engine) -> None:
    panel = MidiPanel(engine, MidiMap(channel=3))
    send(panel, cc(16, 127, channel=0), cc(16, 0, channel=2))
    assert panel.poll(0) == [Turn("x1", 0.0)]


@given(st.lists(st.binary(min_size=0, max_size=3)))
def test_messages_of_other_kinds_are_ignored(atlas: Atlas, messages: list[bytes]) -> None:
    panel = MidiPanel(Engine(atlas, PlaySettings(), [], 0), MidiMap())
    whole = {0x8: 3, 0x9: 3, 0xA: 3, 0xB: 3, 0xC: 2, 0xD: 2, 0xE: 3}  # the parser sees to it
    for message in messages:
        if not message or whole.get(message[0] >> 4, len(message)) == len(message):
            panel.receive(bytes((*message[:1], *(byte & 0x7F for byte in message[1:]))), 0)
    for change in panel.poll(0):
        assert isinstance(change, Press) or 0 <= change.value <= 1


def test_a_flood_is_bounded_and_the_newest_counts(panel: MidiPanel) -> None:
    first, *others = reversed(VALUES)
    numbers = [DEFAULT_CC[name] for name in others]
    chance = random.Random(1)
    panel.receive(cc(DEFAULT_CC[first], 127), 0)
    for _ in range(WAITING - 1):
        panel.receive(cc(chance.choice(numbers), chance.randrange(128)), 0)
    send(panel, cc(DEFAULT_CC["x1"], 5))  # drops the first one
    changes = panel.poll(0)
    assert {change.control for change in changes} == set(others)
    assert Turn("x1", 5 / 127) in changes


@pytest.mark.parametrize("control_first", [True, False])
def test_learning_binds_the_next_control_and_the_next_controller(
    engine: Engine, panel: MidiPanel, control_first: bool
) -> None:
    engine.handle(Press("learn"), 0)
    assert engine.flags[LEARNING]
    assert engine.notices == {"learn": HOW_TO_LEARN}
    steps = [lambda: engine.handle(Turn("chaos", 0.5), 0), lambda: send(panel, cc(16, 99))]
    for step in steps if control_first else steps[::-1]:
        step()
        assert panel.poll(0) == []  # the controller that is learnt changes nothing
    assert not engine.flags[LEARNING]
    assert engine.notices == {}
    assert panel.learn.learned == {16: "chaos"}
    send(panel, cc(16, 127))
    assert panel.poll(0) == [Turn("chaos", 1.0)]
    engine.handle(Press("learn"), 0)
    engine.handle(Turn("chaos", 0.4), 0)
    send(panel, cc(17, 1))
    panel.poll(0)
    assert panel.learn.learned == {17: "chaos"}  # one each
    send(panel, cc(16, 127))
    assert panel.poll(0) == [Turn("x1", 1.0)]


def test_the_learn_button_cancels_learning(engine: Engine, panel: MidiPanel) -> None:
    for value in (127, 0, 127):
        send(panel, cc(DEFAULT_CC["learn"], value))
        for change in panel.poll(0):
            engine.handle(change, 0)
    assert not panel.learn.is_armed
    send(panel, cc(16, 127))
    assert panel.poll(0) == [Turn("x1", 1.0)]


def test_a_program_change_loads_and_while_learning_saves(engine: Engine, panel: MidiPanel) -> None:
    engine.handle(Press("next_genre"), 0)
    there = engine.explorer.pattern
    engine.handle(Press("learn"), 0)
    send(panel, bytes((0xC0, 99)))
    panel.poll(0)
    assert not panel.learn.is_armed
    engine.handle(Press("undo"), 0)
    assert engine.explorer.pattern != there
    send(panel, bytes((0xC0, 98)), bytes((0xC0, 99)))
    panel.poll(0)
    assert engine.explorer.pattern == there


def test_two_bars_on_pads_land_at_their_place(
    engine: Engine, panel: MidiPanel, atlas: Atlas
) -> None:
    code = [0] * 32
    for step in range(0, 32, 4):
        code[step] |= 1 << (1 if step % 8 else 0)
        code[step] |= 1 << 2
        at_ns = 777 * MS + step * STEP
        notes = [n for n, bit in ((36, 0), (40, 1), (42, 2)) if code[step] >> bit & 1]
        send(panel, *(bytes((0x99, n, 100)) for n in notes), bytes((0x99, 36, 0)), at_ns=at_ns)
        assert panel.poll(at_ns) == []
    home = engine.explorer.latent
    panel.poll(777 * MS + 31 * STEP)
    assert engine.explorer.latent == pytest.approx(home)
    panel.poll(777 * MS + 32 * STEP)
    assert engine.explorer.latent == pytest.approx(encode_beat(atlas, tuple(code)), abs=1e-5)


@pytest.mark.parametrize(
    "message", [b"", b"\x90", b"\xb0\x10", b"\xb0\x10\xff", b"\xc0", b"\xc0\x80"]
)
def test_malformed_messages_are_ignored(panel: MidiPanel, engine: Engine, message: bytes) -> None:
    send(panel, message, cc(DEFAULT_CC["x1"], 127))
    assert panel.poll(20 * MS) == [Turn("x1", 1.0)]


def test_the_panel_survives_a_beat_that_cannot_be_encoded(
    engine: Engine, panel: MidiPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("no such place")

    def strike(start_ns: int) -> None:
        for step in range(0, 32, 4):
            send(panel, bytes((0x99, 36, 100)), at_ns=start_ns + step * STEP)
            engine.tick(start_ns + step * STEP)
        engine.tick(start_ns + 32 * STEP)

    with monkeypatch.context() as broken:
        broken.setattr(engine, "land", fail)
        strike(777 * MS)
    assert engine.panels == (panel,)
    assert engine.faults == ["pads: RuntimeError: no such place"]
    strike(20_000 * MS)
    assert engine.faults == []


def test_notes_without_a_voice_are_shown_for_a_while(engine: Engine, panel: MidiPanel) -> None:
    send(panel, *(bytes((0x99, key, 100)) for key in (33, 33, 5)), at_ns=MS)
    engine.tick(2 * MS)
    (fault,) = engine.faults
    assert "3 notes without a voice (note 33 (metronome click): 2, note 5: 1)" in fault
    engine.tick(MS + SHOWN_NS)
    assert engine.faults == [fault]
    engine.tick(MS + SHOWN_NS + 1)
    assert engine.faults == []


def test_notes_need_no_voice_if_pads_are_off(engine: Engine) -> None:
    engine.add_panel(MidiPanel(engine, MidiMap(pads={})))
    engine.panels[0].receive(bytes((0x99, 5, 100)), 0)  # type: ignore[attr-defined]
    engine.tick(MS)
    assert engine.faults == []
