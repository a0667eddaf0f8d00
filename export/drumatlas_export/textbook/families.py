"""Families of genres that a performer knows, and the sub-genres of each: one table.

Sub-genres are the styles of the textbook and the labels of mined beats (`mine/genres.py`). Labels
that name records rather than rhythms (pop, alternative, prog) stand with the rhythms that most of
their songs have.
"""

from collections.abc import Mapping

# fmt: off
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "rock": (
        "rock", "hard rock", "half-time", "pop ballad", "surf", "country two-beat", "train beat",
        "alternative", "country", "pop", "prog",
    ),
    "metal": ("metal", "double kick", "blast beat", "thrash"),
    "punk": ("punk", "d-beat", "hardcore"),
    "funk": (
        "funk", "soul", "motown", "second line", "boogaloo", "new jack swing",
        "gospel", "rnb",
    ),
    "hip hop": ("hiphop", "boom bap", "lo-fi", "trap", "drill", "old school"),
    "dance": ("dance", "house", "techno", "trance", "disco", "synthpop"),
    "breaks": ("breakbeat", "drum and bass", "jungle", "2-step", "electro", "dubstep"),
    "jazz": ("jazz", "swing", "bebop", "blues", "shuffle", "half-time shuffle"),
    "afro-latin": (
        "latin", "bossa nova", "samba", "baiao", "songo", "mambo", "cha-cha", "cumbia", "merengue",
        "soca", "dembow", "bolero", "african", "afrobeat", "highlife",
    ),
    "reggae": ("reggae", "one drop", "rockers", "steppers", "ska", "dancehall"),
}
# fmt: on
_FAMILY_OF = {genre: family for family, genres in FAMILIES.items() for genre in genres}


def family_of(genre: str) -> str:
    """Return the family of a sub-genre; '' for a label that the table does not have."""
    return _FAMILY_OF.get(genre, "")
