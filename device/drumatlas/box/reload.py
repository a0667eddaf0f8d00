"""On SIGHUP, read configuration and atlas again and apply what can change while playing."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from drumatlas.errors import DrumatlasError

if TYPE_CHECKING:
    from drumatlas.box.box import Box
    from drumatlas.box.gpio import Knobs
    from drumatlas.config.keys import Config
    from drumatlas.play.settings import PlaySettings

# Keys that are used only once, at the start -> the option that overrides the key, if any.
AT_START = {
    "midi.out": "midi_out",
    "midi.in": "midi_in",
    "clock.source": "clock",
    "state.dir": "state",
    "play.seed": "seed",
    "web.address": "web",
    "web.token": "",
    "web.hosts": "",
    "oled.chip": "",
    "oled.address": "",
    "oled.flip": "",
}


class Reloader:
    """Call it to read the configuration again and apply it.

    An invalid file leaves the last good configuration in use and is shown as a fault until it is
    corrected. So is a changed key that needs a restart. Tempo and mutes change only if the file's
    value has changed; otherwise they stay where the user has set them. `atlas` is called to check
    for another atlas.
    """

    def __init__(
        self,
        box: "Box",
        arguments: argparse.Namespace,
        config: "Config",
        knobs: "Knobs",
        atlas: Callable[[], None] = lambda: None,
    ) -> None:
        self._atlas = atlas
        self._box, self._arguments, self._knobs = box, arguments, knobs
        self._first = self._last = config

    def __call__(self) -> None:
        """Read the configuration and apply it."""
        from drumatlas.box.unattended import read_given
        from drumatlas.config.settings import midi_map, play_settings

        engine = self._box.engine
        self._atlas()
        try:
            config = read_given(self._arguments)
        except DrumatlasError as error:
            engine.set_faults(
                "config", f"config: {error}; the last good configuration stays in use"
            )
            return
        engine.set_faults("config", *self._need_restart(config))
        settings = play_settings(config)
        self._apply(settings, play_settings(self._last))
        engine.explorer.map_mode = settings.map_mode
        self._box.midi.map = midi_map(config)
        if self._arguments.bpm is None and config["play.bpm"] != self._last["play.bpm"]:
            engine.set_bpm(settings.bpm)
        self._knobs.rewire(config)
        self._last = config

    def _apply(self, settings: "PlaySettings", last: "PlaySettings") -> None:
        """Change the sequencer's settings if they differ from `last`.

        A change ends the notes that sound. A user who only installed another atlas should not hear
        that.
        """
        sequencer = self._box.engine.sequencer
        if replace(settings, bpm=last.bpm, seed=last.seed, map_mode=last.map_mode) == last:
            return
        sequencer.change_settings(settings)
        for bit, (voice, before) in enumerate(zip(settings.voices, last.voices, strict=True)):
            if voice.is_muted != before.is_muted:
                sequencer.mute(bit, voice.is_muted)

    def _need_restart(self, config: "Config") -> Iterator[str]:
        """Yield a message for each key that differs from the start but can't change now."""
        for key, option in AT_START.items():
            if config[key] != self._first[key] and getattr(self._arguments, option, None) is None:
                yield f"config: {key} = {config[key]!r} needs a restart"
