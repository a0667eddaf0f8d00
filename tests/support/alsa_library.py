"""alsa-midi, or a skipped test where it does not load."""

from typing import Any

import pytest

from drumatlas.errors import PortError
from drumatlas.midi.alsa.queue import import_alsa


def alsa_or_skip() -> Any:
    """Return the package; skip the test, or the module that calls this, with the reason."""
    try:
        return import_alsa()
    except PortError as error:
        pytest.skip(str(error), allow_module_level=True)
