"""Opening hardware: a library's error becomes a PanelError with the likeliest reason."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drumatlas.errors import PanelError

INSTALL = "pip install 'drumatlas[pi]'"


def opened(opens: Callable[[], Any], what: str, device: Path, group: str, missing: str) -> Any:
    """Return what `opens` returns.

    If it fails, raise a PanelError about `what`: that there is no `device` (the hint is `missing`),
    that only `group` may use it, or the library's own words. Libraries here raise errors of their
    own kinds, so all are caught.
    """
    from gpiozero.exc import GPIOZeroWarning  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GPIOZeroWarning)  # it warns where it falls back
            return opens()
    except Exception as error:
        if not device.exists():
            why, hint = f"there is no {device}", missing
        elif not os.access(device, os.R_OK | os.W_OK):
            why = f"{device} may not be used"
            hint = f"sudo usermod -aG {group} $USER, and log in again"
        else:
            why, hint = f"{error or type(error).__name__}", ""
        raise PanelError(f"{what}: {why}", hint) from None
