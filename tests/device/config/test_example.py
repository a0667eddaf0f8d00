import tomllib

from drumatlas.config.example import example
from drumatlas.config.keys import defaults
from drumatlas.config.read import parse


def test_the_example_holds_every_key_at_its_default() -> None:
    assert parse(example(), "example") == defaults()
    assert len(tomllib.loads(example())["voices"]) == 14
