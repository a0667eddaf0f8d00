"""Turn steps of a pattern into notes: which voices, when, at which velocity; and swap patterns.
Pure."""

from drumatlas.beat.pattern import Pattern, Step, Touch
from drumatlas.beat.steps import STEPS, STEPS_PER_BAR
from drumatlas.play.chance import Chance
from drumatlas.play.events import NOTE_ON, RANK_ON, Event
from drumatlas.play.feel import HUMANIZE_NS, HUMANIZE_VELOCITY, SWING_MOST, Feel
from drumatlas.play.settings import SWAPS, PlaySettings
from drumatlas.play.state import State
from drumatlas.play.timeline import STEP_TICKS


def set_pattern(state: State, pattern: Pattern) -> None:
    """Swap `pattern` in at the next grid point; while stopped, at once."""
    state.waiting = pattern
    if not state.is_playing:
        swap_now(state)


def set_fill(state: State, pattern: Pattern) -> None:
    """Play `pattern` to the end of the bar; nothing while stopped."""
    if state.is_playing:
        state.fill = pattern


def set_feel(state: State, feel: Feel) -> None:
    """Apply swing and humanize from the next step on."""
    state.feel = feel


def swap_now(state: State) -> None:
    """Swap in the pattern that waits for a grid point, if there is one."""
    if state.waiting:
        state.pattern, state.waiting = state.waiting, None


class StepPlayer:
    """Plays the steps of patterns under `settings`. `chance` decides: it gives the same for the
    same seed and place."""

    def __init__(self, settings: PlaySettings, chance: Chance) -> None:
        self._settings = settings
        self._chance = chance

    def take_step(self, state: State, step: int, at_ns: int) -> tuple[Pattern, Step]:
        """Advance to `step` (16ths since Start), which is due at `at_ns`; return the pattern that
        plays and its hits there.

        A waiting pattern comes in if this is a point of its grid, and a fill ends with its bar.
        """
        if step % SWAPS[self._settings.swap] == 0:
            state.boundary_ns = at_ns
            swap_now(state)
        if step % STEPS_PER_BAR == 0:
            state.fill = None
        pattern = state.fill or state.pattern
        variant = self._chance.pick(len(pattern.cycles), step // STEPS)
        return pattern, pattern.cycles[variant][step % STEPS]

    def push(
        self, state: State, step: int, at_ns: int, hits: Step, touch: Touch | None = None
    ) -> None:
        """Put the hits of a step into the outbox, moved by swing, humanize and the voices' offsets.
        No note is due before the first clock or before the horizon."""
        step_ns = state.timeline.ns_per_tick * STEP_TICKS
        late_ns = state.feel.swing * SWING_MOST * step_ns if step % 2 else 0.0
        for voice, velocity in hits:
            out = self._settings.voices[voice]
            if out.is_muted:
                continue
            amount, place = state.feel.humanize, (step // STEPS, step, voice)
            shift_ns = out.offset_ms * 1e6 + self._shift(amount, place, touch)
            due_ns = max(at_ns + round(late_ns + shift_ns), state.first_ns, state.horizon_ns)
            scaled = out.scaled(self._humanized(amount, place, velocity))
            message = bytes((NOTE_ON | out.channel, out.note, scaled))
            gate = out.gate / self._settings.gate if out.gate else 1.0
            state.outbox.push(RANK_ON, Event(due_ns, message, gate, voice, step % STEPS))

    def _shift(self, amount: float, place: tuple[int, int, int], touch: Touch | None) -> float:
        """Return how far humanize moves a hit off the grid (ns): at random, or like a player if
        `touch` is known."""
        if not amount:
            return 0.0
        chance = self._chance.at(*place, 1)
        if touch is None:
            return chance * amount * HUMANIZE_NS
        _, step, voice = place
        spread_ns = min(touch.spread_ns[voice], HUMANIZE_NS)
        late_ns = touch.late_ns[step % STEPS_PER_BAR][voice] + chance * spread_ns
        return amount * min(max(late_ns, -HUMANIZE_NS), HUMANIZE_NS)

    def _humanized(self, amount: float, place: tuple[int, int, int], velocity: int) -> int:
        """Return the velocity 1..127 after humanize (`amount` 0..1)."""
        if not amount:
            return velocity
        more = self._chance.at(*place, 2) * amount * HUMANIZE_VELOCITY
        return min(max(velocity + round(more), 1), 127)
