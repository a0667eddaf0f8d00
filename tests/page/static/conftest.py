"""The page that `drumatlas-export page` writes, opened as a file in Chromium."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drumatlas.atlas.model import Atlas, Groove
from drumatlas.atlas.read import read_atlas
from drumatlas.beat.codes import pack
from drumatlas.beat.tsv import BeatRow
from drumatlas.explore.search import Places
from drumatlas_export.cli import main
from drumatlas_export.page.html import static_page
from support.atlases import write_labelled
from support.browser import SIZES, Seen, until
from support.page_modules import Computed, run_in_page

BUILTIN = Path(__file__).parents[3] / "device" / "drumatlas" / "builtin.atlas"

SPY = """
window.starts = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0, ...rest) {
  starts.push(when);
  return start.call(this, when, ...rest);
};
"""


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
    """Write an atlas that is trained on some beats of `atlas` in a few seconds."""
    from drumatlas_export.atlas import chart
    from drumatlas_export.atlas.job import export
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
def page(browser: Any, file: Path) -> Iterator[Any]:
    """The page as a file, offline; one for all tests of a module."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(file.as_uri())
    until(page, "window.drumatlas?.store.state.here")
    yield page
    context.close()


@pytest.fixture(scope="module")
def computed(request: pytest.FixtureRequest) -> Computed:
    """Runs JavaScript with modules of the page, in node or in Chromium."""

    def run(imports: str, body: str, given: object) -> Any:
        return run_in_page(lambda: request.getfixturevalue("browser"), imports, body, given)

    return run


@pytest.fixture(scope="module")
def data() -> str:
    """The built-in atlas as its page has it."""
    return _table_of(BUILTIN)


@pytest.fixture(scope="module")
def labelled_data(tmp_path_factory: pytest.TempPathFactory, labelled: Atlas) -> str:
    """The built-in atlas with labels as its page has it."""
    return _table_of(write_labelled(tmp_path_factory.mktemp("labelled") / "a.atlas", labelled))


def _table_of(path: Path) -> str:
    page = static_page(path.read_bytes(), path.stem)
    found = re.search(r'<script type="application/json" id="atlas">(.*?)</script>', page)
    assert found
    return found[1]
