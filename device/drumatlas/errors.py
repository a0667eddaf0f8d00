"""Every error that a user can cause or meet, as one tree.

Each class is also the builtin that a caller would expect, so users of the library may catch either.
The message is one line that names the culprit (file, line, key or port); its hint is the remedy.
The command line prints both and exits with `exit_code`.
"""

from typing import Self

MOST = 1000  # characters of a message; one that quotes its input could be of any length


def one_line(text: str) -> str:
    """Return `text` in a form that can be shown anywhere. Characters that would end the line,
    control a terminal or have no encoding are escaped; a long text loses its middle."""
    if len(text) > MOST:
        text = f"{text[: MOST // 2]} ... {text[-MOST // 4 :]}"
    text = " ".join(text.split())  # a library's message may have several lines
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class DrumatlasError(Exception):
    """Root of the tree: bad input or a missing part, never a bug of ours.

    `what` is the fault. `hint` is the remedy if there is one, such as "pip install smbus2". `str()`
    returns both as one line.
    """

    exit_code = 2

    def __init__(self, what: object = "", hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint

    @property
    def what(self) -> str:
        """What is wrong, without the remedy, as one line."""
        return one_line(super().__str__())

    def __str__(self) -> str:
        return one_line("; ".join(filter(None, (super().__str__(), self.hint))))

    def within(self, place: str) -> Self:
        """Prefix the message with the place of the error, as in "box.toml, line 3: ...", and return
        the error itself."""
        super().__init__(f"{place}: {super().__str__()}")
        return self


class BeatError(DrumatlasError, ValueError):
    """A beat, code, or line of a beats TSV has the wrong format."""


class MidiFileError(DrumatlasError, ValueError):
    """A Standard MIDI File can't be read."""


class AtlasError(DrumatlasError, ValueError):
    """An atlas file breaks its contract: damaged, foreign, or of another version."""


class ConfigError(DrumatlasError, ValueError):
    """The TOML configuration has an unknown key or a value out of range."""


class ControlError(DrumatlasError, ValueError):
    """A control's name, a knob value or a script line has the wrong format."""


class PortError(DrumatlasError, OSError):
    """A MIDI port is missing or can't be opened."""


class WebError(DrumatlasError, OSError):
    """The page's address is in use, or not one of this machine's."""


class StateError(DrumatlasError, ValueError):
    """A saved state file is damaged, or of a later version."""


class PanelError(DrumatlasError, OSError):
    """Hardware of a panel is missing, or the package or permission to use it."""


class ModelError(DrumatlasError, ValueError):
    """A checkpoint can't be used: damaged, or made by another architecture."""


class FileError(DrumatlasError, OSError):
    """A file that was named on the command line can't be read or written."""
