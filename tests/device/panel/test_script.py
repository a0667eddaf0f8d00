from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.errors import ControlError, FileError
from drumatlas.explore.controls import Press, Turn
from drumatlas.panel.script import ScriptPanel, parse_script, read_script

GOOD = '{"t": 2, "press": "tap"}\n\n{"t": 0.5, "control": "x1", "value": 1}\n'


def test_changes_come_in_order_of_time() -> None:
    assert parse_script(GOOD, "s") == [(0.5, Turn("x1", 1.0)), (2.0, Press("tap"))]


def test_each_change_is_given_once_when_due() -> None:
    panel = ScriptPanel(parse_script(GOOD, "s"), start_ns=1_000)
    assert panel.poll(500_000_999) == []
    assert panel.poll(500_001_000) == [Turn("x1", 1.0)]
    assert panel.poll(600_000_000) == []
    assert panel.poll(9_000_000_000) == [Press("tap")]
    assert panel.poll(99_000_000_000) == []


@pytest.mark.parametrize(
    "line",
    [
        "hello",
        "[]",
        "3",
        "{}",
        '{"t": 1}',
        '{"t": -1, "press": "tap"}',
        '{"t": NaN, "press": "tap"}',
        '{"t": 1e9, "press": "tap"}',
        '{"t": true, "press": "tap"}',
        '{"t": "1", "press": "tap"}',
        '{"t": 1, "press": "bang"}',
        '{"t": 1, "press": ["tap"]}',
        '{"t": 1, "control": "x9", "value": 0.5}',
        '{"t": 1, "control": "x1", "value": 1.5}',
        '{"t": 1, "control": "x1", "value": NaN}',
        '{"t": 1, "control": "x1"}',
        '{"t": 1, "control": "x1", "value": 0.5, "more": 1}',
        "[" * 100_000,
    ],
)
def test_wrong_lines_name_file_and_line(line: str) -> None:
    with pytest.raises(ControlError, match=r"^s\.jsonl, line 2: "):
        parse_script('{"t": 0, "press": "tap"}\n' + line, "s.jsonl")


@given(st.text())
def test_any_text_parses_or_is_a_control_error(text: str) -> None:
    try:
        times = [t for t, _ in parse_script(text, "s")]
    except ControlError:
        return
    assert times == sorted(times)


def test_a_script_that_is_missing_or_binary_is_an_error(tmp_path: Path) -> None:
    good, binary = tmp_path / "good.jsonl", tmp_path / "binary.jsonl"
    good.write_text(GOOD)
    binary.write_bytes(b"\xff\xfe\x00")
    assert len(read_script(good)) == 2
    with pytest.raises(FileError, match="binary.jsonl"):
        read_script(binary)
    with pytest.raises(FileError, match="missing"):
        read_script(tmp_path / "missing")
    with pytest.raises(FileError):
        read_script(tmp_path)
