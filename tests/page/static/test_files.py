"""A .mid that is opened or dropped on the page as a file: the beat and place that the box finds."""

import base64
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from browsing import DROP, here, until
from drumatlas.atlas.model import Atlas
from drumatlas.beat.codes import grids
from drumatlas.beat.voices import BIT_OF_NOTE, VOICE_TABLE
from drumatlas.explore.search import Places
from drumatlas.web.drop import beat_of

pytestmark = pytest.mark.browser

READ = """(encoded) => {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    try {
        return drumatlas.beatOf(bytes);
    } catch (error) {
        return error.message;
    }
}"""

Note = tuple[int, int, int]  # tick, key, velocity


def midi_file(
    notes: list[Note],
    *,
    division: int = 480,
    metres: tuple[tuple[int, int, int], ...] = (),
    channel: int = 9,
) -> bytes:
    """A file of note-ons and of time signatures (tick, numerator, denominator)."""
    events = [
        (tick, 1, mido.Message("note_on", channel=channel, note=key, velocity=velocity))
        for tick, key, velocity in notes
    ]
    events += [
        (tick, 0, mido.MetaMessage("time_signature", numerator=n, denominator=d))
        for tick, n, d in metres
    ]
    track, last = mido.MidiTrack(), 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - last))
        last = tick
    out = BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=division, tracks=[track]).save(file=out)
    return out.getvalue()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture(scope="module")
def page(browser: Any, file: Path) -> Iterator[Any]:
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(file.as_uri())
    until(page, "window.drumatlas?.store.state.here")
    yield page
    context.close()


def read(page: Any, data: bytes) -> Any:
    return page.evaluate(READ, encoded(data))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.integers(0, 8000), st.integers(0, 127), st.integers(0, 127)),
        min_size=1,
        max_size=80,
    ),
    st.sampled_from([24, 96, 120, 480, 960]),
    st.lists(
        st.tuples(st.integers(0, 6000), st.integers(1, 9), st.sampled_from([2, 4, 8])), max_size=3
    ).map(tuple),
)
def test_any_file_has_the_beat_that_it_has_on_the_box(
    page: Any, notes: list[Note], division: int, metres: tuple[tuple[int, int, int], ...]
) -> None:
    data = midi_file(notes, division=division, metres=metres)
    try:
        expected = list(beat_of(data))
    except Exception as error:
        assert type(error).__name__ == "MidiFileError"
        assert isinstance(read(page, data), str)
        return
    assert read(page, data)["code"] == expected


def test_each_key_is_heard_as_the_voice_that_the_box_hears(page: Any) -> None:
    for key in range(128):
        found = read(page, midi_file([(0, key, 100)]))
        if key in BIT_OF_NOTE:
            assert found["code"][0] == 1 << BIT_OF_NOTE[key]
        else:
            assert isinstance(found, str)
    both = read(page, midi_file([(0, 36, 100), (0, 27, 100), (480, 27, 90), (480, 1, 90)]))
    assert both["unknown"] == [[1, 1], [27, 2]]


def test_running_status_sysex_metas_and_wrapped_files_are_read(page: Any) -> None:
    for events in (
        "00 99 24 64 60 26 64 60 2a 64 00 ff 2f 00",
        "00 f0 03 01 02 f7 00 99 24 64 00 ff 01 02 61 62 83 00 26 64 00 f2 01 02 00 ff 2f 00",
        "00 c9 05 00 b9 07 64 00 99 24 64 00 89 24 40 00 d9 40 00 e9 00 40 00 ff 2f 00",
    ):
        body = bytes.fromhex(events)
        head = b"MThd" + bytes.fromhex("00000006 0000 0001 0060")
        data = head + b"XXXX\0\0\0\2ab" + b"MTrk" + len(body).to_bytes(4) + body
        riff = b"RIFF" + bytes(4) + b"RMIDdata" + bytes(4) + data
        for one in (data, riff):
            assert read(page, one)["code"] == list(beat_of(one))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a MIDI file"),
        (b"nonsense that is no file", "not a MIDI file"),
        (b"MThd\0\0\0\6\0\0\0\1\xe7\x28", "SMPTE"),
        (midi_file([(0, 36, 100)], channel=3), "no drums"),
        (midi_file([(0, 36, 100)], metres=((0, 3, 4),)), "no drums"),
        (midi_file([(0, 36, 100)] * 9)[:-9], "cut short"),
    ],
)
def test_what_can_not_be_read_is_refused_in_words(page: Any, data: bytes, why: str) -> None:
    assert why in read(page, data)


@pytest.mark.parametrize("way", ["open", "drop"])
def test_a_file_lands_where_its_beat_is(
    opened: Callable[..., Any], atlas: Atlas, places: Places, tmp_path: Path, way: str
) -> None:
    page = opened("phone" if way == "open" else "desk")
    if way == "open":
        page.get_by_role("button", name="About").click()
    for point in (5, 700, 2900):
        code = places.at(atlas.points.z[point]).code
        notes = [
            (120 * step, voice.note, 100)
            for step, hits in enumerate(code)
            for voice in VOICE_TABLE
            if hits >> voice.bit & 1
        ]
        data = midi_file(notes)
        page.evaluate("document.getElementById('toast').textContent = ''")
        if way == "open":
            (tmp_path / "beat.mid").write_bytes(data)
            with page.expect_file_chooser() as chooser:
                page.get_by_role("button", name="Open .mid").click()
            chooser.value.set_files(tmp_path / "beat.mid")
        else:
            page.evaluate(DROP, encoded(data))
        until(page, "document.getElementById('toast').textContent.startsWith('landed')")
        z = atlas.encode(grids([beat_of(data)]).astype(np.float32))[0]
        found = here(page)
        assert np.abs((np.array(found["z"]) - z) / atlas.latent.reach).max() < 1e-3
        assert found["code"] == list(places.at(z).code)
    page.evaluate("drumatlas.press('undo')")
    assert here(page)["z"] != found["z"]
    assert page.seen.errors == []


def test_a_bad_file_is_refused_and_changes_nothing(opened: Callable[..., Any]) -> None:
    page = opened()
    before = here(page)
    page.evaluate(DROP, encoded(b"MThd nonsense"))
    until(page, "document.getElementById('toast').classList.contains('bad')")
    assert page.locator("#toast").text_content().startswith("beat.mid: ")
    assert here(page) == before


def test_a_page_without_an_encoder_says_so(file: Path, opened: Callable[..., Any]) -> None:
    text = file.read_text(encoding="utf-8")
    start = text.index('"encoder":[') + len('"encoder":')
    end = text.index("}]", start) + 2
    lacking = file.with_name("lacking.html")
    lacking.write_text(text[:start] + "null" + text[end:], encoding="utf-8")
    page = opened(file=lacking)
    assert "can't take .mid files" in page.locator("#box").text_content()
    assert page.get_by_role("button", name="Open .mid").count() == 0
