"""Glide mode: the joystick sets a speed across the map. When it is released, the place stays."""

from math import copysign, exp, hypot

import numpy as np

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.explore.latent import latent_to_map, map_to_latent

_DEAD_ZONE = 0.04  # of the stick's range, to each side: sticks do not return exactly to the centre
_MAX_SPEED = 0.25  # map widths per second, pushed all the way
_FADE = 0.15  # map widths; over this distance the offset from the map falls to 1/e
_MAX_SECONDS = 0.1  # a late tick moves no further than this


def _speed(value: float) -> float:
    """Return the speed in map widths per second at stick position 0..1.

    It is quadratic, so small pushes move finely.
    """
    push = max(abs(value - 0.5) - _DEAD_ZONE, 0.0) / (0.5 - _DEAD_ZONE)
    return copysign(_MAX_SPEED * push * push, value - 0.5)


class Glide:
    """Moves across the map from any latent point, without a jump when the stick is pushed.

    The map covers only a surface of the latent space. The offset from that surface to the starting
    point is kept at first, and fades with the distance travelled.
    """

    def __init__(self, atlas: Atlas) -> None:
        self._atlas = atlas
        self._z: Floats | None = None  # where the last move ended
        self._xy = 0.5, 0.5
        self._off: Floats = np.zeros(4, np.float32)

    def move(self, z: Floats, stick: tuple[float, float], seconds: float) -> Floats | None:
        """Return the point [4] reached from z [4], or None if the stick is at rest.

        `stick` is its position x, y, 0..1 each.
        """
        x, y = map(_speed, stick)
        if x == 0 and y == 0:
            return None
        if self._z is None or np.abs(z - self._z).max() > 1e-3:  # z was changed elsewhere
            self._xy = latent_to_map(self._atlas, z)
            self._off = z - map_to_latent(self._atlas, *self._xy)
        seconds = min(max(seconds, 0.0), _MAX_SECONDS)
        before = self._xy
        self._xy = _clip(before[0] + x * seconds), _clip(before[1] + y * seconds)
        distance = hypot(self._xy[0] - before[0], self._xy[1] - before[1])
        self._off = (self._off * exp(-distance / _FADE)).astype(np.float32)
        self._z = (map_to_latent(self._atlas, *self._xy) + self._off).astype(np.float32)
        return self._z


def _clip(value: float) -> float:
    return min(max(value, 0.0), 1.0)
