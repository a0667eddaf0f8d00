"""Read the groove to put into an atlas: a learned one, or the one that ships."""

from importlib.resources import files
from pathlib import Path

from drumatlas.atlas.model import Groove
from drumatlas.atlas.read import parse_groove
from drumatlas.errors import AtlasError
from drumatlas.files import read_bytes

NONE = "none"
SHIPPED = "players.npz"  # learned from Groove MIDI, CC BY 4.0: export/MODEL_CARD.md
_MAX_BYTES = 1 << 20  # 600 numbers take 5,000


def read_groove(wanted: str | None) -> Groove | None:
    """Return the groove in the file `wanted`, the shipped one for None, or None for 'none'.

    AtlasError or FileError names a file that does not hold a groove.
    """
    if wanted == NONE:
        return None
    if wanted is None:
        return parse_groove(files(__package__).joinpath(SHIPPED).read_bytes())
    try:
        return parse_groove(read_bytes(Path(wanted), _MAX_BYTES))
    except AtlasError as error:
        raise error.within(wanted) from None
