import contextlib

from hypothesis import given
from hypothesis import strategies as st

from drumatlas.errors import ConfigError
from drumatlas.panel.wiring import parse_wire


@given(st.one_of(st.text(), st.from_regex(r"(mcp|ads|pin|enc)\d?:\d{1,2}(,\d{1,2})?")))
def test_any_words_are_a_wire_or_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        wire = parse_wire(text)
        assert wire.claims


def test_an_encoder_has_as_many_detents_as_its_wire_says() -> None:
    assert [parse_wire(f"enc:5,6{end}").detents for end in ("", ":1", ":2", ":4")] == [1, 1, 2, 4]
