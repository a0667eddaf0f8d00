from pathlib import Path

import pytest

from drumatlas.config.keys import defaults
from drumatlas.errors import ControlError, FileError
from drumatlas.explore.controls import DEFAULTS, Change, Press, Turn
from drumatlas.panel.fake_gpio import FakeGpioPanel, parse_moves, read_moves
from drumatlas.panel.wiring import wiring_of

MS = 1_000_000
WIRING = wiring_of({**defaults(), "gpio.x1": "ads0:3", "gpio.chaos": "enc:19,26:2"})


def played(text: str) -> list[Change]:
    """Return the panel's changes within 3 s of the moves in `text`, after its first poll."""
    panel = FakeGpioPanel(WIRING, parse_moves(text, "m", WIRING), start_ns=7 * MS)
    values = dict(DEFAULTS)
    panel.values = lambda: values
    changes: list[Change] = []
    for now_ns in range(0, 3000 * MS, 10 * MS):
        some = panel.poll(now_ns)
        values |= {one.control: one.value for one in some if isinstance(one, Turn)}
        changes += some if now_ns else []
    return changes


def test_knobs_begin_in_the_middle() -> None:
    first = FakeGpioPanel(WIRING).poll(0)
    assert Turn("x1", 0.5) in first
    assert {one.value for one in first if isinstance(one, Turn)} == {0.5}
    assert played("") == []


def test_a_knob_that_is_turned_moves_its_control_and_no_other() -> None:
    changes = played('{"t": 1, "wire": "ads0:3", "value": 1}')
    assert {one.control for one in changes if isinstance(one, Turn)} == {"x1"}
    assert changes[-1] == Turn("x1", 1.0)


def test_a_button_and_shift_are_pressed() -> None:
    lines = (
        '{"t": 0.5, "wire": "pin:17", "value": 1}',
        '{"t": 0.7, "wire": "pin:17", "value": 0}',
        '{"t": 1, "wire": "pin:22", "value": 1}',
        '{"t": 1.2, "wire": "pin: 17", "value": 1.0}',
    )
    assert played("\n".join(lines)) == [Press("play"), Press("freeze")]


def test_an_encoder_is_turned_by_detents_whatever_its_cycle_has() -> None:
    lines = (
        '{"t": 1, "wire": "enc:19,26", "value": 16}',
        '{"t": 2, "wire": "enc:19,26:2", "value": -1}',
    )
    values = [one.value for one in played("\n".join(lines)) if isinstance(one, Turn)]
    assert values == pytest.approx([16 / 64, 15 / 64])


def test_the_state_of_lamps_can_be_read() -> None:
    panel = FakeGpioPanel(WIRING)
    panel.lamp_states = lambda _now_ns: {"beat": True}
    panel.poll(0)
    assert panel.board.lamps[5].is_on
    panel.close()
    assert panel.board.is_closed


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[]", "not a JSON object"),
        ('{"t": 1, "wire": "pin:17"}', "the keys t, wire, value"),
        ('{"t": 1, "control": "x1", "value": 0.5}', "the keys t, wire, value"),
        ('{"t": -1, "wire": "pin:17", "value": 1}', "'t' is -1"),
        ('{"t": 1, "wire": "mcp9:1", "value": 1}', "'wire' is 'mcp9:1': there are"),
        ('{"t": 1, "wire": 17, "value": 1}', "'wire' is 17: must be like mcp0:4"),
        ('{"t": 1, "wire": "mcp1:0", "value": 1}', "no input is wired to mcp1:0"),
        ('{"t": 1, "wire": "mcp0:0", "value": 1}', "no input is wired to mcp0:0"),
        ('{"t": 1, "wire": "pin:5", "value": 1}', "no input is wired to pin:5"),  # a lamp
        ('{"t": 1, "wire": "mcp0:1", "value": 1.1}', "0..1 of the supply"),
        ('{"t": 1, "wire": "mcp0:1", "value": NaN}', "0..1 of the supply"),
        ('{"t": 1, "wire": "mcp0:1", "value": true}', "0..1 of the supply"),
        ('{"t": 1, "wire": "mcp0:1", "value": "1"}', "0..1 of the supply"),
        ('{"t": 1, "wire": "pin:17", "value": 0.5}', "1 .pressed. or 0 .released."),
        ('{"t": 1, "wire": "enc:19,26", "value": 0.5}', "whole detents"),
        ('{"t": 1, "wire": "enc:19,26", "value": 1e400}', "whole detents"),
    ],
)
def test_invalid_moves_name_file_and_line(line: str, words: str) -> None:
    with pytest.raises(ControlError, match=rf"^m\.jsonl, line 2: .*{words}"):
        parse_moves('{"t": 0, "wire": "pin:17", "value": 1}\n' + line, "m.jsonl", WIRING)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"moves\.jsonl"):
        read_moves(tmp_path / "moves.jsonl", WIRING)
