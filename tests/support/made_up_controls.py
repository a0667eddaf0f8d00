"""A copy of the package with two made-up controls, each only a row in the table of controls.

Their controllers, 70 and 71, are sound controllers of MIDI 1.0, so a real control never takes them.
"""

import shutil
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "device" / "drumatlas"
ROWS = """
    Control("spook", 0.25, "feel", "pattern", 70, "( )", "haunts the beat", second="chaos",
            start="play.spook", start_means="1 haunts all of it"),
    Control("boo", BUTTON, "act", "pattern", 71, "%", "frightens the drummer", second="fill"),
"""
_END = "))\n# fmt: on\n"


def copy_with_made_up(folder: Path) -> Path:
    """Copy the package into `folder`, which is then where Python is to look for it first."""
    copy = folder / "drumatlas"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    table = copy / "explore" / "controls.py"
    before, end, after = table.read_text(encoding="utf-8").partition(_END)
    assert end
    table.write_text(before + ROWS + end + after, encoding="utf-8")
    return folder
