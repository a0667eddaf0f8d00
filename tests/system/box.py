"""A box on a machine: installed, set, asked, heard."""

import argparse
import json
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drumatlas.play.events import Event
from support.recordings import clocks
from system.hearing import heard
from system.machine import MACHINE, PATIENCE, Done, RemoteMachine, from_environment

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
THERE = "/var/tmp/drumatlas-test"  # on the machine; outlives a restart of it
RECORD = "/run/drumatlas-test.heard"
CONFIG = "/etc/drumatlas.toml"
CONTROLLERS = {"x1": 16, "x2": 17, "x3": 18, "x4": 19, "density": 23, "accent": 28, "tempo": 22}
# The world around the box: what plugs the device in, and writes down what that hears.
UNIT = """[Unit]
Description=A MIDI device for the system tests, and its ears
DefaultDependencies=no
After=systemd-modules-load.service systemd-remount-fs.service local-fs.target
[Service]
ExecStartPre=-{plug}
ExecStart=/usr/bin/python3 {there}/there_record.py {record} {cards}
[Install]
WantedBy=sysinit.target
"""


@dataclass(frozen=True)
class RemoteSynth:
    """A MIDI device on the machine: how to plug it, its name as a port of the sequencer, the
    sound card whose raw end hears what that port is sent, and the one of the other way."""

    plug: str
    unplug: str
    port: str
    card: str
    other: str = ""


# A device of ours on a simulated USB controller: what it is sent arrives at the gadget's end.
USB = RemoteSynth(
    "sh -c 'usbmidi define keys \"Rig Keys\"; usbmidi plug keys'",
    "usbmidi unplug keys",
    "Rig Keys",
    "f_midi",
    "Rig Keys",
)
VIRTUAL = RemoteSynth("modprobe snd-virmidi midi_devs=1", "", "Virtual Raw MIDI", "VirMIDI")


def box_for(parser: argparse.ArgumentParser) -> "RemoteBox":
    """The box on the machine that the environment names; the parser's error without one."""
    machine = from_environment()
    if machine is None:
        parser.error(f'no machine; {MACHINE}="ssh root@pi" names one')
    return RemoteBox(machine, synth_of(machine), offline=True)


def synth_of(machine: RemoteMachine) -> RemoteSynth:
    """The one that can be plugged, where there is a simulated USB controller."""
    return USB if machine.run("command -v usbmidi").returncode == 0 else VIRTUAL


@dataclass(frozen=True)
class RemoteBox:
    """drumatlas as a service of `machine`, with `synth` at hand."""

    machine: RemoteMachine
    synth: RemoteSynth
    offline: bool  # its wheels were pushed

    def install(self, *options: str, timeout: float = 1500) -> Done:
        """By the command of the README."""
        wheels = (
            f"--wheels {THERE}/wheels" if self.offline else f"$(ls {THERE}/wheels/drumatlas-*.whl)"
        )
        words = " ".join(options)
        return self.machine.run(f"{THERE}/systemd/install.sh --yes {wheels} {words}", timeout)

    def configure(self, *lines: str) -> None:
        """The settings, from the next start on; in and out are the synth."""
        text = "\n".join(
            [
                "[midi]",
                f'out = "{self.synth.port}"',
                f'in = "{self.synth.port}"',
                "pads = false",
                *lines,
            ]
        )
        self.machine.get(f"printf '%s\\n' {shlex.quote(text)} > {CONFIG}")

    def systemctl(self, *words: str) -> Done:
        return self.machine.run("systemctl " + " ".join(words))

    def show(self, name: str) -> str:
        """A property of the service."""
        return self.machine.get(f"systemctl show -p {name} --value drumatlas")

    def begun_ns(self) -> int:
        """When its process began, on the machine's monotonic clock."""
        return int(self.show("ExecMainStartTimestampMonotonic")) * 1000

    def status(self) -> dict[str, Any]:
        """What `drumatlas status --json` says."""
        answer: dict[str, Any] = json.loads(self.machine.get("drumatlas status --json"))
        return answer

    def turn(self, *moves: tuple[int, int]) -> None:
        """Controllers (number, value) that the synth sends."""
        data = "".join(f"\\xb0\\x{number:02x}\\x{value:02x}" for number, value in moves)
        line = f"s/^ *\\([0-9]*\\) \\[.*{self.synth.card}$/\\1/p"
        find = f"sed -n '{line}' /proc/asound/cards | head -n 1"
        self.machine.get(f"printf '{data}' > /dev/snd/midiC$({find})D0")

    def listen(self, both: bool = False) -> None:
        """From now on what the synth gets is written down, over restarts of the machine, too.
        With `both` ends of its cable heard, the box can't hear controllers from it."""
        ends = (self.synth.card, self.synth.other if both else "")
        cards = " ".join(shlex.quote(end) for end in ends if end)
        cards = cards.replace("'", '"')  # systemd's own quoting
        unit = UNIT.format(plug=self.synth.plug, there=THERE, record=RECORD, cards=cards)
        name = "/etc/systemd/system/drumatlas-test.service"
        self.machine.get(
            f"printf '%s' {shlex.quote(unit)} > {name}; systemctl daemon-reload; "
            f"systemctl enable -q drumatlas-test; rm -f {RECORD}; systemctl restart drumatlas-test"
        )

    def hears(self, since_ns: float = 0, card: str | None = None) -> list[Event]:
        """What has arrived by now at the synth (or at another card; '' for any), from then on."""
        text = self.machine.get(f"awk '$1 >= {since_ns:.0f}' {RECORD} 2>/dev/null || true")
        return heard(text, self.synth.card if card is None else card)

    def hears_on(self, since_ns: float, number: int, timeout: float = 60) -> list[Event]:
        """What has arrived from then on, once there are `number` clocks."""
        end = time.monotonic() + timeout * PATIENCE
        while len(clocks(stream := self.hears(since_ns))) < number:
            assert time.monotonic() < end, f"no {number} clocks in {timeout:g} s"
            time.sleep(1)
        return stream

    def now(self, line: str = "true") -> int:
        """The machine's monotonic clock, ns, just before `line` runs there (to 10 ms)."""
        text = self.machine.get(f"read t _ < /proc/uptime; {line}; echo; echo $t")
        return round(float(text.splitlines()[-1]) * 1e9)


def wheel_of_the_tree(folder: Path) -> None:
    """This checkout's wheel, put into `folder`."""
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(folder),
        ".",
    ]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
