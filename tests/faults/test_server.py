"""JACK's server ends while the box plays, and comes back under the same name; so does a leader."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from drumatlas.errors import PortError
from drumatlas.midi.rtmidi.bindings import Client
from drumatlas.play.events import CLOCK, CONTINUE, SONG_POSITION, panic
from faults.box import BPM, SYNTH, end, goes_on, hear, notes_end
from support.jack_server import Recorder, jack_client, needs_jack, serve
from support.recordings import clocks, notes
from support.waiting import until

pytestmark = needs_jack
Play = Callable[..., "subprocess.Popen[str]"]

NOTICED_S = BACK_S = 2.0
ENDED = "unplugged (the JACK server has ended)"
PANIC = [event.data for event in panic(0, (9,))]
ENDS = [signal.SIGKILL, signal.SIGTERM]


class RestartableServer:
    """A server of one's own that can be ended and started again under its name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.start()

    def start(self) -> float:
        """Returns when it is up."""
        self._process = serve(self._name)
        until(is_up)
        return time.monotonic()

    def end(self, how: signal.Signals = signal.SIGTERM) -> float:
        self._process.send_signal(how)
        self._process.wait()
        return time.monotonic()

    def close(self) -> None:
        """A server that was killed keeps its place among the few that JACK allows on a machine,
        until one of its name ends in order."""
        if self._process.poll() is not None:
            self.start()
        self.end()


def is_up() -> bool:
    with suppress(PortError):
        jack_client("early", output=True).delete()
        return True
    return False


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RestartableServer]:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", f"drumatlas-mortal-{os.getpid()}")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    one = RestartableServer(os.environ["JACK_DEFAULT_SERVER"])
    yield one
    one.close()


def in_seconds(since: float, what: str, limit: float) -> None:
    """What took from `since` until now may have taken this long, s; `-s` shows it."""
    took = time.monotonic() - since
    print(f"{what} after {took:.2f} s")
    assert took < limit, f"{what} only after {took:.2f} s"


@pytest.mark.parametrize("how", ENDS, ids=lambda how: how.name)
class TestOutput:
    """The server goes twice in a row."""

    def test_a_named_port_hears_panic_its_place_and_the_beat(
        self,
        server: RestartableServer,
        play: Play,
        gate: float,
        config: tuple[str, str],
        how: signal.Signals,
    ) -> None:
        synth = Recorder()
        synth.client.open_virtual_port("synth")
        process = play(*SYNTH, "--state", "none", *config)
        synth.wait_for(CLOCK)
        for _ in range(2):
            time.sleep(0.5)
            ended = server.end(how)
            hear(process, f"recorder:synth: {ENDED}")
            in_seconds(ended, "noticed", NOTICED_S)
            synth.unplug()
            synth.events.clear()
            time.sleep(1)
            server.start()
            synth.plug("synth")
            back = time.monotonic()
            until(lambda: notes(synth.events))
            in_seconds(back, "a note", BACK_S)
            assert [event.data for event in synth.events[: len(PANIC)]] == PANIC
            heard = [event.data for event in synth.events]
            place = heard.index(CONTINUE)
            assert heard[place - 1][0] == SONG_POSITION
            assert place < heard.index(CLOCK)
            assert not notes(synth.events[:place])
            hear(process, f"resolved: recorder:synth: {ENDED.split(' (', maxsplit=1)[0]}")
            goes_on(synth)
            notes_end(synth.events, gate)
        end(process, synth)
        synth.unplug()

    def test_a_virtual_port_is_offered_again(
        self, server: RestartableServer, play: Play, how: signal.Signals
    ) -> None:
        process = play("--midi-out", "virtual", *SYNTH[2:], "--state", "none")
        synth = Recorder()
        synth.listen_to("drumatlas:out")
        synth.wait_for(CLOCK)
        for _ in range(2):
            ended = server.end(how)
            hear(process, f"drumatlas (virtual, Jack): {ENDED}")
            in_seconds(ended, "noticed", NOTICED_S)
            synth.unplug()
            back = server.start()
            synth = Recorder()
            synth.listen_to("drumatlas:out")
            synth.wait_for(CLOCK)
            in_seconds(back, "a clock", BACK_S)
            goes_on(synth)
        end(process, synth)
        synth.unplug()


def test_nothing_is_spent_on_a_server_that_stays_away(
    server: RestartableServer, play: Play
) -> None:
    """Nobody starts processes for it, or opens clients."""
    synth = Recorder()
    synth.client.open_virtual_port("synth")
    process = play(*SYNTH, "--state", "none")
    synth.wait_for(CLOCK)
    (sender,) = children(process.pid)
    server.end(signal.SIGKILL)
    hear(process, ENDED)
    time.sleep(1)
    before_s, began = cpu_s(sender), time.monotonic()
    time.sleep(2.5)
    spent = (cpu_s(sender) - before_s) / (time.monotonic() - began)
    print(f"{spent:.1%} of a core")
    assert spent < 0.1
    assert children(process.pid) == [sender]
    synth.unplug()
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0


def children(pid: int) -> list[int]:
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(word) for file in files for word in file.read_text(encoding="ascii").split()]


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


class JackLeader:
    """Plays Start or Continue, and clocks, from a port `leader:out`."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self.plug()

    def plug(self) -> None:
        self._client = jack_client("leader", output=True)
        self._client.open_virtual_port("out")

    def unplug(self) -> None:
        if self._client:
            self._client.delete()
        self._client = None

    def lead(self, seconds: float, start: bytes = b"") -> None:
        assert self._client
        if start:
            self._client.send_message(start)
        period = 60 / BPM / 24
        due = time.monotonic() + 0.01
        for _ in range(round(seconds / period)):
            time.sleep(max(due - time.monotonic(), 0))
            self._client.send_message(CLOCK)
            due += period


class TestInput:
    """The clock that is followed."""

    @pytest.fixture
    def leader(self, server: RestartableServer) -> Iterator[JackLeader]:
        del server  # is up
        one = JackLeader()
        yield one
        one.unplug()

    @pytest.fixture
    def follower(self, leader: JackLeader, play: Play, tmp_path: Path) -> "subprocess.Popen[str]":
        del leader  # is there
        config = tmp_path / "box.toml"
        config.write_text("[clock]\nhold = true\nthru = true")
        options = ("--clock", "external", "--midi-in", "leader:out", "--config", str(config))
        return play("--midi-out", "virtual", "--panel", "none", "--state", "none", *options)

    def test_a_leader_that_is_back_is_heard_again(
        self, leader: JackLeader, follower: "subprocess.Popen[str]"
    ) -> None:
        synth = Recorder()
        synth.listen_to("drumatlas:out")
        hear(follower, "Ctrl-C stops")
        leader.lead(1.5, start=b"\xfa")
        for _ in range(2):
            leader.unplug()
            gone = time.monotonic()
            hear(follower, "leader:out: unplugged")
            in_seconds(gone, "noticed", NOTICED_S)
            time.sleep(1)  # it bridges a beat, of 0.5 s
            synth.events.clear()
            leader.plug()
            back = time.monotonic()
            hear(follower, "resolved: leader:out: unplugged")
            in_seconds(back, "over", BACK_S)
            assert not notes(synth.events), "plays without a leader"
            leader.lead(1.5)
            assert notes(synth.events), "does not follow"
        end(follower, synth)
        synth.unplug()

    @pytest.mark.parametrize("how", ENDS, ids=lambda how: how.name)
    def test_a_leader_is_heard_after_a_restart_of_the_server(
        self,
        server: RestartableServer,
        leader: JackLeader,
        follower: "subprocess.Popen[str]",
        how: signal.Signals,
    ) -> None:
        hear(follower, "Ctrl-C stops")
        for _ in range(2):
            leader.lead(1, start=b"\xfa")
            ended = server.end(how)
            said = hear(follower, f"leader:out: {ENDED}")
            in_seconds(ended, "noticed", NOTICED_S)
            leader.unplug()
            server.start()
            leader.plug()
            back = time.monotonic()
            while "resolved: leader:out: unplugged" not in said:
                said += hear(follower, "resolved: ")
            in_seconds(back, "over", BACK_S)
            synth = Recorder()
            synth.listen_to("drumatlas:out")
            leader.lead(1.5, start=b"\xfa")
            assert notes(synth.events), "does not follow"
            assert max(b - a for a, b in pairwise(clocks(synth.events))) < 500_000_000
            leader.lead(0.1, start=b"\xfc")
            synth.unplug()
        follower.send_signal(signal.SIGTERM)
        assert follower.wait(15) == 0
