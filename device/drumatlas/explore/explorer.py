"""The explorer: turns control changes into the pattern to play. The core of the slow loop.

Pure except for the decoder it calls. Times are arguments, in monotonic nanoseconds.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from drumatlas.atlas.model import Atlas, Floats
from drumatlas.beat.pattern import Pattern
from drumatlas.explore.chaos import Chaos
from drumatlas.explore.climate import climate_at
from drumatlas.explore.control import Moves
from drumatlas.explore.control_values import ControlValues
from drumatlas.explore.controls import BY_NAME, KNOBS, SLOTS, Press, Turn
from drumatlas.explore.density import Density
from drumatlas.explore.fill import find_fill
from drumatlas.explore.genre import PlaceGenre, genre_of
from drumatlas.explore.glide import Glide
from drumatlas.explore.groove import timing_of
from drumatlas.explore.latent import (
    knobs_to_latent,
    latent_to_knobs,
    map_to_latent,
)
from drumatlas.explore.search import Place, Places
from drumatlas.explore.snapshot import Snapshot, morph_knobs
from drumatlas.explore.wander import Wander


class Explorer:
    """State of the controls and of the current place.

    `pattern` is the pattern to play. It is a new object whenever the place, the controls that
    shape the beat or the filter change. `values` are shared with the engine, which plays at their
    tempo and with their feel; by default the explorer has its own.
    """

    def __init__(
        self,
        atlas: Atlas,
        seed: int = 0,
        map_mode: str = "absolute",
        values: ControlValues | None = None,
    ) -> None:
        self.atlas = atlas
        self.values = ControlValues() if values is None else values
        self.knobs: Floats = np.full(4, 0.5, np.float32)  # the current place, in knob turns
        self.novelty = True
        self.frozen = False
        self.snapshots: dict[str, Snapshot] = {}  # by `snapshot.snapshot_names`
        # State before the last jump, and whether undo restores all of it or the place only.
        self._before: tuple[Snapshot, bool] | None = None
        self._places = Places(atlas)
        self._chaos = Chaos(seed, atlas.groove)
        self._touch = timing_of(atlas.groove) if atlas.groove else None
        self._jumped: tuple[bytes, int] | None = None  # the knobs of the last genre, its index
        self._named: tuple[bytes, PlaceGenre] | None = None  # a place's knobs and its genre
        self._seed = seed
        self._wander: Wander | None = None
        self.map_mode = map_mode  # one of MAP_MODES
        self._glide = Glide(atlas)
        self._stick = 0.5, 0.5  # the joystick's position, even if a snapshot was loaded since
        self._ticked_ns = 0
        self._is_stale = False  # whether the pattern must be made again
        self._buttons = self._button_table()
        self._turns = self._turn_table()
        self._place: Place = self._places.at(self.latent)
        self._pattern: Pattern = self._make(self._place)
        self.fill: Pattern | None = None  # set by the fill button; the engine plays and clears it

    def copy_state(self, before: "Explorer") -> None:
        """Copy knobs and snapshots from `before`, an explorer of another atlas, and share its
        control values, which are the engine's."""
        self.values, self.knobs = before.values, before.knobs.copy()
        self.snapshots, self.novelty = dict(before.snapshots), before.novelty
        self.map_mode, self._stick = before.map_mode, before._stick
        self._ticked_ns = before._ticked_ns
        self._is_stale = True

    @property
    def pattern(self) -> Pattern:
        """The pattern to play now."""
        self._refresh()
        return self._pattern

    @property
    def place(self) -> Place:
        """The place where the pattern was found."""
        self._refresh()
        return self._place

    @property
    def latent(self) -> Floats:
        """The point that the controls select, z [4], whether or not its beat passes the filter."""
        return knobs_to_latent(self.atlas.latent, self.knobs)

    @property
    def genre(self) -> PlaceGenre:
        """The genre of the point that the controls select."""
        knobs = self.knobs.tobytes()
        if self._named is None or self._named[0] != knobs:
            self._named = knobs, genre_of(self.atlas, self.latent)
        return self._named[1]

    @property
    def is_wandering(self) -> bool:
        """Whether the place moves along a wander path."""
        return self._wander is not None

    def go(self, z: Floats) -> None:
        """Jump to latent point z [4]. The undo button reverts it."""
        self._before = (self.snapshot(), False)
        self._set_knobs(latent_to_knobs(self.atlas.latent, z))
        self._is_stale = True

    def go_to_genre(self, index: int) -> None:
        """Jump to the most typical beat of a genre's area."""
        index %= len(self.atlas.genres)
        self.go(self._places.typical(index))
        self._jumped = self.knobs.tobytes(), index

    def handle(self, change: Turn | Press, now_ns: int) -> None:
        """Apply one change at `now_ns`. Ignore controls that the engine handles (play, tempo)."""
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
        """Return the handler of each kind of value control.

        A handler returns whether the pattern must be made again.
        """
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
        knobs = morph_knobs(self.snapshots, self.values["morph"], self.values["morph_y"])
        if knobs is not None:
            self._set_knobs(np.array(knobs, np.float32))
        return knobs is not None

    def tick(self, now_ns: int, bar: int | None = None) -> None:
        """Advance gliding and wandering to `now_ns`.

        `bar` counts bars while the transport plays, and is None while it does not. Wandering moves
        to its next stop whenever a new bar begins.
        """
        seconds, self._ticked_ns = (now_ns - self._ticked_ns) / 1e9, now_ns
        if self.map_mode == "glide":
            z = self._glide.move(self.latent, self._stick, seconds)
            if z is not None:
                self._set_knobs(latent_to_knobs(self.atlas.latent, z))
                self._is_stale = True
        if self._wander and self._wander.advance(now_ns, bar):
            stop = knobs_to_latent(self.atlas.latent, self._wander.knobs())
            passing = self._places.at(stop, novelty=self.novelty).z
            self._show_knobs(latent_to_knobs(self.atlas.latent, passing))
            self._is_stale = True

    def _refresh(self) -> None:
        """Find the beat of the current place if something has changed, unless frozen.

        Properties call this on access, so many changes at once cost only one search.
        """
        if self._is_stale and not self.frozen:
            self._is_stale = False  # set first: if decoding raises, the last beat stays
            self._find(self.latent)

    def _find(self, z: Floats) -> None:
        self._place = self._places.at(z, Density.of_controls(self.values), self.novelty)
        self._pattern = self._make(self._place)

    def _make(self, place: Place) -> Pattern:
        chaos, accent = self.values["chaos"], self.values["accent"]
        cycles = self._chaos.cycles(place, chaos, self._places.filter, self.novelty, accent)
        name = genre_of(self.atlas, place.z).name
        z = tuple(place.z.tolist())
        climate = climate_at(self.atlas, place.z)
        return Pattern(cycles, place.code, z, name, place.moved, climate, self._touch)

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
        """Set `fill` to a different and denser beat found near the current place."""
        density, reach = Density.of_controls(self.values), self.atlas.latent.reach
        fill = self._make(find_fill(self._places, self.place, reach, density, self.novelty))
        self.fill = replace(fill, climate=self._pattern.climate)  # a fill keeps the tempo

    def _press_freeze(self, _now_ns: int) -> None:
        self.frozen = not self.frozen
        self._is_stale = True

    def _press_wander(self, _now_ns: int) -> None:
        self._wander = None if self._wander else Wander(self.knobs, self._seed)

    def _press_novelty(self, _now_ns: int) -> None:
        self.novelty = not self.novelty
        self._is_stale = True
        if self.novelty and self.frozen:  # the frozen beat may be a training beat, now barred
            cycles = self._pattern.cycles
            codes = [tuple(sum(1 << v for v, _ in step) for step in c) for c in cycles]
            if not self._places.filter.passes(codes).all():
                self._find(self._place.z)

    def _step_genre(self, step: int) -> None:
        """Jump `step` places along the list of genres, from the genre of the present place."""
        if self.atlas.genres:
            is_there = self._jumped is not None and self._jumped[0] == self.knobs.tobytes()
            # An older atlas may name the most typical place of a genre after a neighbour.
            here = self._jumped[1] if self._jumped and is_there else self.genre.index
            self.go_to_genre(here + step)

    def snapshot(self) -> Snapshot:
        """Return everything needed to restore the current place and sound."""
        return Snapshot(tuple(self.knobs.tolist()), dict(self.values), self.novelty)

    def save(self, name: str) -> None:
        """Save the current place as snapshot `name`, one of `snapshot.snapshot_names`."""
        self.snapshots[name] = self.snapshot()

    def load(self, name: str) -> None:
        """Jump to snapshot `name`. Do nothing if there is none."""
        if name in self.snapshots:
            self.visit(self.snapshots[name])

    def visit(self, snapshot: Snapshot) -> None:
        """Jump to a snapshot. The undo button reverts it."""
        self._before = (self.snapshot(), True)
        self.restore(snapshot)

    def restore(self, snapshot: Snapshot) -> None:
        """Set place, controls and novelty to those of a snapshot."""
        self.novelty = snapshot.novelty
        self._set_knobs(np.array(snapshot.knobs, np.float32))
        self.values.restore(snapshot.values)
        self._is_stale = True

    def _undo(self) -> None:
        """Return to the state before the last jump. A second call returns to the jump's target.

        After a jump that moved the place only, all other controls keep their current values.
        """
        if self._before:
            (before, is_whole), now = self._before, self.snapshot()
            self._before = (now, is_whole)
            if not is_whole:
                where = {name: before.values[name] for name in (*KNOBS, "map_x", "map_y")}
                before = Snapshot(before.knobs, {**now.values, **where}, now.novelty)
            self.restore(before)
