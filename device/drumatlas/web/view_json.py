"""Encodes views as JSON values for the page, and finds those that changed."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from drumatlas.atlas.model import Atlas
from drumatlas.beat.pattern import Cycle
from drumatlas.explore.controls import bpm_of
from drumatlas.explore.genre import cursor, genre_of
from drumatlas.explore.latent import knobs_to_latent, latent_to_map, map_to_latent
from drumatlas.play.timeline import ns_per_tick
from drumatlas.web.view import Run, View

_NEAR = 1e-3  # knob turns; closer is the same place

Shown = dict[str, Any]


class ViewEncoder:
    """Turns views of one atlas into JSON values. Times become milliseconds since `epoch_ns`."""

    def __init__(self, atlas: Atlas, epoch_ns: int) -> None:
        self._atlas, self._epoch_ns = atlas, epoch_ns
        self._where: tuple[object, Shown] | None = None  # kept: computing it takes a while

    def ms(self, at_ns: int) -> float:
        """Return a monotonic time (ns) in milliseconds since the epoch of the pages."""
        return round((at_ns - self._epoch_ns) / 1e6, 3)

    def of(self, view: View) -> Shown:
        """Return everything in a view as JSON values."""
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
            "notices": dict(view.notices),
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
        """Return the present place: where the player asked to be (x, y on the map, 0..1 each) with
        its genre, and where the beat was found."""
        joystick = view.values["map_x"], view.values["map_y"]
        key = (view.knobs, view.point, joystick, view.comes)
        if self._where is None or self._where[0] != key:
            self._where = key, self._find(view, joystick)
        return self._where[1]

    def _find(self, view: View, joystick: tuple[float, float]) -> Shown:
        z = np.array(view.z, np.float32)
        x, y = self._asked(view, joystick, cursor(self._atlas, z))
        place, genre = view.comes, genre_of(self._atlas, z)
        found = x, y
        if place.moved:  # by the difference that the atlas' own map function gives
            here = latent_to_map(self._atlas, z)
            there = latent_to_map(self._atlas, np.array(place.z, np.float32))
            found = x + there[0] - here[0], y + there[1] - here[1]
        return {
            "x": round(x, 5),
            "y": round(y, 5),
            "foundX": round(found[0], 5),
            "foundY": round(found[1], 5),
            # For `drumatlas decode`: enough digits to give exactly the same float32.
            "z": [float(f"{value:.9g}") for value in view.z],
            "moved": round(place.moved, 3),
            "genre": genre.name,
            "family": genre.family,
            "confidence": round(genre.confidence, 3),
            "away": round(genre.away, 2),
        }

    def _asked(
        self, view: View, joystick: tuple[float, float], guess: tuple[float, float]
    ) -> tuple[float, float]:
        """Return the asked place on the map (x, y): the chosen point or the joystick's place if
        that led here, else `guess`."""
        if view.point is not None:
            xy = self._atlas.points.xy
            low, high = xy.min(axis=0), xy.max(axis=0)
            x, y = ((xy[view.point] - low) / np.maximum(high - low, 1e-9)).tolist()
            return x, y
        there = map_to_latent(self._atlas, *joystick)
        away = np.abs(there - knobs_to_latent(self._atlas.latent, np.array(view.knobs, np.float32)))
        return joystick if (away <= _NEAR * self._atlas.latent.reach).all() else guess


def cells(cycle: Cycle) -> list[int]:
    """Return step, voice and velocity of each hit, in one flat list."""
    return [
        number
        for step, hits in enumerate(cycle)
        for voice, velocity in hits
        for number in (step, voice, velocity)
    ]


def changes(before: Shown, now: Shown) -> Shown:
    """Return the items of `now` that differ from `before`; `values` are compared one by one."""
    changed = {k: value for k, value in now.items() if k not in before or before[k] != value}
    if "values" in changed and "values" in before:
        changed["values"] = changes(before["values"], now["values"])
    return changed


def merge(into: Shown, changed: Mapping[str, Any]) -> None:
    """Merge changes into the state that waits to be sent."""
    for key, value in changed.items():
        if key == "values":
            into.setdefault("values", {}).update(value)
        else:
            into[key] = value


def tempo_range() -> tuple[float, float]:
    """Return the tempo (BPM) at either end of the tempo control."""
    return bpm_of(0.0), bpm_of(1.0)
