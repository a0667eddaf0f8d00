"""One run of `play`: opens everything that it asks for, plays, and closes it again."""

import argparse
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drumatlas.commandline import say
from drumatlas.signals import quitting

if TYPE_CHECKING:
    from drumatlas.box.box import Box
    from drumatlas.box.gpio import Knobs
    from drumatlas.box.hearing import Hearing
    from drumatlas.box.outputs import Outputs
    from drumatlas.box.web import Page
    from drumatlas.config.keys import Value
    from drumatlas.daemon import Screen
    from drumatlas.engine import Panel
    from drumatlas.play.port import OutputPort


def play(arguments: argparse.Namespace) -> None:
    """Play as the options of `play` and the configuration say, until a signal, a key or
    `--seconds` ends it."""
    from drumatlas.box.outputs import Outputs
    from drumatlas.box.panels import open_panels
    from drumatlas.box.unattended import settle_config

    config, wrong = settle_config(arguments)
    asked = _Asked(arguments, config, wrong, *open_panels(arguments.panel or ["auto"]))
    # Before all that takes long to load: a synth hears panic as soon as its port is open. From
    # then on a signal ends the way that it ends while playing.
    with quitting(reloads=True), closing(Outputs(arguments, config)) as outputs:
        _open_and_run(asked, outputs)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What to play with. `wrong`: what of the configuration can't be used."""

    arguments: argparse.Namespace
    config: "dict[str, Value]"
    wrong: list[str]
    panels: "list[Panel]"
    wants_keys: bool


def _open_and_run(asked: _Asked, outputs: "Outputs") -> None:
    from drumatlas.box.box import build
    from drumatlas.box.gpio import Knobs
    from drumatlas.box.hearing import open_input_of
    from drumatlas.box.web import Page

    arguments, config = asked.arguments, asked.config
    box = build(arguments, config, asked.panels)
    box.engine.set_faults("config", *asked.wrong)
    knobs = Knobs(arguments.panel or ["auto"], config, box.engine, box.told)
    with ExitStack() as stack:
        stack.callback(knobs.close)
        page = stack.enter_context(closing(Page(arguments.web, config)))
        hearing = stack.enter_context(closing(open_input_of(box, arguments, config)))
        knobs.connect(hearing.listener)
        session = _Session(asked, box, knobs, page, hearing)
        opened = outputs.take()
        for what, fault in opened.faults.items():
            box.engine.set_faults(what, fault)
        session.run(opened.port, session.show(opened.port.name, opened.hints))


@dataclass(frozen=True, slots=True)
class _Session:
    """Everything that is open but the outputs."""

    asked: _Asked
    box: "Box"
    knobs: "Knobs"
    page: "Page"
    hearing: "Hearing"

    def show(self, output: str, hints: list[str]) -> "Screen | None":
        """Open the screen and show what plays on it; without one, print that and return None."""
        from drumatlas.box.panels import open_screen

        atlas, port = self.box.engine.explorer.atlas, self.hearing.port
        summary = f"atlas '{atlas.name}', {len(atlas.genres)} genres; MIDI out: {output}"
        notes = [summary, *hints, *self.box.lines, *self.knobs.lines, *self.page.lines]
        if port:
            notes.append(f"clock {self.hearing.source}: hearing {port.name}")
        screen = open_screen(self.box.engine, notes) if self.asked.wants_keys else None
        if screen is None:
            for note in [*notes, "Ctrl-C stops"]:
                say(note)
        return screen

    def run(self, output: "OutputPort", screen: "Screen | None") -> None:
        """Play; closes `output` and `screen`."""
        from drumatlas.box.atlas_swap import AtlasSwap
        from drumatlas.box.parts import OwnClockFault, open_parts
        from drumatlas.box.reload import Reloader
        from drumatlas.daemon import run
        from drumatlas.midi.files.tape import Tape
        from drumatlas.play.performer import Pulse
        from drumatlas.service.systemd import SystemdReporter

        arguments, config = self.asked.arguments, self.asked.config
        box, engine = self.box, self.box.engine
        listener, port = self.hearing.listener, self.hearing.port
        talks = screen is None
        tape = Tape(output)
        if listener:
            tape.on_send = listener.own.note_sent
        reporter = SystemdReporter.of_environment(engine, pulse := Pulse())
        folder = box.store.folder if box.store else None
        swap = AtlasSwap(engine, arguments.atlas, folder, say=say if talks else lambda _: None)
        swap.on_change = self.page.change_atlas
        is_leader = self.hearing.source != "external"  # a follower waits for its leader's Start
        run(
            engine,
            tape,
            listener=listener,
            screen=screen,
            seconds=arguments.seconds,
            autoplay=bool(config["play.start"]) and not arguments.no_start and is_leader,
            parts=[
                reporter,
                swap,
                *([OwnClockFault(engine, listener.own)] if listener else []),
                *open_parts(box, tape, port, talks=talks),
                *self.page.start(box, tape, listener, port, talks=talks),
            ],
            reload=reporter.reloading(Reloader(box, arguments, config, self.knobs, swap.ask)),
            pulse=pulse,
        )
