"""The drawing process: in this one with luma's dummy, then as a real one that writes a file."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.explore.controls import Turn
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.genre import cursor
from drumatlas.explore.latent import map_places
from drumatlas.play.settings import PlaySettings
from support.waiting import until

pytest.importorskip("luma.core", reason="the [oled] extra is not installed")

from luma.core.device import dummy
from PIL import Image

from drumatlas.errors import PanelError
from drumatlas.oled.child import FRAME_NS, Renderer
from drumatlas.oled.chips import OledSettings
from drumatlas.oled.display import Display, open_device
from drumatlas.oled.feed import EVERY_NS, OledFeed
from drumatlas.oled.frame import Frame, chart_line, pixel, read_chart
from drumatlas.oled.picture import draw

LOOK = Frame(pixel(0.2, 0.7), 98.0, "latin", 5, True, "", 0)
CHART = chart_line([(0.1, 0.1), (0.9, 0.9)])


class Fragile(dummy):  # type: ignore[misc]
    """luma's device that keeps the last picture; it can be pulled out."""

    def __init__(self) -> None:
        super().__init__(width=128, height=64, mode="1")
        self.is_out = False
        self.shown = 0

    def display(self, image: Image.Image) -> None:
        if self.is_out:
            raise OSError(121, "Remote I/O error")
        self.shown += 1
        super().display(image)


@pytest.fixture
def device() -> Fragile:
    return Fragile()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def show(device: Fragile, said: list[str]) -> Renderer:
    return Renderer(Display(lambda: device), said.append)


def test_the_look_it_receives_is_on_the_display(
    show: Renderer, device: Fragile, said: list[str]
) -> None:
    data = CHART + LOOK.line()
    show.feed(data[:50])
    show.tick(0)
    assert device.shown == 0
    show.feed(data[50:])
    show.tick(0)
    assert device.image.tobytes() == draw(LOOK, read_chart(CHART)).tobytes()
    assert said == []


def test_ten_pictures_a_second_at_most_and_the_newest_counts(
    show: Renderer, device: Fragile
) -> None:
    show.feed(CHART)
    for ms in range(1000):
        show.feed(Frame(LOOK.place, 60 + ms / 10, "", 0, False, "", 0).line())
        show.tick(ms * 1_000_000)
    assert device.shown == 1_000_000_000 // FRAME_NS
    shown = device.shown
    show.tick(2_000_000_000)
    show.tick(3_000_000_000)
    assert device.shown == shown + 1, "drawn again though nothing is new"


def test_a_display_that_fails_is_reported_and_tried_again(
    show: Renderer, device: Fragile, said: list[str]
) -> None:
    show.feed(CHART + LOOK.line())
    device.is_out = True
    for second in range(5):
        show.tick(second * 1_000_000_000)
    assert said == ["the display failed: [Errno 121] Remote I/O error"]
    device.is_out = False
    show.tick(9_000_000_000)
    assert said[1:] == [""]
    assert device.shown == 1


def test_a_display_that_can_not_be_opened_is_reported_once(said: list[str]) -> None:
    def missing() -> Fragile:
        raise PanelError("no display")

    show = Renderer(Display(missing), said.append)
    show.feed(CHART + LOOK.line())
    for second in range(9):
        show.tick(second * 1_000_000_000)
    assert said == ["no display"]


def test_malformed_lines_are_reported_and_ignored(
    show: Renderer, device: Fragile, said: list[str]
) -> None:
    show.feed(CHART + b"nonsense\n" + LOOK.line())
    show.tick(0)
    assert "not a map" in said[0]
    assert device.shown == 1
    show.feed(b"{}\n")
    assert "not a frame" in said[-1]


def test_another_map_is_drawn_under_the_same_look(show: Renderer, device: Fragile) -> None:
    other = chart_line([(0.5, 0.5), (0.2, 0.9)])
    show.feed(CHART + LOOK.line())
    show.tick(0)
    show.feed(other)
    show.tick(FRAME_NS)
    assert device.image.tobytes() == draw(LOOK, read_chart(other)).tobytes()


def test_without_the_bus_a_line_says_so() -> None:
    if Path("/dev/i2c-20").exists():
        pytest.skip("this machine has that bus")
    with pytest.raises(PanelError, match=r"ssd1306 at I2C 20, 0x3c: I2C device not found"):
        open_device("ssd1306", 20, 0x3C, False)


class TestProcess:
    @pytest.fixture
    def engine(self, atlas: Atlas) -> Engine:
        return Engine(atlas, PlaySettings(), [], 0)

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "box.png"

    @pytest.fixture
    def oled(self, engine: Engine, path: Path) -> Iterator[OledFeed]:
        one = OledFeed(engine, OledSettings(f"png:{path}"))
        yield one
        one.close()

    def test_it_draws_the_engine_at_the_lowest_priority(
        self, engine: Engine, oled: OledFeed, path: Path
    ) -> None:
        now = 0

        def drawn() -> bool:
            nonlocal now
            now += EVERY_NS
            engine.tick(now)
            oled.tick(now)
            return path.exists()

        until(drawn)
        first = path.read_bytes()
        assert os.sched_getscheduler(oled.pid) == os.SCHED_IDLE
        engine.handle(Turn("x1", 0.9), now)
        engine.handle(Turn("tempo", 0.9), now)
        until(lambda: drawn() and path.read_bytes() != first)
        with Image.open(path) as picture:
            assert picture.size == (128, 64)
        assert engine.faults == []

    def test_another_atlas_brings_its_map_and_its_place(
        self, engine: Engine, oled: OledFeed, path: Path, atlas: Atlas
    ) -> None:
        oled.tick(EVERY_NS)
        until(path.exists)
        other = replace(atlas, points=replace(atlas.points, xy=-atlas.points.xy))
        engine.change_atlas(Explorer(other))
        x, y = cursor(other, engine.explorer.latent)
        some = map_places(other)[:: len(other.points.xy) // 1000]
        chart = chart_line((float(x), float(y)) for x, y in some)
        frame = Frame(pixel(x, y), 120.0, engine.explorer.genre.name, None, False, "", 0)
        wanted = draw(frame, read_chart(chart)).tobytes()
        now = iter(range(2 * EVERY_NS, 10**15, EVERY_NS))

        def is_shown() -> bool:
            oled.tick(next(now))
            with Image.open(path) as picture:
                return picture.tobytes() == wanted

        until(is_shown)

    def test_it_shows_the_faults_of_all_but_itself(
        self, engine: Engine, oled: OledFeed, path: Path, atlas: Atlas
    ) -> None:
        engine.set_faults("oled", "the display is torn")
        engine.set_faults("config", "oled: no such key")
        place = pixel(*cursor(atlas, engine.explorer.latent))
        genre = engine.explorer.genre.name
        frame = Frame(place, 120.0, genre, None, False, "oled: no such key", 1)
        some = map_places(atlas)[:: len(atlas.points.xy) // 1000]
        chart = chart_line((float(x), float(y)) for x, y in some)
        wanted = draw(frame, read_chart(chart)).tobytes()
        now = iter(range(EVERY_NS, 10**15, EVERY_NS))

        def is_shown() -> bool:
            oled.tick(next(now))
            if not path.exists():
                return False
            with Image.open(path) as picture:
                return picture.tobytes() == wanted

        until(is_shown)

    def test_one_that_stands_still_or_ends_does_not_stop_the_engine(
        self, engine: Engine, oled: OledFeed
    ) -> None:
        os.kill(oled.pid, signal.SIGSTOP)
        for tick in range(3000):  # more than a pipe holds
            engine.set_bpm(60 + tick / 100)
            oled.tick(tick * EVERY_NS)
        assert engine.faults == []
        os.kill(oled.pid, signal.SIGKILL)
        until(lambda: oled.tick(time.monotonic_ns()) is None and engine.faults != [])
        assert engine.faults == ["oled: the drawing process ended; restart the box"]

    def test_a_display_that_is_not_there_is_a_fault(self, engine: Engine) -> None:
        if Path("/dev/i2c-20").exists():
            pytest.skip("this machine has that bus")
        oled = OledFeed(engine, OledSettings("sh1106", bus=20))
        until(lambda: oled.tick(time.monotonic_ns()) is None and engine.faults != [])
        assert engine.faults == ["oled: sh1106 at I2C 20, 0x3c: I2C device not found: /dev/i2c-20"]
        oled.close()
