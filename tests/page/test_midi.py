"""The page of a box that plays to a real MIDI system, compared with a recording at the port."""

import json
import subprocess
import sys
import time
from bisect import bisect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drumatlas.beat.tsv import parse
from drumatlas.beat.voices import VOICE_TABLE
from drumatlas.play.events import CLOCK, START
from support.browser import until
from support.jack_server import Recorder, jack_client, needs_jack, serving

pytestmark = [pytest.mark.browser, *needs_jack]

BAR_S = 0.8  # at 300 BPM
VOICE_OF = {voice.note: voice.bit for voice in VOICE_TABLE}


@pytest.fixture(scope="module")
def jack() -> Iterator[None]:
    """A server that loses no message: a lost clock would move each step after it."""
    with serving(waits=True):
        yield


@pytest.fixture
def keyboard(jack: None) -> Iterator[Any]:
    """Another client with an output that a box can connect to."""
    client = jack_client("keyboard", output=True)
    client.open_virtual_port("out")
    yield client
    client.close_port()
    client.delete()


def heard_code(recorder: Recorder) -> list[int]:
    """The last two whole bars, by the clocks since Start: a note belongs to the nearest one."""
    clocks = [event.at_ns for event in recorder.events if event.data == CLOCK]
    last = (len(clocks) - 1) // 192 * 192  # clocks of whole beats
    code = [0] * 32
    for event in recorder.events:
        if event.data[0] & 0xF0 != 0x90 or not event.data[2]:
            continue
        after = min(bisect(clocks, event.at_ns), len(clocks) - 1)
        before = max(after - 1, 0)
        is_nearer = event.at_ns - clocks[before] < clocks[after] - event.at_ns
        step = round((before if is_nearer else after) / 6)
        if last - 192 <= 6 * step < last:
            code[step % 32] |= 1 << VOICE_OF[event.data[1]]
    return code


def test_a_click_on_the_map_is_heard_at_the_port(
    boxes: Callable[..., Any], visit: Callable[..., Any], recorder: Recorder
) -> None:
    recorder.client.open_virtual_port("synth")
    box = boxes("--midi-out", "recorder:synth", "--bpm", "300", "--no-start")
    page = visit(box)
    page.locator("[data-button=play]").click()
    recorder.wait_for(START)
    before = page.locator("#place-line").get_attribute("data-z")
    area = page.locator("#map .screen").bounding_box()
    page.mouse.click(area["x"] + 0.62 * area["width"], area["y"] + 0.4 * area["height"])
    until(page, "before => document.getElementById('place-line').dataset.z !== before", before)
    z = page.locator("#place-line").get_attribute("data-z")
    page.wait_for_timeout(7000 * BAR_S)
    done = subprocess.run(
        [sys.executable, "-m", "drumatlas", "decode"],
        input=z,
        capture_output=True,
        text=True,
        check=True,
    )
    assert heard_code(recorder) == list(next(iter(parse(done.stdout.splitlines()))).code)


def test_a_controller_is_learnt_on_the_page_and_turns_its_knob(
    boxes: Callable[..., Any], visit: Callable[..., Any], keyboard: Any
) -> None:
    page = visit(boxes("--midi-in", "keyboard", "--no-start"))
    learn = page.locator("[data-button=learn]")
    learn.click()
    until(
        page,
        "document.querySelector('[data-button=learn]').getAttribute('aria-pressed') === 'true'",
    )
    knob = page.locator("[data-control=x4]")
    knob.press("ArrowUp")
    time.sleep(0.3)
    for value in (60, 61, 62):
        keyboard.send_message([0xB9, 85, value])
        time.sleep(0.05)
    until(page, "drumatlas.store.state.learned['85'] === 'x4'")
    until(
        page,
        "document.querySelector('[data-button=learn]').getAttribute('aria-pressed') === 'false'",
    )
    assert knob.get_attribute("data-cc") == "CC 85"
    for value in range(62, 128):
        keyboard.send_message([0xB9, 85, value])
        time.sleep(0.005)
    until(
        page,
        "document.querySelector('[data-control=x4]').getAttribute('aria-valuenow') === '1.000'",
    )


def test_ports_and_their_faults_are_shown(
    boxes: Callable[..., Any], visit: Callable[..., Any], recorder: Recorder
) -> None:
    recorder.client.open_virtual_port("synth")
    page = visit(boxes("--midi-out", "recorder:synth", "--no-start"))
    until(page, "document.getElementById('ports').textContent.includes('synth')")
    recorder.client.close_port()
    until(page, "!document.getElementById('alarm').hidden")
    assert "synth" in page.locator("#alarm").text_content(), json.dumps(page.seen.errors)
