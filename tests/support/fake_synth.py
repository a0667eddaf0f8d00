"""A synth that can be unplugged, behind a fake python-rtmidi, played by the real sender."""

import contextlib
import io
import sys
import time
from collections.abc import Iterable
from types import SimpleNamespace
from unittest.mock import patch

from drumatlas.midi.process.child import Connection
from drumatlas.play.events import Event, panic

LOOK_NS = 100_000_000  # how often the deliverer finds time to look for the port
NOTICED_NS = 1_000_000_000  # after which a plug that is back must have been noticed


class FakeSynth:
    """One MIDI port "Synth", as rtmidi.MidiOut shows it. While unplugged it loses messages; plugged
    in again, it must be opened again."""

    def __init__(self, fails: bool = False) -> None:
        self.heard: list[bytes] = []
        self.sounding: set[tuple[int, int]] = set()
        self.is_started = False
        self.is_plugged = True
        self._is_open = False
        self._fails = fails  # whether sending into nowhere raises

    def unplug(self) -> None:
        self.is_plugged = self._is_open = False
        self.is_started = False  # without a clock it stands still
        self.heard = []

    def plug(self) -> None:
        self.is_plugged = True

    # python-rtmidi

    def get_port_count(self) -> int:
        return len(self.get_ports())

    def get_port_name(self, index: int) -> str:
        return self.get_ports()[index]

    def get_ports(self) -> list[str]:
        return ["Midi Through:0", *(["Synth"] if self.is_plugged else [])]

    def open_port(self, index: int, name: str) -> None:
        assert name
        assert self.get_ports()[index] == "Synth"
        self._is_open = True

    def close_port(self) -> None:
        self._is_open = False

    def delete(self) -> None: ...

    def send_message(self, data: bytes) -> None:
        if not self._is_open:
            if self._fails:
                raise OSError("no such device")
            return
        self.heard.append(bytes(data))
        kind, key = data[0] & 0xF0, (data[0] & 0x0F, data[1] if len(data) > 1 else 0)
        if kind == 0x90:
            assert key not in self.sounding, "note-on of a note that sounds"
            self.sounding.add(key)
        elif kind == 0x80:
            self.sounding.discard(key)
        elif kind == 0xB0 and data[1] in {120, 123}:
            self.sounding = {(ch, note) for ch, note in self.sounding if ch != key[0]}
        elif data[0] in {0xFA, 0xFB, 0xFC}:
            self.is_started = data[0] != 0xFC


def play_to(
    synth: FakeSynth,
    events: Iterable[Event],
    channels: tuple[int, ...],
    gaps: Iterable[tuple[int, int]],
) -> None:
    """Deliver `events` in order of time, then end the sender. During each of `gaps` (from, to; ns)
    the synth is unplugged; after it, the synth must hear panic first, and then every message."""
    rtmidi = SimpleNamespace(
        get_compiled_api_by_name=lambda name: name == "jack",
        get_api_display_name=str,
        MidiOut=lambda *_, **__: synth,
    )
    with patch.dict(sys.modules, rtmidi=rtmidi), contextlib.redirect_stdout(io.StringIO()):
        connection = Connection("synth", channels)
        base_ns = time.monotonic_ns()  # what the connection takes for the present
        first = [event.data for event in panic(0, channels)]
        pulls = [(at, do) for out, back in gaps for at, do in ((out, "unplug"), (back, "plug"))]
        due: list[bytes] | None = None  # since the plug was noticed
        looked_ns = 0
        for at_ns, what in _merged(events, pulls):
            while looked_ns + LOOK_NS <= at_ns:
                looked_ns += LOOK_NS
                connection.check(base_ns + looked_ns)
            if isinstance(what, bytes):
                connection.send(what)
                if due is not None:
                    due.append(what)
            elif what == "noticed":
                assert synth.heard[: len(first)] == first, "no panic first"
                due = list(synth.heard)
            else:
                assert due is None or synth.heard == due, "not all was heard"
                due = None
                getattr(synth, what)()
        assert due is None or synth.heard == due, "not all was heard"
        connection.close()


def _merged(events: Iterable[Event], pulls: list[tuple[int, str]]) -> list[tuple[int, bytes | str]]:
    noticed = [(at + NOTICED_NS, "noticed") for at, do in pulls if do == "plug"]
    what: list[tuple[int, bytes | str]] = [(e.at_ns, e.data) for e in events]
    return sorted([*what, *pulls, *noticed], key=lambda one: one[0])
