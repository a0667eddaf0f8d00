"""How many frames a second the page draws with a map of 10,000 points, in Chromium.

    python tests/bench/page_frames.py [--seconds 4] [--points 10000]

Both pages, live and as a file, on a small and a large screen, while the beat plays: left alone,
dragged over the map, and zoomed and panned with the wheel. Prints frames a second, the gaps
between frames, and how long the page's own script takes for one. Headless Chromium draws without
a graphics card, so the screen's size costs more here than the points do.
"""

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np

ROOT = Path(__file__).parents[2]
BUILTIN = ROOT / "device" / "drumatlas" / "builtin.atlas"
SIZES = ((800, 480), (1440, 900))
SPY = """() => {
    window.gaps = []; window.costs = [];
    const frame = drumatlas.frame.bind(drumatlas);
    let last = null;
    drumatlas.frame = () => {
        const began = performance.now();
        if (last !== null) gaps.push(began - last);
        last = began;
        frame();
        costs.push(performance.now() - began);
    };
}"""


def enlarge(path: Path, count: int) -> None:
    """The built-in atlas with `count` points: its own, and others close to them."""
    with ZipFile(BUILTIN) as old:
        members = {name: old.read(name) for name in old.namelist()}
    with np.load(io.BytesIO(members["map.npz"])) as arrays:
        points = {name: arrays[name] for name in arrays.files}
    luck = np.random.default_rng(1)
    chosen = np.concatenate(
        [np.arange(len(points["xy"])), luck.integers(len(points["xy"]), size=count)]
    )[:count]
    grown = {name: array[chosen] for name, array in points.items()}
    spread = 0.01 * np.ptp(points["xy"], axis=0)
    grown["xy"] = (grown["xy"] + luck.normal(0, spread, (count, 2))).astype(np.float32)
    stream = io.BytesIO()
    np.savez_compressed(stream, **grown)
    members["map.npz"] = stream.getvalue()
    about = json.loads(members["atlas.json"])
    about["sha256"]["map.npz"] = sha256(members["map.npz"]).hexdigest()
    members["atlas.json"] = json.dumps(about).encode()
    with ZipFile(path, "w", ZIP_DEFLATED) as new:
        for name, data in members.items():
            new.writestr(name, data)


def leave(page: Any, _area: dict[str, float], seconds: float) -> None:
    page.wait_for_timeout(1000 * seconds)


def drag(page: Any, area: dict[str, float], seconds: float) -> None:
    end, count = time.monotonic() + seconds, 0
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    page.mouse.down()
    while time.monotonic() < end:
        count += 1
        x, y = 0.5 + 0.3 * np.sin(count / 11), 0.5 + 0.3 * np.cos(count / 17)
        page.mouse.move(area["x"] + x * area["width"], area["y"] + y * area["height"])
        page.wait_for_timeout(12)
    page.mouse.up()


def zoom(page: Any, area: dict[str, float], seconds: float) -> None:
    end, count = time.monotonic() + seconds, 0
    page.mouse.move(area["x"] + 0.4 * area["width"], area["y"] + 0.4 * area["height"])
    while time.monotonic() < end:
        count += 1
        page.mouse.wheel(0, -60 if count % 60 < 30 else 60)
        page.wait_for_timeout(12)


ACTS: dict[str, Callable[[Any, dict[str, float], float], None]] = {
    "left alone": leave,
    "dragged": drag,
    "zoomed": zoom,
}


def measure(browser: Any, label: str, url: str, seconds: float) -> None:
    for width, height in SIZES:
        context = browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.goto(url)
        page.wait_for_timeout(3000)
        if label == "file":
            page.get_by_role("button", name="Play", exact=True).click()
        page.evaluate(SPY)
        area = page.locator("#map .screen").bounding_box()
        for what, act in ACTS.items():
            page.evaluate("gaps.length = costs.length = 0")
            act(page, area, seconds)
            gaps, costs = np.array(page.evaluate("gaps")), np.array(page.evaluate("costs"))
            rate, late = 1000 / gaps.mean(), 100 * (gaps > 25).mean()
            p50, p99 = np.percentile(gaps, [50, 99])
            own = "{:.1f} / {:.1f}".format(*np.percentile(costs, [50, 99]))
            where = f"{label}, {width} x {height}, {what}"
            print(
                f"| {where} | {rate:.1f} | {p50:.1f} | {p99:.1f} | {late:.1f} | {own} |", flush=True
            )
        context.close()


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--points", type=int, default=10_000)
    wanted = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        atlas, file = Path(name) / "large.atlas", Path(name) / "page.html"
        enlarge(atlas, wanted.points)
        export = ["-c", "import sys; from drumatlas_export.cli import main; sys.exit(main())"]
        subprocess.run([sys.executable, *export, "page", str(atlas), "-o", str(file)], check=True)
        play = [sys.executable, "-m", "drumatlas", "play", "--atlas", str(atlas)]
        options = ["--web", "127.0.0.1:0", "--midi-out", "none", "--panel", "none"]
        box = subprocess.Popen(
            [*play, *options, "--state", "none"], stderr=subprocess.PIPE, text=True
        )
        assert box.stderr is not None
        while not (found := re.match(r"page: (\S+)", box.stderr.readline())):
            assert box.poll() is None, "it ended"
        browser = playwright.chromium.launch(executable_path=chromium, args=root)
        print(
            "| | frames a second | gap p50, ms | p99 | over 25 ms, % | own script p50 / p99, ms |"
        )
        print("| --- | --- | --- | --- | --- | --- |")
        try:
            measure(browser, "live", found[1], wanted.seconds)
            measure(browser, "file", file.as_uri(), wanted.seconds)
        finally:
            browser.close()
            box.terminate()
            box.communicate()


if __name__ == "__main__":
    main()
