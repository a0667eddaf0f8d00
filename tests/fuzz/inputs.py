"""What comes in from outside, made up: numbers, words, JSON; and good ones, broken a little."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

# Numbers that programs trip over, as they are written in text formats.
_LONG = "9" * 5000  # more digits than int() takes
NUMBERS = st.sampled_from(
    [
        *("0", "-1", "1", "127", "128", "16383", "16384", "0.5", "1e3", "-0", "nan", "-nan", "inf"),
        *(
            "NaN",
            "Infinity",
            "1e999",
            "-1e999",
            "1_0",
            "0x7f",
            "+1",
            ".5",
            "1.",
            "\uff19",
            "1e-400",
        ),
        *("9" * 30, "9" * 400, _LONG, str(2**31), str(2**63), str(2**64)),
    ]
)
# Characters that break lines, terminals or encodings.
ODD_TEXT = st.text(
    st.sampled_from('aZ0 ,;:.\t"\\=[]{}#\n\r\x00\x1b\x85\u2028é\ud800😀'), max_size=12
)
WORDS = st.one_of(ODD_TEXT, st.text(max_size=20), NUMBERS)

_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 130),
    st.sampled_from([2**31, 2**64, -(2**70), 10**400]),
    st.floats(),
    st.sampled_from(["", "x1", "play", "a", "0", "127", "tempo", "density.kick"]),
    ODD_TEXT,
)
JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)


def json_text(value: Any) -> str:
    """As JSON; integers of any length are written out."""
    return json.dumps(value)


def changed(value: Any, draw: Callable[[Any], Any]) -> Any:
    """A copy of a JSON value in which one place, however deep, is another or is gone."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value)))
        if not draw(st.integers(0, 7)):
            return {name: one for name, one in value.items() if name != key}
        return {**value, key: changed(value[key], draw)}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        at = draw(st.integers(0, min(len(value) - 1, 40)))
        kind = draw(st.integers(0, 7))
        if kind < 2:
            return value[:at] + value[at : at + 1] * (kind * 2) + value[at + 1 :]
        return [*value[:at], changed(value[at], draw), *value[at + 1 :]]
    return draw(JSON)


@st.composite
def changed_json(draw: Callable[[Any], Any], good: Any) -> Any:
    """`good`, changed in one to three places."""
    value = good
    for _ in range(draw(st.integers(1, 3))):
        value = changed(value, draw)
    return value


_PIECES = st.one_of(
    st.binary(min_size=1, max_size=8),
    st.sampled_from([b"\0", b"\xff", b"\x7f\xff\xff\xff", b"\xff" * 8, b"\0" * 8, b"\x80"]),
)


@st.composite
def changed_bytes(draw: Callable[[Any], Any], good: bytes) -> bytes:
    """`good`, with some bytes written over, put in, taken out or cut off."""
    data = good
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        kind, piece = draw(st.integers(0, 3)), draw(_PIECES)
        if kind == 0:
            data = data[:at] + piece + data[at + len(piece) :]
        elif kind == 1:
            data = data[:at] + piece + data[at:]
        elif kind == 2:
            data = data[:at] + data[at + draw(st.integers(1, 64)) :]
        else:
            data = data[:at]
    return data


@st.composite
def changed_text(draw: Callable[[Any], Any], good: str) -> str:
    """`good`, with some words written over, put in or taken out."""
    text = good
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.sampled_from([0, 0, 1, 5, 40]))
        text = text[:at] + draw(WORDS) + text[at + gone :]
    return text
