"""The slow loop's share, on a virtual clock, with a server that only notes what it is given."""

from typing import Any

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.explore.controls import Turn
from drumatlas.midi.files.tape import Tape
from drumatlas.midi.port import NullPort
from drumatlas.play.kits import KITS
from drumatlas.play.settings import PlaySettings, VoiceOut
from drumatlas.web.bridge import ThreadBridge
from drumatlas.web.feed import EVERY_NS, WebFeed
from drumatlas.web.view import Facts, View, ViewReader


class Given(ThreadBridge):
    """A bridge whose server is a list."""

    def __init__(self) -> None:
        super().__init__(lambda _: None, 0)
        self.views: list[View] = []
        self.notes: list[Any] = []

    def show(self, view: View) -> None:
        self.views.append(view)

    def play(self, notes: Any) -> None:
        self.notes.append(notes)


class Setup:
    def __init__(self, atlas: Atlas, settings: PlaySettings | None = None) -> None:
        self.engine = Engine(atlas, settings or PlaySettings(), [], 0)
        self.tape = Tape(NullPort())
        self.bridge = Given()
        self.said: list[str] = []
        self.looks = 0
        watcher = ViewReader(self.engine, Facts(dict, lambda: False, dict, lambda _: None))
        look = watcher.look

        def counted(now_ns: int) -> View:
            self.looks += 1
            return look(now_ns)

        watcher.look = counted  # type: ignore[method-assign]
        self.part = WebFeed(
            self.tape, self.bridge, watcher, close=lambda: None, say=self.said.append
        )

    def run(self, start_ns: int, end_ns: int) -> None:
        for now_ns in range(start_ns, end_ns, 10_000_000):
            self.tape.send(self.engine.sequencer.advance(now_ns + 120_000_000))
            self.tape.tick(now_ns)
            self.part.tick(now_ns)
            self.engine.tick(now_ns)


@pytest.fixture
def setup(atlas: Atlas) -> Setup:
    return Setup(atlas)


def test_without_a_page_the_engine_is_not_read(setup: Setup) -> None:
    setup.engine.sequencer.start()
    setup.run(0, 1_000_000_000)
    assert setup.looks == 0
    assert setup.tape.on_played is None


def test_views_come_at_most_30_times_a_second_and_only_new_ones(setup: Setup) -> None:
    setup.bridge.watch(1, 0, is_new=True)
    setup.run(0, 1_000_000_000)
    assert 25 <= setup.looks <= 1_000_000_000 // EVERY_NS + 1
    assert len(setup.bridge.views) == 1
    for i in range(100):
        setup.engine.handle(Turn("swing", i / 100), 0)
        setup.run(1_000_000_000 + i * 10_000_000, 1_010_000_000 + i * 10_000_000)
    assert 20 <= len(setup.bridge.views) <= 32
    assert setup.bridge.views[-1].values["swing"] >= 0.95


def test_a_new_page_gets_a_view_though_nothing_is_new(setup: Setup) -> None:
    setup.bridge.watch(1, 0, is_new=True)
    setup.run(0, 100_000_000)
    setup.bridge.watch(2, 0, is_new=True)
    setup.run(100_000_000, 200_000_000)
    assert len(setup.bridge.views) == 2


def test_notes_are_those_of_the_port_less_those_withdrawn(setup: Setup) -> None:
    setup.bridge.watch(1, 1)
    setup.part.tick(0)
    setup.engine.sequencer.start()
    setup.run(0, 2_000_000_000)
    sent = [e for e in setup.tape._played if getattr(e, "data", b"\0")[0] == 0x99]
    told = [note for _, notes in setup.bridge.notes for note in notes]
    voices = setup.engine.sequencer.settings.voices
    assert [(at, voices[bit].note, loud) for at, bit, loud in told] == [
        (e.at_ns, e.data[1], e.data[2]) for e in sent  # type: ignore[union-attr]
    ]  # fmt: skip
    setup.tape.withdraw(1_950_000_000)
    setup.tape.tick(2_000_000_000)
    assert setup.bridge.notes[-1] == (1_950_000_000, [])
    setup.bridge.watch(1, 0)
    setup.part.tick(2_000_000_000)
    assert setup.tape.on_played is None


def test_kits_in_which_voices_share_a_note_sound_as_the_first(atlas: Atlas) -> None:
    kit = tuple(VoiceOut(note, channel - 1) for note, channel in KITS["digitakt"])
    setup = Setup(atlas, PlaySettings(voices=kit))
    setup.bridge.watch(1, 1)
    setup.engine.sequencer.start()
    setup.run(0, 2_000_000_000)
    assert {bit for _, notes in setup.bridge.notes for _, bit, _ in notes} <= {
        0,
        1,
        2,
        3,
        5,
        7,
        9,
        10,
    }


def test_lines_are_logged_or_shown_for_a_while(atlas: Atlas) -> None:
    setup = Setup(atlas)
    setup.bridge.log("kind", "one")
    setup.bridge.log("kind", "two")
    setup.run(0, 50_000_000)
    assert setup.said == ["page: one"]
    setup.part._say = None
    setup.bridge.log("other", "three")
    setup.run(50_000_000, 100_000_000)
    assert setup.engine.faults == ["page: three"]
    setup.run(30_000_000_000, 30_050_000_000)
    assert setup.engine.faults == []
