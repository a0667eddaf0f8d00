"""Whatever comes in at a border ends in a result or in one line that says what is wrong.

`make fuzz` goes on for minutes at each border.
"""

import pytest
from hypothesis import HealthCheck, given, settings

from fuzz.atlases import ATLASES, BOMBS, GRAPHS
from fuzz.borders import Border, judge
from fuzz.midi import MIDI
from fuzz.sockets import SERVED
from fuzz.texts import TEXTS

BORDERS = [*MIDI, *TEXTS, *SERVED, *ATLASES, *BOMBS, *GRAPHS]
# Each of these takes some time.
FEW = {"atlas": 30, "atlas-bomb": 3, "atlas-graph": 5, "midi-messages": 30, "web-socket": 60}


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("border", BORDERS, ids=lambda border: border.name)
def test_whatever_comes_in_is_taken_or_refused_in_one_line(border: Border) -> None:
    @settings(max_examples=FEW.get(border.name, 150), suppress_health_check=list(HealthCheck))
    @given(border.inputs)
    def try_it(what: object) -> None:
        judge(border.take, what)

    try_it()
