"""The content of a display, as it goes through the pipe to the drawing process. Pure."""

import base64
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from drumatlas.errors import ControlError

WIDTH, HEIGHT = 128, 64
SIDE = HEIGHT  # of the map, a square on the left
BEATS = 8  # quarter notes in two bars
_MOST_FAULT = 200  # characters

Pixel = tuple[int, int]  # distance from the left, from the top


@dataclass(frozen=True, slots=True)
class Frame:
    """One state of the box. `place` is a pixel of the map, `beat` 0..7 (None while stopped),
    `fault` the first of `faults` faults."""

    place: Pixel
    bpm: float
    genre: str
    beat: int | None
    is_following: bool
    fault: str
    faults: int

    def line(self) -> bytes:
        """Return the frame as one line of JSON."""
        return json.dumps(asdict(self) | {"fault": self.fault[:_MOST_FAULT]}).encode() + b"\n"


def read_frame(line: bytes) -> Frame:
    """Return the frame in a line; ControlError if it is invalid."""
    try:
        table = json.loads(line)
        x, y = table.pop("place")
        return Frame(place=(int(x), int(y)), **table)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ControlError(f"not a frame: {error}") from None


def pixel(x: float, y: float) -> Pixel:
    """Return the pixel of a place x, y (0..1 each, y up) on the map, at least one pixel from its
    edges."""
    inner = SIDE - 3
    return 1 + round(min(max(x, 0.0), 1.0) * inner), SIDE - 2 - round(min(max(y, 0.0), 1.0) * inner)


def chart_line(places: Iterable[tuple[float, float]]) -> bytes:
    """Return the map's points (x, y, 0..1 each) as a line in base64: a bit for each pixel of the
    square, row by row."""
    bits = bytearray(SIDE * SIDE // 8)
    for x, y in places:
        across, down = pixel(x, y)
        at = down * SIDE + across
        bits[at // 8] |= 0x80 >> at % 8
    return base64.b64encode(bytes(bits)) + b"\n"


def read_chart(line: bytes) -> bytes:
    """Return the bits of a `chart_line`; ControlError if it is invalid."""
    try:
        bits = base64.b64decode(line, validate=False)
    except ValueError as error:
        raise ControlError(f"not a map: {error}") from None
    if len(bits) != SIDE * SIDE // 8:
        raise ControlError(f"not a map: {len(bits)} bytes")
    return bits
