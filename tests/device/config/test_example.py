import re
import tomllib

import pytest

from drumatlas.config.example import example
from drumatlas.config.keys import KEYS, Key, defaults, plain
from drumatlas.config.read import parse


def test_the_example_holds_every_key_at_its_default() -> None:
    assert parse(example(), "example").values == defaults()
    assert len(tomllib.loads(example())["voices"]) == 14


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_every_key_is_described_with_a_range_that_can_be_read(key: Key) -> None:
    assert len(key.help.split()) >= 2
    assert key.help == key.help.strip(" ,;:")
    lines = [one for one in example().splitlines() if key.help in one]
    assert lines
    if key.has_range:
        assert key.low < key.high
        assert any(one.endswith(f"  # {key.help} ({key.range})") for one in lines)


def test_every_line_of_the_example_reads_well() -> None:
    for line in example().splitlines():
        if " = " in line and not line.startswith("#"):
            _, about = line.split("  # ")
            assert re.match(r"[a-zA-Z0-9]", about), line
        assert not re.search(r"\de[+-]\d|, ,|: ,|  $|\.0 to |to \d+\.0\b", line), line
        assert len(line) < 200
    assert [plain(number) for number in (0, 2**32 - 1, 0.05, 4.0, -20.0)] == [
        "0", "4294967295", "0.05", "4", "-20",
    ]  # fmt: skip
