"""Sound cards as the kernel shows them."""

from pathlib import Path

import pytest

from support.fake_sysfs import Sysfs


@pytest.fixture
def sysfs(tmp_path: Path) -> Sysfs:
    """A tree without any card."""
    return Sysfs(tmp_path)
