import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.errors import ControlError, DrumatlasError
from drumatlas.explore.controls import BUTTONS, DEFAULTS, VALUES, Press, Turn
from drumatlas.explore.snapshot import Snapshot
from drumatlas.web.messages import MAX_TEXT, Go, Land, Listen, Mute, Ping, Recall, read_message

anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
KEYS = ("turn", "press", "go", "beat", "mute", "is", "visit", "listen", "ping")


def test_every_control_and_button_can_be_used() -> None:
    table = dict.fromkeys(VALUES, 0.5)
    expected = [Turn(name, 0.5) for name in VALUES]
    assert read_message(json.dumps({"turn": table}), 0) == expected
    for name in BUTTONS:
        assert read_message(json.dumps({"press": name}), 0) == [Press(name)]


def test_each_other_message_is_read() -> None:
    assert read_message('{"go": 3}', 4) == [Go(3)]
    code = [5, *[0] * 30, 16383]
    assert read_message(json.dumps({"beat": code}), 4) == [Land(tuple(code), is_edit=True)]
    assert read_message('{"mute": 13, "is": false}', 0) == [Mute(13, False)]
    assert read_message('{"listen": true}', 0) == [Listen(True)]
    assert read_message('{"ping": 12.5}', 0) == [Ping(12.5)]
    place = Snapshot((0.0, 1.0, 2.0, -1.0), DEFAULTS, False)
    assert read_message(json.dumps({"visit": place.to_json()}), 0) == [Recall(place)]


@pytest.mark.parametrize(
    "text",
    ['{"turn": {"x1": 2}}', '{"turn": {"x9": 0}}', '{"turn": {"x1": NaN}}', '{"turn": []}',
     '{"press": "bang"}', '{"press": ["play"]}', '{"go": 4}', '{"go": -1}', '{"go": true}',
     '{"beat": 5}', '{"beat": [1]}', json.dumps({"beat": [16384] * 32}),
     json.dumps({"beat": [True] * 32}), json.dumps({"beat": [1.5] * 32}), '{"go": 1.0}',
     '{"mute": 14, "is": true}', '{"mute": 0}', '{"listen": 1}', '{"ping": "x"}',
     '{"ping": NaN}', '{"visit": {}}', "[]", "", "null", '"play"', "{}", '{"Press": "play"}',
     "[" * 5000, " " * (MAX_TEXT + 1), '{"ping": 1' + "0" * 4000 + "}"],
)  # fmt: skip
def test_a_malformed_message_is_an_error(text: str) -> None:
    with pytest.raises(DrumatlasError):
        read_message(text, 4)


@given(st.dictionaries(st.sampled_from(KEYS), anything) | anything)
def test_any_json_is_orders_or_an_error_of_ours(message: object) -> None:
    with contextlib.suppress(DrumatlasError):
        assert isinstance(read_message(json.dumps(message), 10), list)


@given(st.text())
def test_any_text_is_orders_or_a_control_error(text: str) -> None:
    with contextlib.suppress(ControlError):
        read_message(text, 10)
