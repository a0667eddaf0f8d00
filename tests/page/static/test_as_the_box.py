"""What the static page computes, held against what the box computes, on many inputs."""

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

from drumatlas.play.tap import TapTempo
from support.page_modules import run_in_page

Computed = Callable[[str, str, object], Any]


@pytest.fixture(scope="module")
def computed(request: pytest.FixtureRequest) -> Computed:
    """Runs JavaScript with modules of the page: (imports, body of a function, its argument)."""

    def run(imports: str, body: str, given: object) -> Any:
        return run_in_page(lambda: request.getfixturevalue("browser"), imports, body, given)

    return run


def _tapped(luck: random.Random) -> list[int]:
    """Return the times (ns) of a finger that jitters, misses, hits twice and changes pace."""
    at, times = luck.randrange(10**12), []
    for _ in range(luck.randrange(1, 5)):
        beat = 60e9 / luck.choice([luck.uniform(15, 400), luck.uniform(60, 180), 120, 260])
        jitter = luck.choice([0, 0.01, 0.05, 0.2]) * beat
        for number in itertools.islice(itertools.count(), luck.randrange(2, 14)):
            if number and luck.random() < 0.1:
                continue
            times.append(round(at + number * beat + luck.uniform(-jitter, jitter)))
            if luck.random() < 0.1:
                times.append(times[-1] + luck.randrange(90_000_000))
        at += round(20 * beat * luck.random()) + luck.choice([0, 1_990_000_000, 2_010_000_000])
        at = max(at, times[-1] if times else 0)
    return sorted(times)


def test_taps_set_the_tempo_of_the_box(computed: Computed) -> None:
    luck = random.Random(19)
    all_taps = [_tapped(luck) for _ in range(500)]
    found = computed(
        'import { TapTempo } from "./tap.js";',
        """return given.map((times) => {
            const taps = new TapTempo();
            return times.map((at) => taps.tap(at));
        });""",
        [[at / 1e6 for at in times] for times in all_taps],
    )
    tempos = []
    for times, page in zip(all_taps, found, strict=True):
        taps = TapTempo()
        assert page == [taps.tap(at) for at in times]
        tempos += page
    assert sum(one is None for one in tempos) > 500
    assert sum(one is not None for one in tempos) > 3000
