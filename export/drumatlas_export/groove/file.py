"""The groove that an atlas is to carry: one that was learned, or the one that ships."""

from importlib.resources import files
from pathlib import Path

from drumatlas.atlas.model import Groove
from drumatlas.atlas.read import parse_groove
from drumatlas.errors import AtlasError
from drumatlas.files import read_bytes

NONE = "none"
SHIPPED = "players.npz"  # learned from Groove MIDI, CC BY 4.0: export/MODEL_CARD.md
_MOST = 1 << 20  # bytes; 600 numbers take 5,000


def read_groove(wanted: str | None) -> Groove | None:
    """The groove in the file `wanted`, the shipped one for None, none for 'none'; AtlasError or
    FileError names the file that holds none."""
    if wanted == NONE:
        return None
    if wanted is None:
        return parse_groove(files(__package__).joinpath(SHIPPED).read_bytes())
    try:
        return parse_groove(read_bytes(Path(wanted), _MOST))
    except AtlasError as error:
        raise error.within(wanted) from None
