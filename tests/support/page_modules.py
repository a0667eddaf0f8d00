"""Run modules of the static page that need no document: in node if it is installed, else in
Chromium."""

import json
import shutil
import subprocess
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from drumatlas_export.page.bundle import bundle
from drumatlas_export.page.tables import TABLES, tables_module

NODE = shutil.which("node")

_DEVICE, _STATIC = (
    files("drumatlas.web").joinpath("page"),
    files("drumatlas_export.page").joinpath("static"),
)

# Modules that make a page's places and encoder, and `made(given.atlas)`, which does.
PLACES = """
import { readAtlas } from "./data.js";
import { Decoder } from "./decoder.js";
import { Encoder } from "./encode.js";
import { BeatFilter } from "./filter.js";
import { Places } from "./places.js";
import { Space } from "./space.js";
function made(text) {
  const atlas = readAtlas(text);
  const space = new Space(atlas);
  const filter = new BeatFilter(atlas.known);
  const decoder = new Decoder(atlas.decoder);
  const places = new Places(atlas, space, decoder, filter);
  return { atlas, space, places, encoder: new Encoder(atlas, space, decoder) };
}
"""

# Runs JavaScript with modules of the page: (imports, body of a function, its argument).
Computed = Callable[[str, str, object], Any]


def run_in_page(browser: Callable[[], Any], imports: str, body: str, given: object) -> Any:
    """Return what the function `body` of `given` returns; both pass as JSON.

    `imports` are lines `import {...} from "./x.js";`. `browser` opens a Chromium; it is not called
    if there is a node.
    """
    entry = f"{imports.strip()}\nexport function answer(given) {{\n{body}\n}}\n"

    def read(name: str) -> str:
        if name == "entry.js":
            return entry
        if name in TABLES:
            return tables_module(name)
        own = _STATIC.joinpath(name)
        return (own if own.is_file() else _DEVICE.joinpath(name)).read_text(encoding="utf-8")

    script = bundle("entry.js", read)
    if NODE:
        return _in_node(script, given)
    page = browser().new_page()
    try:
        return page.evaluate(
            f"(given) => {{ {script}\nreturn module_entry.answer(given); }}", given
        )
    finally:
        page.close()


def _in_node(script: str, given: object) -> Any:
    assert NODE is not None
    read = "JSON.parse(require('fs').readFileSync(0, 'utf8'))"
    write = f"process.stdout.write(JSON.stringify(module_entry.answer({read})));"
    done = subprocess.run(
        [NODE, "-e", f"'use strict';\n{script}\n{write}"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
