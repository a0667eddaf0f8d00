"""A control that has only its row in the table is everywhere where controls are."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from support.made_up_controls import copy_with_made_up

LOOK = """
import json
from drumatlas.atlas.read import read_builtin
from drumatlas.explore import control_list, controls
from drumatlas.panel import keys, midi_map, wiring
from drumatlas.web.assets import StaticAssets

print(json.dumps({
    "values": controls.VALUES,
    "buttons": controls.BUTTONS,
    "cc": midi_map.DEFAULT_CC,
    "turns": keys.TURNS,
    "presses": keys.PRESSES,
    "keys": keys.HELP,
    "shown": keys._SHOWN,
    "second": wiring.DEFAULT_SECOND,
    "page": json.loads(StaticAssets(read_builtin()).get("/atlas.json").body),
    "markdown": control_list.markdown(),
}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_with_made_up(tmp_path_factory.mktemp("made-up"))


def run(folder: Path, *words: str) -> str:
    """What Python says that takes the package from `folder`."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *words], env=environment, cwd=folder, check=False, capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def found(folder: Path) -> Any:
    return json.loads(run(folder, "-c", LOOK))


def test_it_has_a_name_and_a_controller(found: Any) -> None:
    assert found["values"][-1] == "spook"
    assert found["buttons"][-1] == "boo"
    assert (found["cc"]["spook"], found["cc"]["boo"]) == (70, 71)


def test_it_has_a_key_in_the_terminal(found: Any) -> None:
    assert (found["turns"]["("], found["turns"][")"]) == (["spook", -1], ["spook", 1])
    assert found["presses"]["%"] == "boo"
    assert "(/) spook   % boo" in " ".join(found["keys"])
    assert found["shown"][-1] == "spook"


def test_it_has_a_second_function(found: Any) -> None:
    assert (found["second"]["spook"], found["second"]["boo"]) == ("chaos", "fill")


def test_both_pages_show_it(found: Any) -> None:
    pytest.importorskip("onnx", reason="the training side is not installed")
    from drumatlas_export.page.html import without_box

    for about in (found["page"], without_box(found["page"])):
        rows = {row["name"]: row for row in about["controls"]}
        assert about["values"]["spook"] == rows["spook"]["default"] == 0.25
        assert rows["spook"]["keys"] == ["(", ")"]
        assert (rows["boo"]["default"], rows["boo"]["keys"]) == (None, ["%"])
        assert (rows["spook"]["group"], rows["boo"]["group"]) == ("feel", "act")
        assert rows["boo"]["help"] == "frightens the drummer"


def test_the_list_of_controls_holds_it(found: Any) -> None:
    lines = found["markdown"].splitlines()
    assert "| `spook` | haunts the beat | 0.25; `play.spook` | 70 | `(` `)` | `chaos` |" in lines
    assert "| `boo` | frightens the drummer | 71 | `%` | `fill` |" in lines


def test_its_start_is_a_setting(folder: Path) -> None:
    text = run(folder, "-m", "drumatlas", "config")
    config = tomllib.loads(text)
    assert config["play"]["spook"] == 0.25
    assert "spook = 0.25  # spook at the start; 1 haunts all of it (0 to 1)" in text
    assert (config["cc"]["spook"], config["cc"]["boo"]) == (70, 71)
    assert {"spook", "boo"} <= config["gpio"].keys()
    assert (config["shift"]["spook"], config["shift"]["boo"]) == ("chaos", "fill")
    assert "spook" in config["calibration"]


def test_the_help_of_the_command_line_names_it(folder: Path) -> None:
    lines = run(folder, "-m", "drumatlas", "play", "--help").splitlines()
    assert any("(/) spook" in line for line in lines)
    assert any("% boo" in line for line in lines)
    words = run(folder, "-m", "drumatlas", "render", "--help").split()
    assert {"spook", "boo"} <= set(words)


def test_it_plays_from_the_configuration_and_a_script(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("play.spook = 0.75\n")
    moves = '{"t": 0, "press": "boo"}\n{"t": 0, "control": "x1", "value": 0}'
    (tmp_path / "s.jsonl").write_text(moves)
    run(
        folder, "-m", "drumatlas", "play", "--config", str(tmp_path / "c.toml"), "--web", "off",
        "--midi-out", "none", "--panel", f"script:{tmp_path / 's.jsonl'}",
        "--state", str(tmp_path), "--seconds", "0.5",
    )  # fmt: skip
    kept = json.loads((tmp_path / "state.json").read_text())
    assert kept["place"]["values"]["spook"] == 0.75
    assert kept["place"]["values"]["x1"] == 0
