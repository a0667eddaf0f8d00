"""The box that `play` runs: engine, MIDI panel and state, restored to where it was left."""

import argparse
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from drumatlas.errors import FileError

if TYPE_CHECKING:
    from drumatlas.atlas.model import Atlas
    from drumatlas.config.settings import Config
    from drumatlas.daemon import Part
    from drumatlas.engine import Engine, Panel
    from drumatlas.oled.chips import OledSettings
    from drumatlas.panel.midi_cc import MidiPanel
    from drumatlas.play.settings import PlaySettings
    from drumatlas.service.state import StateStore


@dataclass(slots=True)
class Box:
    """A box without ports, knobs and screen.

    `lines` are messages for the user. `restored` names the controls whose values were set: a knob
    must first be turned to such a value before it moves the control.
    """

    engine: "Engine"
    settings: "PlaySettings"
    midi: "MidiPanel"
    store: "StateStore | None"
    restored: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)
    parts: "list[Part]" = field(default_factory=list)  # displays


def build(arguments: argparse.Namespace, config: "Config", panels: "list[Panel]") -> Box:
    """Build the box with the saved state of its last run.

    Raises AtlasError or FileError for an atlas or a state folder that can't be used; with
    --unattended, the box plays without that atlas and shows the fault.
    """
    from drumatlas.engine import Engine
    from drumatlas.explore.controls import Turn
    from drumatlas.panel.midi_cc import MidiPanel
    from drumatlas.service.atlas import find_atlas

    settings = _settings(arguments, config.player)
    store, lines = _open_store(arguments.state or config.state_dir)
    folder = store.folder if store else None

    def engine_of(atlas: "Atlas") -> Engine:
        return Engine(atlas, settings, panels, time.monotonic_ns())

    engine, faults = find_atlas(arguments.atlas, folder, engine_of, unattended=arguments.unattended)
    engine.set_faults("atlas", *faults)
    now_ns = time.monotonic_ns()
    engine.explorer.map_mode = config.map_mode
    for name, value in config.starts.items():
        engine.handle(Turn(name, value), now_ns)
    midi = MidiPanel(engine, config.midi_map)
    engine.add_panel(midi)
    box = Box(engine, settings, midi, store, lines=lines)
    _restore(box)
    if arguments.bpm is not None:
        engine.set_bpm(arguments.bpm)
        box.restored.add("tempo")
    box.parts = _displays(engine, config.oled)
    return box


def _displays(engine: "Engine", oled: "OledSettings | None") -> "list[Part]":
    if oled is None:
        return []
    from drumatlas.oled.feed import OledFeed

    return [OledFeed(engine, oled)]


def _settings(arguments: argparse.Namespace, settings: "PlaySettings") -> "PlaySettings":
    """Return `settings` with the options that override them."""
    if arguments.bpm is not None:
        settings = replace(settings, bpm=arguments.bpm)
    return settings if arguments.seed is None else replace(settings, seed=arguments.seed)


def _open_store(wanted: str) -> "tuple[StateStore | None, list[str]]":
    """Return (the store of the state, messages for the user).

    If the folder can't be used, the box plays without saving. FileError if the folder that was
    named is a file, since that is a mistake.
    """
    from drumatlas.service.state import StateStore, state_folder

    folder = state_folder(wanted)
    if folder is None:
        return None, []
    if wanted and Path(wanted).is_file():
        raise FileError(f"{wanted}: is a file", "give --state a folder, or none")
    try:
        return StateStore(folder), []
    except FileError as error:
        return None, [f"{error}; nothing will be saved"]


def _restore(box: Box) -> None:
    from drumatlas.explore.controls import VALUES
    from drumatlas.service.state_saver import restore

    if box.store is None:
        return
    state, lines = box.store.load()
    box.lines += lines
    if state:
        restore(box.engine, state)
        box.midi.learn.learned = dict(state.learned)
        box.restored.update(VALUES)
