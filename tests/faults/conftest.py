"""A synth that records."""

import pytest

from jack import Recorder


@pytest.fixture
def synth(recorder: Recorder) -> Recorder:
    recorder.client.open_virtual_port("synth")
    return recorder
