"""An explorer of the built-in atlas."""

from collections.abc import Iterator

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.explore.explorer import Explorer


@pytest.fixture
def explorer(atlas: Atlas) -> Iterator[Explorer]:
    yield Explorer(atlas, seed=3)
