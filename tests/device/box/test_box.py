from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.atlas.read import read_builtin
from drumatlas.box.box import Box, build
from drumatlas.cli.play import options
from drumatlas.config.read import parse
from drumatlas.service import atlas as service_atlas


def box_of(text: str, *more: str) -> Box:
    parser = ArgumentParser()
    options(parser)
    return build(parser.parse_args(["--state", "none", *more]), parse(text, "c"), [])


def test_values_at_start_are_the_configurations() -> None:
    engine = box_of("[play]\nswing = 0.25\nhumanize = 0.75\naccent = 0").engine
    values = engine.explorer.values
    assert (values["swing"], values["humanize"], values["accent"]) == (0.25, 0.75, 0.0)
    steps = engine.explorer.pattern.cycles[0]
    assert len({velocity for step in steps for _, velocity in step}) == 1
    assert engine.explorer.pattern != box_of("").engine.explorer.pattern


def test_an_atlas_that_gives_no_beat_does_not_keep_the_service_from_playing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def read(path: Path | None) -> Atlas:
        atlas = read_builtin()
        return replace(atlas, thresholds=atlas.thresholds * 0 + 1) if path else atlas

    monkeypatch.setattr(service_atlas, "open_atlas", read)
    engine = box_of("", "--unattended", "--atlas", "mute.atlas").engine
    assert engine.explorer.pattern
    assert len(engine.faults) == 1
    assert "mute.atlas: atlas" in engine.faults[0]
    assert "playing another atlas" in engine.faults[0]
