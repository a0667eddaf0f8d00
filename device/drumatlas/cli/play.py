"""`drumatlas play`: the instrument."""

import argparse
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drumatlas.cli.common import MAX_SECONDS, add_atlas, add_tempo, say
from drumatlas.commandline import Command, number
from drumatlas.errors import ConfigError, ControlError
from drumatlas.explore.control_list import terminal_help
from drumatlas.signals import quitting

if TYPE_CHECKING:
    from drumatlas.cli.box import Box
    from drumatlas.cli.outputs import Outputs
    from drumatlas.config.keys import Value
    from drumatlas.daemon import Listener, Screen
    from drumatlas.engine import Engine
    from drumatlas.midi.port import InputPort
    from drumatlas.panel.port import Panel

EXAMPLES = """\
drumatlas play                                  # with the keys of the terminal
drumatlas play --midi-out TR-8S --bpm 126
drumatlas play --seconds 8 --midi-out file:take.mid
drumatlas play --clock external --midi-in "DAW Sync" --midi-out Volca --midi-out TR-8S@-2ms
drumatlas play --panel gpio --config box.toml --midi-out TR-8S
drumatlas play --panel script:moves.jsonl --midi-out virtual"""


def options(parser: argparse.ArgumentParser) -> None:
    """The options of `play`."""
    add_atlas(parser)
    parser.add_argument(
        "--config", type=Path, metavar="F", help="file of settings (TOML; see `drumatlas config`)"
    )
    parser.add_argument(
        "--panel",
        action="append",
        metavar="auto|keys|gpio|script:F|none",
        help="what moves the controls: keys (of this terminal), gpio (knobs and buttons at a "
        "Raspberry Pi's pins), script:F (a file), or none; auto takes gpio on a Raspberry Pi, and "
        "keys in a terminal; may be given several times (default: auto)",
    )
    parser.add_argument(
        "--midi-out",
        action="append",
        metavar="NAME|virtual|auto|none|uart:DEVICE|file:F.mid",
        help="where the drums go: a port by its name in `drumatlas ports` or a part of it, virtual "
        "(a port that others connect to), auto (the first synth, else virtual), none, uart:DEVICE "
        "(a serial port), or file:F.mid (a recording); NAME@-3.5ms plays that port 3.5 ms earlier; "
        "may be given several times (default: auto)",
    )
    parser.add_argument(
        "--midi-in",
        metavar="NAME|virtual|uart:DEVICE|none",
        help="where MIDI comes from: a clock to follow, controllers, program changes and pads "
        "(default: none)",
    )
    parser.add_argument(
        "--clock",
        choices=("internal", "external", "auto"),
        help="who sets the tempo: internal, the box; external, the clock at --midi-in; auto, that "
        "clock while there is one, else the box (default: internal)",
    )
    add_tempo(parser)
    parser.add_argument(
        "--seconds", type=number(0.01, MAX_SECONDS), metavar="N", help="stop after N seconds"
    )
    parser.add_argument(
        "--state",
        metavar="DIR|none",
        help="folder that keeps snapshots, takes and the last place; none keeps nothing (default: "
        "~/.local/state/drumatlas)",
    )
    parser.add_argument(
        "--web",
        metavar="HOST:PORT|off",
        help="address of the page in the browser; off for none (default: 127.0.0.1:8313, for this "
        "machine only)",
    )
    parser.add_argument(
        "--no-start",
        action="store_true",
        help="wait for the play button instead of playing at once",
    )
    parser.add_argument(
        "--unattended",
        action="store_true",
        help="run as a service: wait for ports that are missing, show other faults, and play on",
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """What to play with. `wrong`: what of the configuration can't be used."""

    arguments: argparse.Namespace
    config: "dict[str, Value]"
    wrong: list[str]
    panels: "list[Panel]"
    wants_keys: bool


def run(arguments: argparse.Namespace) -> int:
    """Play until told to stop."""
    from drumatlas.cli.outputs import Outputs
    from drumatlas.cli.unattended import settle_config

    config, wrong = settle_config(arguments)
    asked = _Asked(arguments, config, wrong, *_panels(arguments.panel or ["auto"]))
    # Before all that takes long to load: a synth hears panic as soon as its port is open. From
    # then on a signal ends the way that it ends while playing.
    with quitting(reloads=True), closing(Outputs(arguments, config)) as outputs:
        _play(asked, outputs)
    return 0


def _play(asked: _Asked, outputs: "Outputs") -> None:
    from drumatlas.cli.box import build
    from drumatlas.cli.gpio import Knobs
    from drumatlas.cli.parts import OwnClockWatch, open_parts
    from drumatlas.cli.reload import Reloader
    from drumatlas.cli.switch import AtlasSwitch
    from drumatlas.cli.web import Page
    from drumatlas.daemon import run as run_daemon
    from drumatlas.midi.tape import Tape
    from drumatlas.play.performer import Pulse
    from drumatlas.service.notify import Herald

    arguments, config = asked.arguments, asked.config
    box = build(arguments, config, asked.panels)
    engine = box.engine
    engine.tell("config", *asked.wrong)
    source = arguments.clock or str(config["clock.source"])
    knobs = Knobs(arguments.panel or ["auto"], config, engine, box.told)
    with ExitStack() as stack:
        stack.callback(knobs.close)
        page = stack.enter_context(closing(Page(arguments.web, config)))
        listener, input_port = _open_listener(arguments, config, box, source)
        if input_port:
            stack.callback(input_port.close)
        else:
            source = "internal"  # nobody to follow
        knobs.connect(listener)
        opened = outputs.take()
        for what, fault in opened.faults.items():
            engine.tell(what, fault)
        name = opened.port.name
        notes = [_summary(engine, name), *opened.hints, *box.lines, *knobs.lines, *page.lines]
        if input_port:
            notes.append(f"clock {source}: hearing {input_port.name}")
        screen = _open_screen(engine, notes) if asked.wants_keys else None
        if screen is None:
            for note in [*notes, "Ctrl-C stops"]:
                say(note)
        tape = Tape(opened.port)
        if listener:
            tape.on_send = listener.own.note_sent
        herald = Herald.of_environment(engine, pulse := Pulse())
        folder = box.store.folder if box.store else None
        tell = say if screen is None else lambda _: None
        switch = AtlasSwitch(engine, arguments.atlas, folder, say=tell)
        switch.on_change = page.change_atlas
        run_daemon(
            engine,
            tape,
            listener=listener,
            screen=screen,
            seconds=arguments.seconds,
            # A follower waits for its leader's Start.
            autoplay=bool(config["play.start"]) and not arguments.no_start and source != "external",
            parts=[
                herald,
                switch,
                *([OwnClockWatch(engine, listener.own)] if listener else []),
                *open_parts(box, tape, input_port, talks=screen is None),
                *page.start(box, tape, listener, input_port, talks=screen is None),
            ],
            reload=herald.reloading(Reloader(box, arguments, config, knobs, switch.ask)),
            pulse=pulse,
        )


def _summary(engine: "Engine", port: str) -> str:
    atlas = engine.explorer.atlas
    return f"atlas '{atlas.name}', {len(atlas.genres)} genres; MIDI out: {port}"


def _open_listener(
    arguments: argparse.Namespace, config: "dict[str, Value]", box: "Box", source: str
) -> "tuple[Listener | None, InputPort | None]":
    """The way of a leader's clock to the sequencer, and of what else comes in to the MIDI panel;
    ConfigError if there is none to listen to."""
    from drumatlas.cli.unattended import open_anyhow
    from drumatlas.daemon import Listener
    from drumatlas.midi.choose import open_input
    from drumatlas.play.follower import Follower
    from drumatlas.play.settings import ClockSource

    wanted = arguments.midi_in or str(config["midi.in"])
    waits = arguments.unattended
    nobody: tuple[Listener | None, InputPort | None] = None, None

    def open_it() -> "tuple[Listener | None, InputPort | None]":
        if wanted == "none" and source == "external":
            raise ConfigError("--clock external: needs --midi-in NAME (or virtual)")
        if wanted == "none":
            return nobody
        # The input first: where there is none, nobody may wait for a leader. What it hears before
        # somebody listens is lost; nothing plays yet.
        listening: list[Listener] = []

        def take(message: bytes, at_ns: int) -> None:
            for listener in listening:
                listener.take(message, at_ns)

        port = open_input(wanted, take, waits)
        follower = Follower(box.engine.sequencer, ClockSource(source))
        listening.append(listener := Listener(follower, box.midi.take))
        return listener, port

    return open_anyhow(box.engine, "midi in", open_it, nobody) if waits else open_it()


def _open_screen(engine: "Engine", notes: list[str]) -> "Screen | None":
    """The terminal as panel and screen; None, and a note, if it is not one that can be drawn on."""
    try:
        from drumatlas.panel.keys import KeysPanel

        screen = KeysPanel(notes)
    except Exception as error:  # curses.error, or no curses on this system
        notes.append(f"no keys: the terminal can't be drawn on ({error})")
        return None
    screen.values = lambda: engine.explorer.values
    engine.panels = [*engine.panels, screen]
    return screen


def _panels(wanted: list[str]) -> "tuple[list[Panel], bool]":
    """(panels, whether the terminal is one, too)."""
    from drumatlas.panel.script import ScriptPanel, read_script

    panels: list[Panel] = []
    wants_keys = False
    for name in wanted:
        if name.startswith("script:"):
            panels.append(ScriptPanel(read_script(Path(name[7:])), time.monotonic_ns()))
        elif name == "keys" or (name == "auto" and _is_terminal()):
            if not _is_terminal():
                raise ControlError("--panel keys: stdin and stdout must be a terminal")
            wants_keys = True
        elif name == "gpio":
            continue  # opened by cli.gpio, once the controls are where they were left
        elif name not in {"auto", "none"}:
            raise ControlError(
                f"--panel: unknown panel '{name}'; choose from auto, keys, gpio, script:F, none"
            )
    return panels, wants_keys


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


COMMAND = Command(
    "play",
    "play beats as MIDI, live",
    EXAMPLES,
    options,
    run,
    "In a terminal, keys move you over the map; the screen lists them, and q quits. The same "
    "controls are on a page in the browser. Options override the file of settings.",
    "\n".join(("keys in the terminal:", *(f"  {line}" for line in terminal_help()))),
)
