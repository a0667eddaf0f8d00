"""Explain what to do if a package for a MIDI system does not load."""

from drumatlas.errors import PortError

# The wheels of alsa-midi (on ARM), python-rtmidi and supriya-midi load the system's library.
_ALSA_LIBRARY = "apt install libasound2t64 (before Debian 13: libasound2), dnf install alsa-lib"


def does_not_load(package: str, error: Exception) -> PortError:
    """Return the error for a `package` that does not load; its hint says what to install."""
    hint = _ALSA_LIBRARY if "libasound" in str(error) else f"pip install {package}"
    return PortError(f"{package} does not load ({error})", hint)
