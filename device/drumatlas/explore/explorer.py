"""The explorer: control changes in, the pattern that should play out. The slow loop's heart.

Pure but for the decoder it calls; time comes in as monotonic nanoseconds.
"""

from collections.abc import Callable

import numpy as np

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.beat.pattern import Pattern
from drumatlas.explore.chaos import Chaos
from drumatlas.explore.control import Moves
from drumatlas.explore.control_values import ControlValues
from drumatlas.explore.controls import BY_NAME, KNOBS, SLOTS, Press, Turn
from drumatlas.explore.density import Density
from drumatlas.explore.glide import Glide
from drumatlas.explore.groove import touch
from drumatlas.explore.latent import (
    knobs_to_latent,
    latent_to_knobs,
    map_to_latent,
    nearest_genre,
)
from drumatlas.explore.search import Place, Places
from drumatlas.explore.snapshot import Snapshot, morphed
from drumatlas.explore.wander import Wander

_FILL_DENSITY = 0.3  # a fill is denser by this on the density control...
# ...and so many prior deviations away, to the first of these sides where it is another beat
_FILL_OFFSETS = 0.5 * np.concatenate([np.eye(4), -np.eye(4)])


class Explorer:
    """State of the panel and of the place. `pattern` is what should play now; its identity
    changes whenever the place, the shape or the filter does. `values` are shared with the engine,
    which plays at their tempo and with their feel; by default the explorer has its own."""

    def __init__(
        self,
        atlas: Atlas,
        seed: int = 0,
        map_mode: str = "absolute",
        values: ControlValues | None = None,
    ) -> None:
        self.atlas = atlas
        self.values = ControlValues() if values is None else values
        self.knobs: Floats = np.full(4, 0.5, np.float32)  # where we are, in knob turns
        self.novelty = True
        self.frozen = False
        self.snapshots: dict[str, Snapshot] = {}  # by `snapshot.names`
        self._before: tuple[Snapshot, bool] | None = None  # the last jump, whether it was a load
        self._places = Places(atlas)
        self._chaos = Chaos(seed, atlas.groove)
        self._touch = touch(atlas.groove) if atlas.groove else None
        self._genre = -1  # the last one gone to
        self._seed = seed
        self._wander: Wander | None = None
        self.map_mode = map_mode  # one of MAP_MODES
        self._glide = Glide(atlas)
        self._stick = 0.5, 0.5  # where the joystick itself is, whatever was loaded since
        self._ticked_ns = 0
        self._is_stale = False  # the pattern is of an earlier place
        self._buttons = self._button_table()
        self._turns = self._turn_table()
        self._place: Place = self._places.at(self.latent)
        self._pattern: Pattern = self._make(self._place)
        self.fill: Pattern | None = None  # set by the button, taken by the engine

    def take_over(self, before: "Explorer") -> None:
        """Stand where `before`, an explorer of another atlas, stood: with the same turns of the
        knobs, the same snapshots, and the control values that it shared with the engine."""
        self.values, self.knobs = before.values, before.knobs.copy()
        self.snapshots, self.novelty = dict(before.snapshots), before.novelty
        self.map_mode, self._stick = before.map_mode, before._stick
        self._ticked_ns = before._ticked_ns
        self._is_stale = True

    @property
    def pattern(self) -> Pattern:
        """What should play now."""
        self._refresh()
        return self._pattern

    @property
    def place(self) -> Place:
        """Where it was found."""
        self._refresh()
        return self._place

    @property
    def latent(self) -> Floats:
        """Where the controls point, z [4], before the filter."""
        return knobs_to_latent(self.atlas.latent, self.knobs)

    @property
    def is_wandering(self) -> bool:
        """Whether the path travels by itself."""
        return self._wander is not None

    def go(self, z: Floats) -> None:
        """Jump to latent point z [4]; `undo` takes it back."""
        self._before = (self.snapshot(), False)
        self._set_knobs(latent_to_knobs(self.atlas.latent, z))
        self._is_stale = True

    def go_to_genre(self, index: int) -> None:
        """Jump to the most typical beat of a genre's area."""
        self._genre = index % len(self.atlas.genres)
        self.go(self._places.typical(self.atlas.genres[self._genre]))

    def handle(self, change: Turn | Press, now_ns: int) -> None:
        """Apply one change. Ignore buttons and values that move nothing here (play, tempo)."""
        if isinstance(change, Press):
            action = self._buttons.get(change.button)
            if action:
                action(now_ns)
            return
        self.values[change.control] = change.value
        move = self._turns.get(BY_NAME[change.control].moves)
        if move and move(change):
            self._is_stale = True

    def _turn_table(self) -> dict[Moves, Callable[[Turn], bool]]:
        """By what a control moves: what turning it does here, whether the beat may be another."""
        return {
            "axis": self._turn_axis,
            "map": self._push_stick,
            "morph": self._morph,
            "pattern": lambda _: True,
        }

    def _turn_axis(self, turned: Turn) -> bool:
        self.knobs[KNOBS.index(turned.control)] = turned.value
        self._wander = None
        return True

    def _push_stick(self, _turned: Turn) -> bool:
        self._stick = self.values["map_x"], self.values["map_y"]
        if self.map_mode == "glide":
            return False
        z = map_to_latent(self.atlas, *self._stick)
        self._set_knobs(latent_to_knobs(self.atlas.latent, z))
        return True

    def _morph(self, _turned: Turn) -> bool:
        knobs = morphed(self.snapshots, self.values["morph"], self.values["morph_y"])
        if knobs is not None:
            self._set_knobs(np.array(knobs, np.float32))
        return knobs is not None

    def tick(self, now_ns: int, bar: int | None = None) -> None:
        """Let time pass: gliding and wandering move on. `bar` counts bars while it plays; each
        that begins is a new stop of a path that wanders."""
        seconds, self._ticked_ns = (now_ns - self._ticked_ns) / 1e9, now_ns
        if self.map_mode == "glide":
            z = self._glide.move(self.latent, self._stick, seconds)
            if z is not None:
                self._set_knobs(latent_to_knobs(self.atlas.latent, z))
                self._is_stale = True
        if self._wander and self._wander.is_due(now_ns, bar):
            stop = knobs_to_latent(self.atlas.latent, self._wander.knobs())
            passing = self._places.at(stop, novelty=self.novelty).z
            self._show_knobs(latent_to_knobs(self.atlas.latent, passing))
            self._is_stale = True

    def _refresh(self) -> None:
        """Find the beat of the present place, if something was changed since, unless frozen.

        Done when it is asked for, so that many changes at once cost one search.
        """
        if self._is_stale and not self.frozen:
            self._is_stale = False  # a place that can't be decoded leaves the last beat
            self._find(self.latent)

    def _find(self, z: Floats) -> None:
        self._place = self._places.at(z, Density.of_controls(self.values), self.novelty)
        self._pattern = self._make(self._place)

    def _make(self, place: Place) -> Pattern:
        chaos, accent = self.values["chaos"], self.values["accent"]
        cycles = self._chaos.cycles(place, chaos, self._places.filter, self.novelty, accent)
        nearest = nearest_genre(self.atlas, place.z)
        name, away = (nearest[0].name, nearest[1]) if nearest else ("", 0.0)
        z = tuple(place.z.tolist())
        return Pattern(cycles, place.code, z, name, place.moved, away, self._touch)

    def _set_knobs(self, knobs: Floats) -> None:
        self._wander = None
        self._show_knobs(knobs)

    def _show_knobs(self, knobs: Floats) -> None:
        self.knobs = knobs.copy()
        for name, value in zip(KNOBS, knobs.tolist(), strict=True):
            self.values[name] = min(max(value, 0.0), 1.0)

    def _button_table(self) -> dict[str, Callable[[int], None]]:
        table: dict[str, Callable[[int], None]] = {
            "fill": self._press_fill,
            "freeze": self._press_freeze,
            "wander": self._press_wander,
            "novelty": self._press_novelty,
            "next_genre": lambda _: self._step_genre(1),
            "prev_genre": lambda _: self._step_genre(-1),
        }
        table["undo"] = lambda _: self._undo()
        for slot in SLOTS:
            table[f"save_{slot}"] = lambda _, s=slot: self.save(s)  # type: ignore[misc]
            table[f"load_{slot}"] = lambda _, s=slot: self.load(s)  # type: ignore[misc]
        return table

    def _press_fill(self, _now_ns: int) -> None:
        """A beat near the one that sounds, denser, and another."""
        density = Density.of_controls(self.values)
        denser = Density(min(density.overall + _FILL_DENSITY, 1.0), density.groups)
        here = self.place
        for offset in _FILL_OFFSETS:
            z = (here.z + self.atlas.latent.reach * offset).astype(np.float32)
            place = self._places.at(z, denser, self.novelty)
            if place.code != here.code and place.hits.sum() >= here.hits.sum():
                break
        self.fill = self._make(place)

    def _press_freeze(self, _now_ns: int) -> None:
        self.frozen = not self.frozen
        self._is_stale = True

    def _press_wander(self, _now_ns: int) -> None:
        self._wander = None if self._wander else Wander(self.knobs, self._seed)

    def _press_novelty(self, _now_ns: int) -> None:
        self.novelty = not self.novelty
        self._is_stale = True
        if self.novelty and self.frozen:  # what is barred now may be what was frozen
            cycles = self._pattern.cycles
            codes = [tuple(sum(1 << v for v, _ in step) for step in c) for c in cycles]
            if not self._places.filter.passes(codes).all():
                self._find(self._place.z)

    def _step_genre(self, step: int) -> None:
        """Along the list of genres, from the one that the place is nearest to; from then on,
        from the last one gone to."""
        nearest = nearest_genre(self.atlas, self.place.z)
        if nearest:
            if self._genre < 0:
                self._genre = [genre is nearest[0] for genre in self.atlas.genres].index(True)
            self.go_to_genre(self._genre + step)

    def snapshot(self) -> Snapshot:
        """Everything needed to hear the present place again."""
        return Snapshot(tuple(self.knobs.tolist()), dict(self.values), self.novelty)

    def save(self, name: str) -> None:
        """Keep the present place under one of `snapshot.names`."""
        self.snapshots[name] = self.snapshot()

    def load(self, name: str) -> None:
        """Jump to a kept place; nothing where none was kept."""
        if name in self.snapshots:
            self.visit(self.snapshots[name])

    def visit(self, kept: Snapshot) -> None:
        """Jump to where `kept` was taken; `undo` takes it back."""
        self._before = (self.snapshot(), True)
        self.restore(kept)

    def restore(self, kept: Snapshot) -> None:
        """Be where `kept` was taken."""
        self.novelty = kept.novelty
        self._set_knobs(np.array(kept.knobs, np.float32))
        self.values.restore(kept.values)
        self._is_stale = True

    def _undo(self) -> None:
        """Back to before the last jump; a second time, forth again. What was shaped since a
        jump that moved the place only stays as it is."""
        if self._before:
            (kept, is_whole), now = self._before, self.snapshot()
            self._before = (now, is_whole)
            if not is_whole:
                where = {name: kept.values[name] for name in (*KNOBS, "map_x", "map_y")}
                kept = Snapshot(kept.knobs, {**now.values, **where}, now.novelty)
            self.restore(kept)
