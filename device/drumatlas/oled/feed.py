"""Feeds the drawing process with the state of the box, from the slow loop."""

import os
import subprocess
import sys
from contextlib import suppress

from drumatlas.atlas.model import Atlas
from drumatlas.beat.steps import STEPS_PER_BEAT
from drumatlas.engine import Engine
from drumatlas.explore.genre import cursor
from drumatlas.explore.latent import map_places
from drumatlas.oled.chips import OledSettings
from drumatlas.oled.frame import Frame, Pixel, chart_line, pixel

EVERY_NS = 100_000_000
_SOURCE = "oled"  # of our own faults, which a display that fails can't show
_POINTS = 1000  # shown on the map; more would fill it
_END_S = 2


class OledFeed:
    """Starts the process and sends it changes at most ten times a second, without ever waiting for
    it. A fault of the display is shown among the engine's faults."""

    def __init__(self, engine: Engine, settings: OledSettings) -> None:
        self._engine = engine
        self._looked_ns = -EVERY_NS
        self._last: Frame | None = None
        self._atlas: Atlas | None = None  # the one whose map was queued last
        self._chart = b""  # a map that is still to be sent
        self._z = b""  # the place that `_place` was computed for
        self._place: tuple[Pixel, str] = ((0, 0), "")
        self._said = b""
        words = (settings.chip, settings.bus, settings.address, int(settings.flip))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "drumatlas.oled", *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,  # Ctrl-C in the terminal is ours
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.pid = self._process.pid
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)
        self._show_map()

    def tick(self, now_ns: int) -> None:
        """Send the present state if it has changed. Called by the slow loop."""
        if now_ns - self._looked_ns < EVERY_NS:
            return
        self._looked_ns = now_ns
        self._hear()
        self._show_map()
        frame = self._look(now_ns)
        if frame != self._last and self._write(frame.line()):
            self._last = frame

    def _show_map(self) -> None:
        """Send the map of the present atlas once; again if the process did not take it."""
        atlas = self._engine.explorer.atlas
        if atlas is not self._atlas:
            self._atlas, self._chart, self._z = atlas, _chart(atlas), b""
        if self._chart and self._write(self._chart):
            self._chart = b""

    def _look(self, now_ns: int) -> Frame:
        engine, sequencer = self._engine, self._engine.sequencer
        place, genre = self._whereabouts()
        beat = sequencer.position_at(now_ns) // STEPS_PER_BEAT
        faults = [one.text for one in engine.fault_records if one.source != _SOURCE]
        return Frame(
            place=place,
            bpm=round(float(engine.bpm), 1),
            genre=genre,
            beat=beat if sequencer.is_playing else None,
            is_following=sequencer.is_following,
            fault=faults[0] if faults else "",
            faults=len(faults),
        )

    def _whereabouts(self) -> tuple[Pixel, str]:
        """Return the pixel and the genre of the place; computed only when place or atlas has
        changed."""
        explorer = self._engine.explorer
        z = explorer.latent
        if self._z != z.tobytes():
            at = pixel(*cursor(explorer.atlas, z))
            self._z, self._place = z.tobytes(), (at, explorer.genre.name)
        return self._place

    def _write(self, line: bytes) -> bool:
        """Return whether the process took the line. A process that does not read misses looks,
        nothing else. (A line is shorter than PIPE_BUF, so it is taken whole or not at all.)"""
        try:
            return self._stdin.write(line) is not None
        except (OSError, ValueError):
            return False

    def _hear(self) -> None:
        """Show the last line from the process as the fault of the display."""
        with suppress(OSError):
            self._said += self._stdout.read(4096) or b""
        if b"\n" in self._said:
            *_, line, self._said = self._said.split(b"\n")
            fault = line.decode("utf-8", "replace")
            self._engine.set_faults(_SOURCE, f"oled: {fault}" if fault else "")
        elif self._process.poll() not in {None, 2}:  # 2: it has reported why
            self._engine.set_faults(_SOURCE, "oled: the drawing process ended; restart the box")

    def close(self) -> None:
        """End the process, which switches the display off."""
        self._stdin.close()
        try:
            self._process.wait(timeout=_END_S)
        except subprocess.TimeoutExpired:  # on a busy machine it is last in line
            self._process.kill()
            self._process.wait()
        self._stdout.close()


def _chart(atlas: Atlas) -> bytes:
    count = len(atlas.points.xy)
    points = map_places(atlas)[:: max(count // _POINTS, 1)] if count else ()
    return chart_line((float(x), float(y)) for x, y in points)
