"""Settings of the sequencer that stay the same while it plays."""

from dataclasses import dataclass, field, replace
from enum import Enum

from drumatlas.beat.steps import STEPS, STEPS_PER_BAR, STEPS_PER_BEAT
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.errors import ConfigError
from drumatlas.play.feel import HUMANIZE_NS

# Grid on which a new pattern comes in, in steps.
SWAPS = {"step": 1, "beat": STEPS_PER_BEAT, "bar": STEPS_PER_BAR, "end": STEPS}
MAX_OFFSET_MS = 20.0  # of a voice against the grid, in each direction


class ClockSource(Enum):
    """Which clock drives the box: `--clock`."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class VoiceOut:
    """Where a voice goes: MIDI note 0..127, channel 0..15, or nowhere if muted.

    `offset_ms` is how much later than the grid it plays (above 0 it drags, below 0 it pushes).
    Velocities 1..127 are rescaled to `velocity_min`..`velocity_max`. Notes last `gate` steps; 0: as
    long as those of other voices.
    """

    note: int
    channel: int = 9
    is_muted: bool = False
    offset_ms: float = 0.0
    velocity_min: int = 1
    velocity_max: int = 127
    gate: float = 0.0

    def scaled(self, velocity: int) -> int:
        """Return velocity 1..127 rescaled to the range of this voice."""
        width = self.velocity_max - self.velocity_min
        return self.velocity_min + round((velocity - 1) * width / 126)


DEFAULT_VOICES = tuple(VoiceOut(voice.note) for voice in VOICE_TABLE)


@dataclass(frozen=True, slots=True)
class PlaySettings:
    """Settings of a player. `gate` is the length of a note in steps; `idle_clock` sends MIDI clock
    also while stopped; `thru` passes a foreign clock and transport on to the outputs; `hold` keeps
    the position when a foreign clock stays away for over a beat, instead of stopping. With
    `resume`, toggling continues from where playing stopped instead of from the top."""

    bpm: float = 120.0  # at the beginning; from then on `set_tempo` sets it
    seed: int = 0
    swap: str = "bar"  # one of SWAPS
    gate: float = 0.5
    voices: tuple[VoiceOut, ...] = field(default=DEFAULT_VOICES)
    idle_clock: bool = False
    thru: bool = False
    hold: bool = True
    resume: bool = False

    def check(self) -> "PlaySettings":
        """Return self; ConfigError names the setting that makes no sense."""
        if self.swap not in SWAPS:
            raise ConfigError(f"unknown swap '{self.swap}'", f"choose from {', '.join(SWAPS)}")
        for voice, out in zip(VOICE_TABLE, self.voices, strict=True):
            if not 1 <= out.velocity_min <= out.velocity_max <= 127:
                table = f"voices.{voice.name.replace(' ', '_')}"
                raise ConfigError(
                    f"{table}: velocity_min {out.velocity_min} is above "
                    f"velocity_max {out.velocity_max}"
                )
        return self

    def muting(self, voice: int, is_on: bool) -> "PlaySettings":
        """Return the same settings with one voice (its bit 0..13) muted or not."""
        voices = list(self.voices)
        voices[voice] = replace(voices[voice], is_muted=is_on)
        return replace(self, voices=tuple(voices))

    def muted_as(self, other: "PlaySettings") -> "PlaySettings":
        """Return the same settings with the voices muted that are muted in `other`."""
        pairs = zip(self.voices, other.voices, strict=True)
        voices = tuple(replace(own, is_muted=their.is_muted) for own, their in pairs)
        return replace(self, voices=voices)

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels (0..15) that notes go out on, in order."""
        return tuple(sorted({voice.channel for voice in self.voices}))

    @property
    def early_ns(self) -> int:
        """How long before its time (ns) a tick must be processed, for notes ahead of the grid."""
        push_ms = max(0.0, -min(voice.offset_ms for voice in self.voices))
        return HUMANIZE_NS + round(push_ms * 1_000_000)
