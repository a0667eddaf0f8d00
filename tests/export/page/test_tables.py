import re
from pathlib import Path

import pytest

from drumatlas.beat.voices import UNVOICED_NAMES
from drumatlas_export.page import tables
from drumatlas_export.page.tables import TABLES, tables_module

STATIC = Path(tables.__file__).parent / "static"
MODULES = {path.name: path.read_text(encoding="utf-8") for path in STATIC.glob("*.js")}
DEFINED = re.compile(r"^export const (\w+) = (.*);$", re.MULTILINE)
SHARED = {name: value for file in TABLES for name, value in DEFINED.findall(tables_module(file))}

# Constants that belong to the page alone, or to a format or algorithm that others have published.
OWN = {
    "blake2b.js": "INITIAL ORDER ROUNDS MIXED BYTES PARAMETERS",  # RFC 7693
    "data.js": "READERS",
    "encode.js": "AXES",  # of the latent space
    "filemark.js": "NOTE_BYTES CRC_TABLE",
    "main.js": "PUMP_MS SETTLE_MS REST_MS",
    "graph.js": "OPERATORS",
    "numbers.js": "LANES",  # of NumPy
    "player.js": "AHEAD_MS",
    "smfbytes.js": "PIECE",
    "smfnotes.js": "KEEP NO_STATUS",
    "smfparts.js": "WORD UNPRINTABLE",
}
# Numbers in the code that are the box's by chance: bits, bytes and MIDI's data bytes.
BY_CHANCE: dict[str, set[float]] = {
    "blake2b.js": {64},
    "filemark.js": {128},
    "graph.js": {0.01},  # of LeakyRelu, as ONNX defines it
    "shape.js": {127},
    "smf.js": {127},
    "smfnotes.js": {32, 128},
    "smfsearch.js": {128},
}
DEFINITION = re.compile(
    r"^(?:export )?(?:const|let|var) (\w+|\[[\w, .]+\]) = (.*?); *$", re.MULTILINE | re.DOTALL
)
CONSTANT = re.compile(r"\b[A-Z][A-Z0-9_]+\b")
NUMBER = re.compile(r"(?<![\w.\"])\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.\"])")


def code_of(text: str) -> str:
    """Return a module without comments and imports."""
    return re.sub(r"(?m)^import .*$|(?:^|(?<=\s))//.*$", "", text)


@pytest.mark.parametrize("name", TABLES)
def test_each_constant_is_there_once_and_is_used(name: str) -> None:
    text = tables_module(name)
    named = [found for found, _ in DEFINED.findall(text)]
    assert len(named) == len(set(named)) == text.count("\n")
    used: set[str] = set()
    for module in MODULES.values():
        for found in re.findall(rf'import \{{([^}}]*)\}} from "\./{re.escape(name)}"', module):
            used |= {one.split(" as ")[0].strip() for one in found.split(",") if one.strip()}
    assert used == set(named)


def test_a_name_means_the_same_in_all_tables() -> None:
    for file in TABLES:
        for name, value in DEFINED.findall(tables_module(file)):
            assert SHARED[name] == value


def test_it_holds_what_the_box_has() -> None:
    text = tables_module("smftables.js")
    assert 'export const HEADER = "MThd";\n' in text
    assert f'"33": "{UNVOICED_NAMES[33]}"' in text
    for name in TABLES:
        assert "</" not in tables_module(name)
        assert tables_module(name).isascii()


def test_a_literal_of_the_page_is_its_own() -> None:
    """A constant that the box has, too, comes from a table; all others are listed above."""
    for file, text in MODULES.items():
        found = [
            name
            for names, value in DEFINITION.findall(code_of(text))
            for name in CONSTANT.findall(names)
            if not set(CONSTANT.findall(value)) & set(SHARED)
        ]
        assert found == OWN.get(file, "").split(), file


def test_no_module_defines_a_name_of_the_tables() -> None:
    for file, text in MODULES.items():
        for names, _ in DEFINITION.findall(code_of(text)):
            assert not set(CONSTANT.findall(names)) & set(SHARED), file


def test_numbers_of_the_box_do_not_stand_in_the_code_of_the_page() -> None:
    """This holds for fractions and for numbers over 20; smaller ones are too common."""
    shared = {float(number) for value in SHARED.values() for number in NUMBER.findall(value)}
    telling = {value for value in shared if value % 1 or value > 20} - {0.5}
    assert len(telling) > 50
    for file, text in MODULES.items():
        numbers = {float(one) for one in NUMBER.findall(code_of(text))}
        assert numbers & telling == BY_CHANCE.get(file, set()), file


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("shape.js", "const MIN_HITS = 12;"),
        ("shape.js", "const [LEAST, MOST] = [12, 128];"),
        ("places.js", "const STEPS_BACK = Array.from({ length: 16 }, (_, i) => i / 16);"),
        ("space.js", "const blur = 0.35;"),
        ("player.js", "const late = 44 + 46 * sure;"),
    ],
)
def test_a_number_written_again_is_found(
    file: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MODULES, file, f"{MODULES[file]}\n{line}\n")
    with pytest.raises(AssertionError):
        test_a_literal_of_the_page_is_its_own()
        test_no_module_defines_a_name_of_the_tables()
        test_numbers_of_the_box_do_not_stand_in_the_code_of_the_page()


def test_constants_of_the_box_are_not_written_again_in_the_page() -> None:
    for file, text in MODULES.items():
        for words in ("MThd", "MTrk", "drumkit", "metronome", "drumatlas voices", "edited since"):
            assert f'"{words}' not in text, file
