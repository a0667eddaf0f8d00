"""What hangs at the box goes while it plays, and comes back: the synth, a converter, a leader."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drumatlas.play.events import CLOCK, CONTINUE, SONG_POSITION, STOP
from faults.box import BPM, CLOCKS_S, SYNTH, end, goes_on, hear, notes_end, since
from support.jack_server import Recorder, jack_client, needs_jack
from support.recordings import hanging, notes
from support.waiting import until

pytestmark = needs_jack
Play = Callable[..., "subprocess.Popen[str]"]


class TestPulledOut:
    """Hardware that goes while it plays, and comes back."""

    def test_a_synth_that_is_back_hears_the_beat(
        self, synth: Recorder, play: Play, gate: float, config: tuple[str, str]
    ) -> None:
        process = play(*SYNTH, "--state", "none", *config)
        synth.wait_for(CLOCK)
        time.sleep(0.5)
        synth.unplug()
        said = hear(process, "recorder:synth: unplugged")
        synth.events.clear()
        synth.plug("synth")
        synth.wait_for(CONTINUE)
        panic = [event.data for event in synth.events[:2]]
        assert panic == [bytes((0xB9, 123, 0)), bytes((0xB9, 120, 0))]
        heard = [event.data for event in synth.events]
        place = heard.index(CONTINUE)
        assert heard[place - 1][0] == SONG_POSITION
        assert not {CLOCK, STOP} & {*heard[:place]}
        assert not notes(synth.events[:place])
        goes_on(synth)
        said += end(process, synth)
        notes_end(synth.events, gate)
        assert "resolved: recorder:synth: unplugged" in said

    def test_a_converter_that_fails_is_shown_and_the_beat_goes_on(
        self, synth: Recorder, tmp_path: Path
    ) -> None:
        """Reads give EIO, as those of an SPI bus whose chip has lost its supply."""
        broken = tmp_path / "broken"
        command = [sys.executable, "-c", _BOARD, str(broken), "play", "--web", "off", "--state"]
        options = ["none", *SYNTH[:2], "--panel", "gpio", "--bpm", str(BPM)]
        process = subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)
        try:
            synth.wait_for(CLOCK)
            goes_on(synth)
            broken.touch()
            goes_on(synth, 1.5)
            broken.unlink()
            goes_on(synth, 1.5)
            said = end(process, synth)
        finally:
            process.kill()
            process.communicate()
        (fault,) = {line for line in said.splitlines() if line.startswith("converter")}
        assert fault.startswith("converter mcp0: Input/output error")
        assert f"resolved: {fault}" in said


_BOARD = """
import sys
from pathlib import Path
from drumatlas.cli import main
from drumatlas.panel import fake_board, gpio_board

broken = Path(sys.argv.pop(1))

class Converter(fake_board.FakeConverter):
    def read(self, channel):
        self.levels = [0.5] * 8
        self.fails = broken.exists()
        return super().read(channel)

board = fake_board.FakeBoard()
board.converters["mcp0"] = Converter()
gpio_board.open_board = lambda *_: board
sys.exit(main())
"""


class TestLeaderGone:
    """The clock that is followed stays away in the middle of a bar."""

    @pytest.fixture
    def leader(self, synth: Recorder) -> Iterator[Callable[..., None]]:
        del synth  # is there, and so is the server
        out = jack_client("leader", output=True)
        out.open_virtual_port("out")

        def lead(seconds: float, start: bool = True) -> None:
            if start:
                out.send_message([0xFA])
            began = time.monotonic() + 0.01
            for tick in range(int(seconds * CLOCKS_S)):
                time.sleep(max(began + tick / CLOCKS_S - time.monotonic(), 0))
                out.send_message([0xF8])

        yield lead
        out.close_port()
        out.delete()

    @pytest.mark.parametrize("hold", [True, False], ids=["holds", "stops"])
    def test_it_holds_or_stops_as_set(
        self,
        synth: Recorder,
        play: Play,
        leader: Callable[..., None],
        config: tuple[str, str],
        hold: bool,
    ) -> None:
        with Path(config[1]).open("a", encoding="utf-8") as file:
            file.write(f"\n[clock]\nhold = {str(hold).lower()}\nthru = true")
        process = play(
            *("--midi-out", "recorder:synth", "--panel", "none", *config),
            *("--clock", "external", "--midi-in", "leader:out", "--state", "none"),
        )
        hear(process, "Ctrl-C stops")  # panic comes long before
        time.sleep(0.5)
        leader(1.6)  # somewhere in a bar
        gone_ns = time.monotonic_ns()
        after = since(synth, gone_ns + 800_000_000, 1.4)  # it bridges a beat and waits for no more
        assert not any(event.data[0] == 0x99 for event in after), "plays without a leader"
        assert not hanging(synth.events)
        assert any(event.data == STOP for event in synth.events) is not hold
        leader(1.5, start=False)
        heard = since(synth, gone_ns + 1_400_000_000, 0.2)
        assert any(event.data[0] == 0x99 for event in heard) is hold
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        until(lambda: not hanging(synth.events))
