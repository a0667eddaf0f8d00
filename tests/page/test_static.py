"""The page that `drumatlas-export page` writes, opened as a file in Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browsing import NO_STORE, SIZES, Seen, draw_path, until
from drumatlas.atlas.model import Atlas, Groove
from drumatlas.atlas.read import read_atlas, read_builtin
from drumatlas.beat.codes import pack
from drumatlas.beat.tsv import BeatRow
from drumatlas.explore.controls import Press, Turn, bpm_of
from drumatlas.explore.explorer import Explorer
from drumatlas.explore.latent import nearest_genre
from drumatlas.explore.search import Places
from drumatlas.explore.shape import Density, velocities
from drumatlas_export.cli import main
from drumatlas_export.page.mlp import LEVELLED

pytestmark = pytest.mark.browser

BUILTIN = Path(__file__).parents[2] / "device" / "drumatlas" / "builtin.atlas"
STEP_MS = 125.0  # at 120 BPM

SPY = """
window.starts = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, ...rest) {
  starts.push(when);
  return start.call(this, when, ...rest);
};
"""

PAIR = """() => {
    window.pairs = []; window.given = 0;
    const hit = drumatlas.sound.hit.bind(drumatlas.sound);
    drumatlas.sound.hit = (at, ...rest) => {
        const before = starts.length;
        given++;
        hit(at, ...rest);
        if (starts.length > before) pairs.push([at, 1000 * starts.at(-1)]);
    };
}"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("static") / "page.html"
    assert main(["page", str(BUILTIN), "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, atlas: Atlas) -> tuple[Path, Atlas]:
    """The page of a small atlas with a groove and a decoder that levels; and the atlas."""
    for name in ("torch", "onnx", "sklearn"):
        pytest.importorskip(name, reason=f"{name} missing; pip install -e '.[export]'")
    folder = tmp_path_factory.mktemp("played")
    write_levelled(folder / "small.atlas", atlas)
    assert main(["page", str(folder / "small.atlas"), "-o", str(folder / "page.html")]) == 0
    return folder / "page.html", read_atlas(folder / "small.atlas")


def write_levelled(path: Path, atlas: Atlas) -> None:
    """Trained on some beats of `atlas` in a few seconds."""
    from drumatlas_export.pack import chart
    from drumatlas_export.pack.job import export
    from drumatlas_export.train.config import TrainConfig
    from drumatlas_export.train.fit import fit

    places, luck = Places(atlas), np.random.default_rng(4)
    codes = {tuple(code) for code in pack(places.hits(atlas.points.z[::8])[1]).tolist()}
    lively = sorted(code for code in codes if places.filter.passes([code], False)[0])
    rows = [
        BeatRow(code, labels=(f"genre {i % 3}",), songs=(f"song {i // 3}",))
        for i, code in enumerate(lively)
    ]
    config = TrainConfig(
        kind="swae", likeliest=True, seed=3, learning_rate=1e-2, max_epochs=40, patience=10
    )
    groove = Groove(
        loud=luck.uniform(30, 110, (16, 14)).astype(np.float32),
        near=luck.uniform(-25, 25, (10, 14)).astype(np.float32),
        late_ms=np.zeros((16, 14), np.float32),
        spread_ms=np.zeros(14, np.float32),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chart, "GENERATED_POINTS", 200)
        export(fit(rows, config, lambda *_: None), path, {}, {}, groove)


@pytest.fixture
def opened(browser: Any, file: Path) -> Iterator[Callable[..., Any]]:
    """Opens the file, or another, offline; `page.seen` is its `Seen`."""
    contexts: list[Any] = []

    def go(size: str = "desk", *, file: Path = file, script: str = "") -> Any:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        page = context.new_page()
        page.seen = Seen(page, file.as_uri())
        page.add_init_script(SPY + script)
        page.goto(file.as_uri())
        until(page, "window.drumatlas?.store.state.here")
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def places(atlas: Atlas) -> Places:
    return Places(atlas)


def here(page: Any) -> Any:
    """Where the page is, once it has found the beat there."""
    page.evaluate("drumatlas.box.refresh()")
    return page.evaluate("({...drumatlas.store.state.here, code: drumatlas.store.state.code})")


@pytest.mark.parametrize("size", ["phone", "small", "desk"])
def test_it_plays_from_a_file_and_asks_nobody(opened: Callable[..., Any], size: str) -> None:
    page = opened(size)
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "starts.length > 8")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("#map canvas").last.is_visible()
    assert page.seen.errors == []
    assert page.seen.foreign == []


@pytest.mark.parametrize("place", [(0.3, 0.4), (0.7, 0.55)])
def test_a_click_plays_what_decode_gives_there(
    opened: Callable[..., Any], places: Places, place: tuple[float, float]
) -> None:
    page = opened()
    page.get_by_role("button", name="Play", exact=True).click()
    before = page.locator("#place-line").get_attribute("data-z")
    area = page.locator("#map .screen").bounding_box()
    page.mouse.click(area["x"] + place[0] * area["width"], area["y"] + place[1] * area["height"])
    until(page, "before => document.getElementById('place-line').dataset.z !== before", before)
    z = np.array(page.locator("#place-line").get_attribute("data-z").split(","), np.float32)
    expected = list(places.at(z).code)
    assert here(page)["code"] == expected
    until(page, "drumatlas.player.playing && drumatlas.coming === null")
    heard = [0] * 32
    for step, voice, _ in page.evaluate("drumatlas.shown"):
        heard[step] |= 1 << voice
    assert heard == expected


def finds_what_the_box_finds(page: Any, places: Places) -> None:
    luck = np.random.default_rng(8)
    moved = 0
    for x, y in luck.random((120, 2)).tolist():
        page.evaluate("([x, y]) => drumatlas.box.travel(x, y)", [x, y])
        found = here(page)
        expected = places.at(np.array(found["z"], np.float32))
        assert found["code"] == list(expected.code)
        assert found["moved"] == pytest.approx(expected.moved, abs=1e-6)
        moved += expected.moved > 0
    assert moved > 5  # some were barred, and looked for nearby


def test_it_finds_what_the_box_finds_wherever_one_goes(
    opened: Callable[..., Any], places: Places
) -> None:
    finds_what_the_box_finds(opened(), places)


def test_so_it_does_with_a_decoder_that_levels(
    opened: Callable[..., Any], played: tuple[Path, Atlas]
) -> None:
    page = opened(file=played[0])
    assert page.evaluate("drumatlas.atlas.layers.at(-1).activation") == LEVELLED
    finds_what_the_box_finds(page, Places(played[1]))


def test_a_point_of_the_map_is_the_very_place(
    opened: Callable[..., Any], atlas: Atlas, places: Places
) -> None:
    page = opened()
    for point in (0, 777, 3000):
        page.evaluate("point => drumatlas.box.go(point)", point)
        found = here(page)
        assert found["z"] == atlas.points.z[point].tolist()
        assert found["code"] == list(places.at(atlas.points.z[point]).code)


def shapes_as_the_box(page: Any, atlas: Atlas, places: Places) -> None:
    groups = page.evaluate("drumatlas.atlas.groups")
    luck = np.random.default_rng(9)
    for _ in range(40):
        values = dict(zip(["density", "accent"], luck.random(2).tolist(), strict=True))
        values |= {f"density.{group}": float(luck.random()) for group in groups}
        page.evaluate(
            """([point, values]) => {
                drumatlas.box.go(point);
                for (const [name, value] of Object.entries(values)) drumatlas.box.turn(name, value);
            }""",
            [int(luck.integers(len(atlas.points.z))), values],
        )
        found = here(page)
        density = Density(values["density"], tuple(values[f"density.{g}"] for g in groups))
        place = places.at(np.array(found["z"], np.float32), density)
        assert found["code"] == list(place.code)
        loud = velocities(place.p, place.hits, place.thresholds, values["accent"], atlas.groove)
        cells = page.evaluate("drumatlas.box.cells")
        assert {(s, v): n for s, v, n in cells} == {
            (s, v): int(loud[s, v]) for s, v in np.argwhere(place.hits).tolist()
        }


def test_density_and_accent_shape_as_on_the_box(
    opened: Callable[..., Any], atlas: Atlas, places: Places
) -> None:
    shapes_as_the_box(opened(), atlas, places)


def test_it_is_as_loud_as_players_are_where_the_atlas_knows_them(
    opened: Callable[..., Any], played: tuple[Path, Atlas]
) -> None:
    assert played[1].groove is not None
    shapes_as_the_box(opened(file=played[0]), played[1], Places(played[1]))


def test_knobs_and_places_agree(opened: Callable[..., Any], atlas: Atlas, places: Places) -> None:
    page = opened()
    page.locator("[data-control=x2]").focus()
    for _ in range(16):
        page.keyboard.press("ArrowUp")
    knobs = np.array([0.5, 0.75, 0.5, 0.5], np.float32)
    wanted = atlas.latent.centre + atlas.latent.basis @ (2 * knobs - 1)
    assert here(page)["z"] == pytest.approx(wanted.tolist(), abs=1e-4)
    page.evaluate("drumatlas.box.press('next_genre')")
    near = nearest_genre(atlas, places.at(wanted.astype(np.float32)).z)
    assert near is not None
    after = [genre is near[0] for genre in atlas.genres].index(True) + 1
    typical = places.typical(atlas.genres[after % len(atlas.genres)])
    assert here(page)["z"] == pytest.approx(typical.tolist(), abs=1e-4)
    page.evaluate("drumatlas.box.press('undo')")
    assert here(page)["z"] == pytest.approx(wanted.tolist(), abs=1e-4)


def test_a_frozen_training_beat_gives_way_to_the_filter(
    opened: Callable[..., Any], atlas: Atlas, places: Places
) -> None:
    page = opened()
    codes = pack(places.hits(atlas.points.z)[1])
    barred = places.filter.passes(codes, False) & ~places.filter.passes(codes)
    point = int(np.flatnonzero(barred)[0])
    box = Explorer(atlas)
    box.handle(Press("novelty"), 0)
    box.go(atlas.points.z[point])
    page.evaluate("point => { drumatlas.box.press('novelty'); drumatlas.box.go(point); }", point)
    assert here(page)["code"] == list(box.pattern.code) == codes[point].tolist()
    for button in ("freeze", "novelty"):
        box.handle(Press(button), 0)
        page.evaluate("name => drumatlas.box.press(name)", button)
    found = here(page)
    assert found["code"] == list(box.pattern.code) != codes[point].tolist()
    heard = {(step, voice) for step, voice, _ in page.evaluate("drumatlas.box.cells")}
    assert heard == {(s, v) for s, step in enumerate(box.pattern.cycles[0]) for v, _ in step}


def test_a_place_that_was_kept_brings_its_tempo_and_its_morph(opened: Callable[..., Any]) -> None:
    page = opened()
    box = Explorer(read_builtin())
    values = ("tempo", "morph", "morph_y", "swing", "map_x", "map_y")

    def both(*acts: tuple[str, float] | str) -> None:
        for act in acts:
            if isinstance(act, str):
                box.handle(Press(act), 0)
                page.evaluate("name => drumatlas.press(name)", act)
            else:
                box.handle(Turn(*act), 0)
                page.evaluate("([name, value]) => drumatlas.turn(name, value)", list(act))
        shown = page.evaluate("drumatlas.store.state.values")
        assert {n: shown[n] for n in values} == pytest.approx({n: box.values[n] for n in values})
        bpm = bpm_of(box.values["tempo"])
        assert page.evaluate("drumatlas.player.bpm") == pytest.approx(bpm)
        assert page.evaluate("drumatlas.store.state.run.bpm") == pytest.approx(bpm)

    both(("tempo", 0.2), ("swing", 0.6), ("morph", 0.3), ("morph_y", 0.7), "save_a")
    both(("tempo", 0.9), ("morph", 0.1), ("morph_y", 0.2), ("swing", 0.0))
    both("load_a")
    assert box.values["tempo"] == 0.2
    both("undo")
    both("next_genre", ("tempo", 0.5), ("morph", 1.0), "undo")
    assert box.values["tempo"] == 0.5


def test_who_wanders_moves_when_the_box_would(opened: Callable[..., Any], atlas: Atlas) -> None:
    page = opened()
    # (ms, bar or None): stopped, started in the middle of a piece of time, stopped again.
    times = [(ms, None) for ms in range(100, 9000, 700)]
    times += [(9000 + 250 * i, i // 8) for i in range(40)]
    times += [(19100 + 500 * i, None) for i in range(14)]
    seen = page.evaluate(
        """(times) => {
            const { box } = drumatlas;
            box.press('wander');
            return times.map(([ms, bar]) => { box.tick(ms, bar); return Array.from(box.z); });
        }""",
        times,
    )
    box = Explorer(atlas)
    box.handle(Press("wander"), 0)
    stops = set()
    for (ms, bar), z in zip(times, seen, strict=True):
        box.tick(ms * 1_000_000, bar)
        assert z == pytest.approx(box.latent.tolist(), abs=1e-4)
        stops.add(tuple(z))
    assert len(stops) == 1 + 4 + 4 + 3


def test_who_wanders_stays_for_the_first_bar(opened: Callable[..., Any]) -> None:
    page = opened()
    page.locator("[data-control=tempo]").press("End")
    page.evaluate(
        """() => {
            window.moves = [];
            const { box } = drumatlas, tick = box.tick.bind(box);
            box.tick = (now, bar) => {
                const before = box.z;
                tick(now, bar);
                if (box.z !== before) moves.push(bar);
            };
            box.press('wander');
        }"""
    )
    until(page, "moves.length >= 1")
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "moves.at(-1) >= 2")
    page.get_by_role("button", name="Stop", exact=True).click()
    until(page, "moves.at(-1) === null")
    bars = [bar for bar in page.evaluate("moves") if bar is not None]
    assert bars == list(range(1, len(bars) + 1))


def test_it_works_where_the_browser_keeps_nothing(opened: Callable[..., Any]) -> None:
    page = opened(script=NO_STORE)
    theme = page.evaluate("document.documentElement.dataset.theme")
    page.get_by_role("button", name="Dark or light").click()
    assert {theme, page.evaluate("document.documentElement.dataset.theme")} == {"light", "dark"}
    assert page.seen.errors == []


@pytest.mark.flaky(reruns=2, reruns_delay=1)  # in real time; conftest.py says why
def test_hits_are_given_to_the_sound_card_at_the_times_of_the_beat(
    opened: Callable[..., Any],
) -> None:
    page = opened("small")
    page.evaluate(PAIR)
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "starts.length > 0")
    page.wait_for_timeout(8000)
    pairs, given = page.evaluate("[pairs, given]")
    due, starts = np.array(pairs).T
    assert len(due) > 30
    assert len(due) >= 0.7 * given  # a machine that stalls costs hits, but never their time
    steps = (due - due[0]) / STEP_MS
    assert steps == pytest.approx(np.rint(steps), abs=1e-6)
    off = starts - due  # up to what lies between two clocks that began apart
    off -= np.median(off)
    assert np.percentile(np.abs(off), 99) <= 5.0, f"ms: {np.percentile(off, [1, 50, 99])}"
    print(f"ms: {np.percentile(np.abs(off), [50, 99, 100])} of {len(off)}")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_timeout(300)
    count = page.evaluate("starts.length")
    page.wait_for_timeout(600)
    assert page.evaluate("starts.length") == count


def test_what_is_given_to_the_sound_lies_on_the_grid_whatever_the_timer_does(
    opened: Callable[..., Any],
) -> None:
    page = opened()
    luck = np.random.default_rng(2)
    looks = np.cumsum(luck.uniform(1, 240, 400)).tolist()
    swung = page.evaluate(
        """(looks) => {
            const hits = [];
            const player = new drumatlas.player.constructor((at) => hits.push(at), () => {});
            player.next = Array.from({ length: 32 }, (_, step) => [step, 0, 100]);
            player.swing = 0.5;
            player.start(1000);
            for (const now of looks) player.pump(1000 + now);
            const half = hits.length;
            player.setTempo(90);
            for (const now of looks) player.pump(1000 + looks.at(-1) + now);
            return { hits, half };
        }""",
        looks,
    )
    hits, half = np.array(swung["hits"]), swung["half"]
    expected = 1000 + STEP_MS * np.arange(half) + STEP_MS / 4 * (np.arange(half) % 2)
    assert hits[:half] == pytest.approx(expected)
    slow = 60_000 / 90 / 4
    later = np.arange(half, len(hits))
    swing = slow / 4 * (later % 2)
    assert hits[half:] == pytest.approx(1000 + STEP_MS * half + slow * (later - half) + swing)


def test_tempo_mutes_and_freeze_are_kept_while_it_plays(opened: Callable[..., Any]) -> None:
    page = opened()
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "drumatlas.player.playing")
    page.locator("[data-control=tempo]").press("End")
    assert page.evaluate("drumatlas.player.bpm") == 240
    for name in page.locator("#beat .name").all():
        name.click()
    page.wait_for_timeout(400)
    page.evaluate("starts.length = 0")
    page.wait_for_timeout(600)
    assert page.evaluate("starts.length") == 0
    page.get_by_role("button", name="Freeze").click()
    code = here(page)["code"]
    page.evaluate("drumatlas.box.travel(0.9, 0.2)")
    assert here(page)["code"] == code
    page.get_by_role("button", name="Freeze").click()
    assert here(page)["code"] != code


def test_a_path_is_followed_bar_by_bar(opened: Callable[..., Any]) -> None:
    page = opened()
    stops = draw_path(page)
    page.locator("[data-control=tempo]").press("End")
    page.get_by_role("button", name="Play", exact=True).click()
    for x, y in stops[1:4]:
        until(
            page,
            "([x, y]) => Math.hypot(drumatlas.store.state.here.x - x,"
            " drumatlas.store.state.here.y - y) < 1e-3",
            [x, y],
        )


def test_accessibility(opened: Callable[..., Any]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    for size in ("desk", "phone", "small"):
        page = opened(size)
        tabs = page.locator("nav button")
        for i in range(tabs.count() if size != "desk" else 1):
            if size != "desk":
                tabs.nth(i).click()
            found = axe.Axe().run(page).response["violations"]
            bad = {v["id"]: [n["html"] for n in v["nodes"]] for v in found}
            assert bad == {}, f"{size}, tab {i}"
