"""Views as the page reads them: JSON values, and of those only what changed."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from drumatlas.atlas.model import Atlas
from drumatlas.beat.pattern import Cycle
from drumatlas.explore.controls import bpm_of
from drumatlas.explore.latent import knobs_to_latent, latent_to_map, map_to_latent
from drumatlas.play.transport import ns_per_tick
from drumatlas.web.view import Run, View

_NEAR = 1e-3  # knob turns; nearer is the same place

Shown = dict[str, Any]


class Show:
    """Turns views of one atlas into JSON values. Times become milliseconds since `epoch_ns`."""

    def __init__(self, atlas: Atlas, epoch_ns: int) -> None:
        self._atlas, self._epoch_ns = atlas, epoch_ns
        self._where: tuple[object, Shown] | None = None  # of the last view, as it takes a while

    def ms(self, at_ns: int) -> float:
        """A monotonic time as the page counts it."""
        return round((at_ns - self._epoch_ns) / 1e6, 3)

    def of(self, view: View) -> Shown:
        """All of a view."""
        waits = view.comes is not view.plays and view.comes != view.plays
        return {
            "atlas": self._atlas.sha256,
            "values": {name: round(value, 5) for name, value in view.values.items()},
            "knobs": [round(knob, 5) for knob in view.knobs],
            "here": self._here(view),
            "beat": {
                "cells": cells(view.plays.cycles[view.variant]),
                "variant": view.variant,
                "code": list(view.plays.code),
                "genre": view.plays.genre,
            },
            "comes": cells(view.comes.cycles[0]) if waits else None,
            "run": self._run(view.run),
            "bpm": round(view.wanted_bpm, 2),
            "mapMode": view.map_mode,
            "mutes": list(view.mutes),
            "slots": list(view.slots),
            "learned": {str(number): name for number, name in view.learned.items()},
            "flags": dict(view.flags),
            "faults": list(view.faults),
            "ports": dict(view.ports),
        }

    def _run(self, run: Run) -> Shown:
        return {
            "tick": round(run.tick, 3),
            "at": self.ms(run.at_ns),
            "tickMs": round(ns_per_tick(run.bpm) / 1e6, 6),
            "bpm": round(run.bpm, 2),
            "playing": run.is_playing,
            "following": run.is_following,
            "locked": run.is_locked,
        }

    def _here(self, view: View) -> Shown:
        """Where one is: on the map as one asked (x, y, 0..1 each), and where the beat was found."""
        joystick = view.values["map_x"], view.values["map_y"]
        key = (view.knobs, view.point, joystick, view.comes)
        if self._where is None or self._where[0] != key:
            self._where = key, self._find(view, joystick)
        return self._where[1]

    def _find(self, view: View, joystick: tuple[float, float]) -> Shown:
        z = np.array(view.z, np.float32)
        guess = latent_to_map(self._atlas, z)
        x, y = self._asked(view, joystick, guess)
        place = view.comes
        found = x, y
        if place.moved:  # as far from what was asked as it is in the atlas' own eyes
            other = latent_to_map(self._atlas, np.array(place.z, np.float32))
            found = x + other[0] - guess[0], y + other[1] - guess[1]
        return {
            "x": round(x, 5),
            "y": round(y, 5),
            "foundX": round(found[0], 5),
            "foundY": round(found[1], 5),
            # As `drumatlas decode` takes it: enough digits for the very same float32.
            "z": [float(f"{value:.9g}") for value in view.z],
            "moved": round(place.moved, 3),
            "genre": place.genre,
            "away": round(place.genre_away, 2),
        }

    def _asked(
        self, view: View, joystick: tuple[float, float], guess: tuple[float, float]
    ) -> tuple[float, float]:
        """On the map: the point or the joystick's place if one came that way, else about there."""
        if view.point is not None:
            xy = self._atlas.points.xy
            low, high = xy.min(axis=0), xy.max(axis=0)
            x, y = ((xy[view.point] - low) / np.maximum(high - low, 1e-9)).tolist()
            return x, y
        there = map_to_latent(self._atlas, *joystick)
        away = np.abs(there - knobs_to_latent(self._atlas.latent, np.array(view.knobs, np.float32)))
        return joystick if (away <= _NEAR * self._atlas.latent.reach).all() else guess


def cells(cycle: Cycle) -> list[int]:
    """step, voice, velocity of each hit, one after the other."""
    return [
        number
        for step, hits in enumerate(cycle)
        for voice, velocity in hits
        for number in (step, voice, velocity)
    ]


def changes(before: Shown, now: Shown) -> Shown:
    """What of `now` is not as it was; of values, each by itself."""
    changed = {k: value for k, value in now.items() if k not in before or before[k] != value}
    if "values" in changed and "values" in before:
        changed["values"] = changes(before["values"], now["values"])
    return changed


def merge(into: Shown, changed: Mapping[str, Any]) -> None:
    """Put what changed over what is waiting to be sent."""
    for key, value in changed.items():
        if key == "values":
            into.setdefault("values", {}).update(value)
        else:
            into[key] = value


def tempo_range() -> tuple[float, float]:
    """What the ends of the tempo control mean, BPM."""
    return bpm_of(0.0), bpm_of(1.0)
