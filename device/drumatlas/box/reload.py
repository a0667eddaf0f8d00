"""On SIGHUP, read configuration and atlas again and apply what can change while playing."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from drumatlas.errors import DrumatlasError

if TYPE_CHECKING:
    from drumatlas.box.box import Box
    from drumatlas.box.gpio import Knobs
    from drumatlas.config.settings import Config
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
        self._apply(config.player, self._last.player)
        engine.explorer.map_mode = config.map_mode
        self._box.midi.map = config.midi_map
        if self._arguments.bpm is None and config.player.bpm != self._last.player.bpm:
            engine.set_bpm(config.player.bpm)
        self._knobs.rewire(config.wiring)
        self._last = config

    def _apply(self, settings: "PlaySettings", last: "PlaySettings") -> None:
        """Change the sequencer's settings if they differ from `last`.

        A change ends the notes that sound. A user who only installed another atlas should not hear
        that.
        """
        sequencer = self._box.engine.sequencer
        if replace(settings, bpm=last.bpm, seed=last.seed) == last:
            return
        sequencer.change_settings(settings)
        for bit, (voice, before) in enumerate(zip(settings.voices, last.voices, strict=True)):
            if voice.is_muted != before.is_muted:
                sequencer.mute(bit, voice.is_muted)

    def _need_restart(self, config: "Config") -> Iterator[str]:
        """Yield a message for each key that differs from the start but can't change now."""
        for key, option in AT_START.items():
            value, first = config.values[key], self._first.values[key]
            if value != first and getattr(self._arguments, option, None) is None:
                yield f"config: {key} = {value!r} needs a restart"
