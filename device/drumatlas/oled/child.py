"""The drawing process: draws the state of the box when no other program wants the processor.

    python -m drumatlas.oled CHIP BUS ADDRESS FLIP

Drawing takes milliseconds of Python; in the box it would hold the interpreter's lock for that time.
Standard input: a line with the map, then a line for each frame; another map when another atlas
plays. Standard output: the present fault, a line each time it changes ('' for none). The process
ends when standard input does.
"""

import os
import select
import time
from collections.abc import Callable

from drumatlas.errors import ControlError
from drumatlas.oled.display import Display, open_device
from drumatlas.oled.frame import Frame, read_chart, read_frame
from drumatlas.oled.picture import draw

FRAME_NS = 100_000_000  # least time between two pictures


class Renderer:
    """Reads lines and draws pictures. Of lines that arrive together, the last one is drawn."""

    def __init__(self, display: Display, tell: Callable[[str], None]) -> None:
        self._display, self._tell = display, tell
        self._chart: bytes | None = None
        self._frame: Frame | None = None
        self._is_new = False
        self._unread = b""
        self._reported = ""
        self._drawn_ns = -FRAME_NS

    def feed(self, data: bytes) -> None:
        """Process input. Invalid lines are reported and ignored."""
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            try:
                if line.startswith(b"{"):  # JSON; a map in base64 never does
                    self._frame = read_frame(line)
                else:
                    self._chart = read_chart(line)
                self._is_new = True
            except ControlError as error:
                self._say(str(error))

    def tick(self, now_ns: int) -> None:
        """Draw, if there is something new and enough time has passed; again if the display did not
        show it."""
        if self._frame is None or self._chart is None or not self._is_new:
            return
        if now_ns - self._drawn_ns < FRAME_NS:
            return
        self._drawn_ns = now_ns
        self._is_new = not self._display.show(draw(self._frame, self._chart), now_ns)
        self._say(self._display.fault)

    def _say(self, fault: str) -> None:
        if fault != self._reported:
            self._reported = fault
            self._tell(fault)


def show(arguments: list[str]) -> int:
    """Run for a parent that holds the other ends of our pipes; return the exit code."""
    chip, bus, address, flip = arguments
    display = Display(lambda: open_device(chip, int(bus), int(address), flip == "1"))
    one = Renderer(display, lambda fault: print(" ".join(fault.split()), flush=True))  # noqa: T201
    try:
        while True:
            if select.select([0], [], [], FRAME_NS / 1e9)[0]:
                data = os.read(0, 1 << 16)
                if not data:
                    return 0
                one.feed(data)
            one.tick(time.monotonic_ns())
            time.sleep(FRAME_NS / 4e9)  # a burst of lines is drawn once
    except (KeyboardInterrupt, BrokenPipeError):
        return 0
    finally:
        display.close()
