"""The joystick as a speed: pushed, one glides over the map; let go, one stays."""

from math import copysign, exp, hypot

import numpy as np

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.explore.latent import latent_to_map, map_to_latent

_REST = 0.04  # of the stick's way to each side: does nothing, for sticks that come back loosely
_FASTEST = 0.25  # of the map's width a second, pushed all the way
_FADE = 0.15  # of the map's width, over which one settles onto the map
_LONGEST = 0.1  # seconds; a tick that comes later moves no further


def _speed(value: float) -> float:
    """Stick 0..1 to map widths a second; quadratic, so that little pushes are fine moves."""
    push = max(abs(value - 0.5) - _REST, 0.0) / (0.5 - _REST)
    return copysign(_FASTEST * push * push, value - 0.5)


class Glide:
    """A way over the map that begins wherever one is: nothing jumps when the stick is pushed.

    The map reaches a surface of the latent space only; the way from there to where one was is
    kept at first, and fades as one travels.
    """

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._z: Floats | None = None  # where the last move ended
        self._xy = 0.5, 0.5
        self._off: Floats = np.zeros(4, np.float32)

    def move(self, z: Floats, stick: tuple[float, float], seconds: float) -> Floats | None:
        """From z [4] with the stick at x, y (0..1 each) for so long; None if it rests."""
        x, y = map(_speed, stick)
        if x == 0 and y == 0:
            return None
        if self._z is None or np.abs(z - self._z).max() > 1e-3:  # something else moved us
            self._xy = latent_to_map(self._atlas, z)
            self._off = z - map_to_latent(self._atlas, *self._xy)
        seconds = min(max(seconds, 0.0), _LONGEST)
        before = self._xy
        self._xy = _inside(before[0] + x * seconds), _inside(before[1] + y * seconds)
        way = hypot(self._xy[0] - before[0], self._xy[1] - before[1])
        self._off = (self._off * exp(-way / _FADE)).astype(np.float32)
        self._z = (map_to_latent(self._atlas, *self._xy) + self._off).astype(np.float32)
        return self._z


def _inside(value: float) -> float:
    return min(max(value, 0.0), 1.0)
