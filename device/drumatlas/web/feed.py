"""The page's task in the slow loop: shows what has changed, hands over the notes that were
played."""

from collections.abc import Callable, Sequence

from drumatlas.midi.files.take import take_bytes
from drumatlas.midi.files.tape import Tape
from drumatlas.play.events import Event, Output, is_note_on, note_key
from drumatlas.play.settings import VoiceOut
from drumatlas.web.bridge import Make, ThreadBridge
from drumatlas.web.downloads import beat_take
from drumatlas.web.view import View, ViewReader

EVERY_NS = 33_000_000  # between two views
SHOWN_NS = 20_000_000_000  # for which a line stays on a screen


class WebFeed:
    """Feeds the pages. While no page is open, it only looks at a few empty queues in each tick.

    `close` ends the server. `say` prints lines for people; with None they are shown among the
    faults.
    """

    def __init__(
        self,
        tape: Tape,
        bridge: ThreadBridge,
        watcher: ViewReader,
        *,
        close: Callable[[], None],
        say: Callable[[str], None] | None,
    ) -> None:
        self._tape, self._bridge, self._watcher = tape, bridge, watcher
        bridge.own_notes = self._own_notes
        self._engine = watcher.engine
        self._close, self._say = close, say
        self._last: View | None = None
        self._looked_ns = 0
        self._shown_ns = 0
        self._voices: tuple[Sequence[VoiceOut], dict[tuple[int, int], int]] = ((), {})

    def tick(self, now_ns: int) -> None:
        """Serve the pages' requests, and show them the present view."""
        bridge = self._bridge
        if bridge.lines or self._shown_ns:
            self._tell(now_ns)
        while bridge.asked:
            what, give = bridge.asked.popleft()
            give(self._make(what, now_ns))
        self._tape.on_played = self._hear if bridge.listeners else None
        if not bridge.pages:
            self._last = None
        elif bridge.wants_all or now_ns - self._looked_ns >= EVERY_NS:
            self._look(now_ns)

    def close(self) -> None:
        """End the server and stop listening to the tape."""
        self._tape.on_played = None
        self._close()

    def _look(self, now_ns: int) -> None:
        is_new, self._bridge.wants_all = self._bridge.wants_all, False
        self._looked_ns = now_ns
        view, last = self._watcher.look(now_ns), self._last
        if is_new or last is None or view != last or not last.run.goes_on_as(view.run):
            self._last = view
            self._bridge.show(view)

    def _hear(self, after_ns: int, outputs: Sequence[Output]) -> None:
        """Pass on the hits among the tape's events, by voice."""
        bits = self._bit_of_key()
        hits = [
            (output.at_ns, bits[key], output.data[2])
            for output in outputs
            if isinstance(output, Event) and is_note_on(output.data)
            if (key := note_key(output.data)) in bits
        ]
        if after_ns or hits:
            self._bridge.play((after_ns, hits))

    def _own_notes(self) -> list[tuple[int, int]]:
        """Return note and channel of each voice. Any thread may call it, since settings are
        immutable."""
        voices = self._engine.sequencer.settings.voices
        return [(out.note, out.channel) for out in voices]

    def _bit_of_key(self) -> dict[tuple[int, int], int]:
        """Return the voice of each (channel, note); where voices share one, the first."""
        voices = self._engine.sequencer.settings.voices
        if self._voices[0] is not voices:
            keys = [((out.channel, out.note), bit) for bit, out in enumerate(voices)]
            self._voices = voices, dict(reversed(keys))
        return self._voices[1]

    def _make(self, what: str, now_ns: int) -> Make | None:
        """Return a function that makes a download from the present state; None if there is nothing
        to save."""
        if what == "last":
            outputs = self._tape.last_bars(now_ns)
            return (lambda: take_bytes(outputs)) if outputs else None
        engine = self._engine
        pattern, settings = engine.sequencer.pattern, engine.sequencer.settings
        bpm, feel = engine.bpm, engine.feel
        return lambda: beat_take(pattern, settings, bpm, feel)

    def _tell(self, now_ns: int) -> None:
        if self._bridge.lines and self._say:
            self._say(self._bridge.lines.popleft())
        elif self._bridge.lines:
            self._engine.set_faults("page", self._bridge.lines.popleft())
            self._shown_ns = now_ns
        elif self._shown_ns and now_ns - self._shown_ns > SHOWN_NS:
            self._engine.set_faults("page")
            self._shown_ns = 0
