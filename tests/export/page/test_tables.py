import re
from pathlib import Path

from drumatlas.beat.voices import UNVOICED_NAMES
from drumatlas_export.page import tables
from drumatlas_export.page.tables import tables_module

STATIC = Path(tables.__file__).parent / "static"
IMPORT = re.compile(r'import \{([^}]*)\} from "\./smftables\.js"')


def test_each_constant_is_there_once_and_is_used() -> None:
    named = re.findall(r"^export const (\w+) = .*;$", tables_module(), re.MULTILINE)
    assert len(named) == len(set(named)) == tables_module().count("\n")
    used: set[str] = set()
    for path in STATIC.glob("*.js"):
        for found in IMPORT.findall(path.read_text(encoding="utf-8")):
            used |= set(re.findall(r"\w+", found))
    assert used == set(named)


def test_it_holds_what_the_box_has() -> None:
    text = tables_module()
    assert 'export const HEADER = "MThd";\n' in text
    assert f'"33": "{UNVOICED_NAMES[33]}"' in text
    assert "</" not in text
    assert text.isascii()


def test_constants_of_the_box_are_not_written_again_in_the_page() -> None:
    for path in STATIC.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for words in ("MThd", "MTrk", "drumkit", "metronome", "drumatlas voices", "edited since"):
            assert f'"{words}' not in text, path.name
