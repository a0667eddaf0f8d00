"""The picture of the page for the README, taken in Chromium of a box that plays:

PYTHONPATH=tests python -m page.picture device/page.png
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from page.conftest import CHROMIUM
from support.browser import until

SIZE = {"width": 1280, "height": 800}
GENRE = "funk"
PLAYS_MS = 3000  # before the picture is taken: the beat of the genre has come in


def take(page: Page) -> bytes:
    """Return a PNG of the page with the box at GENRE."""
    until(page, "!!window.drumatlas")
    for _ in range(100):
        if GENRE in page.locator("#near").inner_text().split():
            break
        page.keyboard.press(".")
        page.wait_for_timeout(200)
    page.wait_for_timeout(PLAYS_MS)
    return page.screenshot()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, metavar="F.png", help="file to write")
    output = parser.parse_args().output.resolve()
    command = [sys.executable, "-m", "drumatlas", "play", "--web", "127.0.0.1:0"]
    command += ["--panel", "none", "--state", "none", "--midi-out", "file:take.mid"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        box = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=folder)
        try:
            assert box.stderr is not None
            address = next(line.split()[1] for line in box.stderr if line.startswith("page: "))
            root = ["--no-sandbox"] if os.geteuid() == 0 else []
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=root)
            page = browser.new_page(viewport=SIZE, color_scheme="dark")
            page.goto(address)
            output.write_bytes(take(page))
            browser.close()
        finally:
            box.terminate()
            box.communicate()


if __name__ == "__main__":
    main()
