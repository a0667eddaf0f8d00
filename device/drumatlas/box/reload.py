"""SIGHUP: configuration and atlas are read again, and what can change while it plays does."""

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

# What is opened or drawn from once, at the start; and the option that goes over it, if one does.
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
    """Call it to read the file again. A bad one leaves the last good one, and is shown until it
    is mended; so is what takes a restart. The tempo, and whether a voice is muted, is taken if the
    file's has changed: else it is where hands have put it. `atlas` looks for another atlas."""

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
        """Read it, and play under it."""
        from drumatlas.box.unattended import read_given
        from drumatlas.config.settings import midi_map, play_settings

        engine = self._box.engine
        self._atlas()
        try:
            config = read_given(self._arguments)
        except DrumatlasError as error:
            engine.set_faults("config", f"config: {error}; the last good one stays in force")
            return
        engine.set_faults("config", *self._late(config))
        settings = play_settings(config)
        self._play_on(settings, play_settings(self._last))
        engine.explorer.map_mode = settings.map_mode
        self._box.midi.map = midi_map(config)
        if self._arguments.bpm is None and config["play.bpm"] != self._last["play.bpm"]:
            engine.set_bpm(settings.bpm)
        self._knobs.rewire(config)
        self._last = config

    def _play_on(self, settings: "PlaySettings", last: "PlaySettings") -> None:
        """Under other settings, where something of them is another: it ends the notes that sound,
        and who only brought another atlas should not hear that."""
        sequencer = self._box.engine.sequencer
        if replace(settings, bpm=last.bpm, seed=last.seed, map_mode=last.map_mode) == last:
            return
        sequencer.change_settings(settings)
        for bit, (voice, before) in enumerate(zip(settings.voices, last.voices, strict=True)):
            if voice.is_muted != before.is_muted:
                sequencer.mute(bit, voice.is_muted)

    def _late(self, config: "Config") -> Iterator[str]:
        """A line about each key that is another than at the start, and can't be taken now."""
        for key, option in AT_START.items():
            if config[key] != self._first[key] and getattr(self._arguments, option, None) is None:
                yield f"config: {key} = {config[key]!r} takes a restart"
