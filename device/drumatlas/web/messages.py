"""Requests of the page: one WebSocket message, checked, as orders for the slow loop. Pure.

{"turn": {"x1": 0.7, "map_x": 0.2}}     value controls, 0..1
{"press": "fill"}                       a button
{"go": 812}                             go to the place of a point of the map
{"beat": [1, 0, 4, ...]}                go to the place of a beat that was made from the present one
{"mute": 2, "is": true}                 a voice, by its bit
{"visit": {"knobs": [...], "values": {...}, "novelty": true}}    a snapshot, from a link
{"listen": true}                        send the notes, too
{"ping": 1234.5}                        ask for the box's time
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from drumatlas.beat.codes import Code, check_code
from drumatlas.beat.voices import VOICES
from drumatlas.errors import BeatError, ControlError
from drumatlas.explore.controls import VALUES, Change, press, turn
from drumatlas.explore.snapshot import Snapshot, snapshot_of

MAX_TEXT = 8192  # characters of a message; a snapshot has under 1,000
_MAX_MS = 1e12  # a page that stays open for 30 years


@dataclass(frozen=True, slots=True)
class Go:
    """An order to go to the place of point `index` of the map."""

    index: int


@dataclass(frozen=True, slots=True)
class Land:
    """An order to go to the place of a beat. `is_edit`: it was made from the present one."""

    code: Code
    is_edit: bool = False


@dataclass(frozen=True, slots=True)
class Mute:
    """An order to silence a voice (`bit`), or to let it play."""

    bit: int
    is_on: bool


@dataclass(frozen=True, slots=True)
class Recall:
    """An order to go to the place of a snapshot."""

    place: Snapshot


@dataclass(frozen=True, slots=True)
class Listen:
    """A request to receive the notes, for the page's own sound, or to receive them no more."""

    is_on: bool


@dataclass(frozen=True, slots=True)
class Ping:
    """The page's clock (ms), to be sent back together with ours."""

    at: float


Order = Change | Go | Land | Mute | Recall
Request = Order | Listen | Ping


def read_message(text: str, points: int) -> list[Request]:
    """Return the requests in a message, for a map of `points` points; ControlError if it is
    invalid."""
    if len(text) > MAX_TEXT:
        raise ControlError(f"{len(text)} characters; a message has at most {MAX_TEXT}")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise ControlError("not a JSON object") from None
    if not isinstance(message, dict):
        raise ControlError("not a JSON object")
    for name, read in _READERS.items():
        if name in message:
            return read(message, points)
    raise ControlError(f"expected one of: {', '.join(_READERS)}")


def _turns(message: dict[str, object], _points: int) -> list[Request]:
    table = message["turn"]
    if not isinstance(table, dict) or len(table) > len(VALUES):
        raise ControlError("'turn' must be an object of controls and values")
    return [turn(name, value) for name, value in table.items()]


def _go(message: dict[str, object], points: int) -> list[Request]:
    index = message["go"]
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < points:
        raise ControlError(f"'go' is {index!r}; the map has the points 0..{points - 1}")
    return [Go(index)]


def _beat(message: dict[str, object], _points: int) -> list[Request]:
    codes = message["beat"]
    if not isinstance(codes, list) or any(type(code) is not int for code in codes):
        raise ControlError("'beat' must be a list of integers")
    try:
        return [Land(check_code(codes), is_edit=True)]
    except BeatError as error:
        raise ControlError(f"'beat': {error}") from None


def _mute(message: dict[str, object], _points: int) -> list[Request]:
    bit, is_on = message["mute"], message.get("is")
    if isinstance(bit, bool) or not isinstance(bit, int) or not 0 <= bit < VOICES:
        raise ControlError(f"'mute' is {bit!r}; voices are 0..{VOICES - 1}")
    if not isinstance(is_on, bool):
        raise ControlError("'is' must be true or false")
    return [Mute(bit, is_on)]


def _listen(message: dict[str, object], _points: int) -> list[Request]:
    is_on = message["listen"]
    if not isinstance(is_on, bool):
        raise ControlError("'listen' must be true or false")
    return [Listen(is_on)]


def _ping(message: dict[str, object], _points: int) -> list[Request]:
    at = message["ping"]
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < _MAX_MS:
        raise ControlError("'ping' must be a number")
    return [Ping(float(at))]


_READERS: dict[str, Callable[[dict[str, object], int], list[Request]]] = {
    "turn": _turns,
    "press": lambda message, _: [press(message["press"])],
    "go": _go,
    "beat": _beat,
    "mute": _mute,
    "visit": lambda message, _: [Recall(snapshot_of(message["visit"]))],
    "listen": _listen,
    "ping": _ping,
}
