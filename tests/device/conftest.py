"""What plays on a box: an engine with the built-in atlas."""

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.play.settings import PlaySettings


@pytest.fixture
def engine(atlas: Atlas) -> Engine:
    """An engine at time 0, without panels."""
    return Engine(atlas, PlaySettings(), [], 0)
