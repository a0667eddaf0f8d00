"""One run of `play`: open everything it needs, play, and close it again."""

import argparse
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drumatlas.commandline import say
from drumatlas.signals import quitting

if TYPE_CHECKING:
    from drumatlas.box.box import Box
    from drumatlas.box.gpio import Knobs
    from drumatlas.box.midi_input import MidiInput
    from drumatlas.box.outputs import Outputs
    from drumatlas.box.web import Page
    from drumatlas.config.settings import Config
    from drumatlas.daemon import Screen
    from drumatlas.engine import Panel
    from drumatlas.play.port import OutputPort


def play(arguments: argparse.Namespace) -> None:
    """Play with the options of `play` until a signal, a key or `--seconds` ends it.

    Raises a DrumatlasError if something that was asked for can't be opened.
    """
    from drumatlas.box.outputs import Outputs
    from drumatlas.box.panels import open_panels
    from drumatlas.box.unattended import choose_config

    config, faults = choose_config(arguments)
    request = _Request(arguments, config, faults, *open_panels(arguments.panel or ["auto"]))
    # Open the outputs before loading anything slow: a synth is sent panic as soon as its port is
    # open. From here on a signal ends the program in the same way as while playing.
    with quitting(reloads=True), closing(Outputs(arguments, config)) as outputs:
        _open_and_run(request, outputs)


@dataclass(frozen=True, slots=True)
class _Request:
    """What the user asked for. `faults` say why the configuration can't be used."""

    arguments: argparse.Namespace
    config: "Config"
    faults: list[str]
    panels: "list[Panel]"
    wants_keys: bool


def _open_and_run(request: _Request, outputs: "Outputs") -> None:
    from drumatlas.box.box import build
    from drumatlas.box.gpio import Knobs
    from drumatlas.box.midi_input import open_midi_input
    from drumatlas.box.web import Page

    arguments, config = request.arguments, request.config
    box = build(arguments, config, request.panels)
    box.engine.set_faults("config", *request.faults)
    knobs = Knobs(arguments.panel or ["auto"], config, box.engine, box.restored)
    with ExitStack() as stack:
        stack.callback(knobs.close)
        page = stack.enter_context(closing(Page(arguments.web, config.page)))
        midi_input = stack.enter_context(closing(open_midi_input(box, arguments, config.ports)))
        knobs.connect(midi_input.listener)
        session = _Session(request, box, knobs, page, midi_input)
        opened = outputs.result()
        for source, fault in opened.faults.items():
            box.engine.set_faults(source, fault)
        session.run(opened.port, session.open_screen(opened.port.name, opened.hints))


@dataclass(frozen=True, slots=True)
class _Session:
    """Everything that is open, except the outputs."""

    request: _Request
    box: "Box"
    knobs: "Knobs"
    page: "Page"
    midi_input: "MidiInput"

    def open_screen(self, output: str, hints: list[str]) -> "Screen | None":
        """Open the screen with a summary of what is open; without one, print it and return None."""
        from drumatlas.box.panels import open_screen

        atlas, port = self.box.engine.explorer.atlas, self.midi_input.port
        summary = f"atlas '{atlas.name}', {len(atlas.genres)} genres; MIDI out: {output}"
        notes = [summary, *hints, *self.box.lines, *self.knobs.lines, *self.page.lines]
        if port:
            notes.append(f"MIDI in: {port.name}; clock: {self.midi_input.source}")
        screen = open_screen(self.box.engine, notes) if self.request.wants_keys else None
        if screen is None:
            for note in [*notes, "Ctrl-C stops"]:
                say(note)
        return screen

    def run(self, output: "OutputPort", screen: "Screen | None") -> None:
        """Play until the end; close `output` and `screen`."""
        from drumatlas.box.atlas_swap import AtlasSwap
        from drumatlas.box.parts import OwnClockFault, open_parts
        from drumatlas.box.reload import Reloader
        from drumatlas.daemon import run
        from drumatlas.midi.files.tape import Tape
        from drumatlas.play.performer import Pulse
        from drumatlas.service.systemd import SystemdReporter

        arguments, config = self.request.arguments, self.request.config
        box, engine = self.box, self.box.engine
        listener, port = self.midi_input.listener, self.midi_input.port
        prints = screen is None
        tape = Tape(output)
        if listener:
            tape.on_send = listener.own.note_sent
        reporter = SystemdReporter.of_environment(engine, pulse := Pulse())
        folder = box.store.folder if box.store else None
        swap = AtlasSwap(engine, arguments.atlas, folder, say=say if prints else lambda _: None)
        swap.on_change = self.page.change_atlas
        is_leader = self.midi_input.source != "external"  # a follower waits for Start
        run(
            engine,
            tape,
            listener=listener,
            screen=screen,
            seconds=arguments.seconds,
            autoplay=config.plays_at_once and not arguments.no_start and is_leader,
            parts=[
                reporter,
                swap,
                *([OwnClockFault(engine, listener.own)] if listener else []),
                *open_parts(box, tape, port, prints=prints),
                *self.page.start(box, tape, listener, port, prints=prints),
            ],
            reload=reporter.reloading(Reloader(box, arguments, config, self.knobs, swap.ask)),
            pulse=pulse,
        )
