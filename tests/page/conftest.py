"""A box that plays and a real Chromium with its page. Tests are skipped, with the reason, if one of
the two is missing."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.browser import SIZES, Seen, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class PlayedBox:
    """`drumatlas play` as a process, with a page at `url`. When it ends, `take` has its take."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.take = folder / "take.mid"
        command = [sys.executable, "-m", "drumatlas", "play", "--web", "127.0.0.1:0"]
        command += ["--panel", "none", "--state", "none", "--midi-out", f"file:{self.take}"]
        self.process = subprocess.Popen(
            [*command, *options], stderr=subprocess.PIPE, text=True, cwd=folder
        )
        assert self.process.stderr is not None
        while not (found := re.match(r"page: (\S+)", self.process.stderr.readline())):
            assert self.process.poll() is None, "it ended"
        self.url = found[1]

    def end(self) -> None:
        """Stop the box as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(15) == 0

    def close(self) -> None:
        """End it, if it has not ended. Killed only if it hangs: a JACK that waits for its clients
        waits for minutes for one that was killed."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser per test file: an open page that is not needed takes a tenth of a core."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright; make test has it")
    if CHROMIUM is None:
        pytest.skip("no chromium; apt install chromium")
    with sync_api.sync_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=root)
        yield one
        one.close()


@contextmanager
def _boxes(folder: Path) -> Iterator[Callable[..., PlayedBox]]:
    """Start boxes with options in `folder`; they end with the context."""
    made: list[PlayedBox] = []

    def play(*options: str) -> PlayedBox:
        made.append(PlayedBox(folder, *options))
        return made[-1]

    try:
        yield play
    finally:
        for one in made:
            one.close()


@contextmanager
def _visits(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open pages of boxes; they are closed with the context."""
    contexts: list[Any] = []

    def go(box: PlayedBox, size: str = "desk", *, path: str = "", script: str = "") -> Any:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.seen = Seen(page, box.url)
        if script:
            page.add_init_script(script)
        page.goto(box.url + path)
        until(page, "window.drumatlas?.store.state.here && drumatlas.link.clock.isKnown")
        return page

    try:
        yield go
    finally:
        for context in contexts:
            context.close()


@pytest.fixture
def boxes(tmp_path: Path, browser: Any) -> Iterator[Callable[..., PlayedBox]]:
    """Starts a box: `boxes("--bpm", "300")`."""
    with _boxes(tmp_path) as play:
        yield play


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page and waits until it is in step with the box; `page.seen` is its `Seen`."""
    with _visits(browser) as go:
        yield go


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory, browser: Any) -> Iterator[Callable[..., Any]]:
    """Runs JavaScript that uses the page's pure modules: `module("share.js", "m => m.x(1)")`.

    A test file has one page for it, because these modules keep nothing from call to call.
    """
    folder = tmp_path_factory.mktemp("module")
    with _boxes(folder) as play, _visits(browser) as go:
        page = go(play("--no-start"))

        def run(name: str, function: str, argument: object = None) -> Any:
            source = f"async (given) => ({function})(await import('/{name}'), given)"
            return page.evaluate(source, json.loads(json.dumps(argument)))

        yield run
