from argparse import ArgumentParser

from drumatlas.cli.box import Box, build
from drumatlas.cli.play import options
from drumatlas.config.read import parse


def box_of(text: str) -> Box:
    parser = ArgumentParser()
    options(parser)
    return build(parser.parse_args(["--state", "none"]), parse(text, "c"), [])


def test_values_at_start_are_the_configurations() -> None:
    engine = box_of("[play]\nswing = 0.25\nhumanize = 0.75\naccent = 0").engine
    values = engine.explorer.values
    assert (values["swing"], values["humanize"], values["accent"]) == (0.25, 0.75, 0.0)
    steps = engine.explorer.pattern.cycles[0]
    assert len({velocity for step in steps for _, velocity in step}) == 1
    assert engine.explorer.pattern != box_of("").engine.explorer.pattern
