"""What the sequencer needs to know that does not change while it plays."""

from dataclasses import dataclass, field, replace
from enum import Enum

from drumatlas.beat.steps import STEPS, STEPS_PER_BAR, STEPS_PER_BEAT
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.errors import ConfigError
from drumatlas.play.feel import HUMANIZE_NS

# Where a new pattern comes in: every so many steps.
SWAPS = {"step": 1, "beat": STEPS_PER_BEAT, "bar": STEPS_PER_BAR, "end": STEPS}
MAX_OFFSET_MS = 20.0  # of a voice against the grid, to each side


class ClockSource(Enum):
    """Who makes the time: `--clock`."""

    INTERNAL = "internal"
    EXTERNAL = "external"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class VoiceOut:
    """Where a voice goes: MIDI note 0..127, channel 0..15, or nowhere; `offset_ms` is how much
    later than the grid it plays (drag above 0, push below). Velocities 1..127 become
    `velocity_min`..`velocity_max`; notes last `gate` steps, 0: as long as those of other voices."""

    note: int
    channel: int = 9
    is_muted: bool = False
    offset_ms: float = 0.0
    velocity_min: int = 1
    velocity_max: int = 127
    gate: float = 0.0

    def scaled(self, velocity: int) -> int:
        """Return a velocity 1..127 on the scale of this voice, velocity_min..velocity_max."""
        width = self.velocity_max - self.velocity_min
        return self.velocity_min + round((velocity - 1) * width / 126)


DEFAULT_VOICES = tuple(VoiceOut(voice.note) for voice in VOICE_TABLE)


@dataclass(frozen=True, slots=True)
class PlaySettings:
    """`gate` is a note's length in steps; `idle_clock` sends MIDI clock while stopped, too;
    `thru` passes a foreign clock and transport on to the outputs; `hold` keeps the position
    when a foreign clock stays away for over a beat, instead of stopping. With `resume`, toggling
    continues from where it was stopped instead of starting from the top."""

    bpm: float = 120.0
    seed: int = 0
    swap: str = "bar"  # one of SWAPS
    gate: float = 0.5
    voices: tuple[VoiceOut, ...] = field(default=DEFAULT_VOICES)
    idle_clock: bool = False
    thru: bool = False
    hold: bool = True
    resume: bool = False
    map_mode: str = "absolute"  # the explorer's: one of MAP_MODES

    def check(self) -> "PlaySettings":
        """Return self; ConfigError names what makes no sense."""
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
        """The same, but for whether a voice (its bit) is silent."""
        voices = list(self.voices)
        voices[voice] = replace(voices[voice], is_muted=is_on)
        return replace(self, voices=tuple(voices))

    def muted_as(self, other: "PlaySettings") -> "PlaySettings":
        """The same, but for which voices are silent: those that are in `other`."""
        pairs = zip(self.voices, other.voices, strict=True)
        voices = tuple(replace(own, is_muted=their.is_muted) for own, their in pairs)
        return replace(self, voices=voices)

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels that notes go out on."""
        return tuple(sorted({voice.channel for voice in self.voices}))

    @property
    def early_ns(self) -> int:
        """How much before its time a tick must be looked at, for notes ahead of the grid."""
        push_ms = max(0.0, -min(voice.offset_ms for voice in self.voices))
        return HUMANIZE_NS + round(push_ms * 1_000_000)
