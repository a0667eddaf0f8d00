"""An engine with a panel that tests move."""

import pytest

from drumatlas.atlas.model import Atlas
from drumatlas.engine import Engine
from drumatlas.play.settings import PlaySettings
from support.fake_panel import FakePanel


@pytest.fixture
def panel() -> FakePanel:
    return FakePanel()


@pytest.fixture
def engine(atlas: Atlas, panel: FakePanel) -> Engine:
    return Engine(atlas, PlaySettings(), [panel], 0)
