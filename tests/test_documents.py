"""The documents: their links lead somewhere, and their lists, names and paths are the code's."""

import fnmatch
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from drumatlas.config.keys import KEYS
from drumatlas.explore.controls import BUTTONS, VALUES
from drumatlas.panel.midi_map import DEFAULT_CC
from drumatlas.panel.script import parse_script
from drumatlas.panel.wiring import DEFAULT_LAMPS, DEFAULT_SECOND, DEFAULT_WIRES
from support.command_lines import options_of, programs
from support.documents import DOCUMENTS, ROOT, Document, tree

FRONT = Document(ROOT / "README.md")
BOX = Document(ROOT / "device/README.md")
WIRING = Document(ROOT / "device/drumatlas/panel/README.md")
MOST_BYTES = {FRONT: 8192, Document(ROOT / "CONTRIBUTING.md"): 4096}
LANGUAGES = {"sh", "text", "json"}
NAMES = {path.name for path in tree()}
# What stands in the wiring diagram for a control.
STICK = {"stick VRx": "map_x", "stick VRy": "map_y"}
# Words of a private dialect; the changelog is not of one hand.
DIALECT = re.compile(r"\b(told|anew|reckon\w*|is none of|bears?)\b", re.IGNORECASE)

OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")

by_document = pytest.mark.parametrize("document", DOCUMENTS, ids=str)


def test_there_is_a_document_for_each_folder() -> None:
    folders = {str(document.path.parent.relative_to(ROOT)) for document in DOCUMENTS}
    rooms = {"device/drumatlas/panel", "device/drumatlas/web"}
    assert folders == {".", "device", "export", "systemd", "tests", "tests/bench"} | rooms


@by_document
def test_every_link_leads_somewhere(document: Document) -> None:
    for link in document.links:
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in {"http", "https"} and parts.netloc, link
            continue
        target = (document.path.parent / parts.path).resolve() if parts.path else document.path
        assert target.is_relative_to(ROOT.resolve()) and target.exists(), link
        if parts.fragment:
            assert parts.fragment in Document(target).anchors, link


def test_documents_that_the_sources_name_exist() -> None:
    found = 0
    for path in tree():
        if path.suffix not in {".py", ".js", ".sh"} or path == Path(__file__):
            continue
        for name in re.findall(r"[\w/]*\w\.md\b", path.read_text(encoding="utf-8")):
            assert (ROOT / name).is_file() or (path.parent / name).is_file(), f"{path}: {name}"
            found += 1
    assert found > 3


def test_every_document_is_reached_from_the_front_page() -> None:
    seen, waiting = set(), [FRONT.path]
    while waiting:
        path = waiting.pop()
        if path in seen or path.suffix != ".md":
            continue
        seen.add(path)
        paths = [urlsplit(link).path for link in Document(path).links if "://" not in link]
        waiting += [(path.parent / one).resolve() for one in paths if one]
    assert {path.resolve() for path in seen} == {one.path.resolve() for one in DOCUMENTS}


@pytest.mark.parametrize("document", MOST_BYTES, ids=str)
def test_short_documents_stay_short(document: Document) -> None:
    assert document.path.stat().st_size <= MOST_BYTES[document]


@by_document
def test_blocks_name_their_language(document: Document) -> None:
    """An indented block, or one without a language, would be tested by nobody."""
    assert {block.language for block in document.blocks} <= LANGUAGES
    assert "code_block" not in {token.type for token in document.tokens}


@by_document
def test_it_is_written_in_plain_words(document: Document) -> None:
    if document.path.name != "CHANGELOG.md":
        assert not DIALECT.findall(document.path.read_text(encoding="utf-8"))


def test_examples_of_scripts_are_scripts() -> None:
    blocks = [block for one in DOCUMENTS for block in one.blocks if block.language == "json"]
    for block in blocks:
        assert parse_script("\n".join(block.lines), "example")
        assert all(json.loads(line) for line in block.lines)
    assert blocks


def paths_in(document: Document) -> Iterator[str]:
    """Yield what it names in backticks that looks like a file or folder of ours."""
    for word in document.code:
        in_a_folder = re.fullmatch(r"[\w.*-]+/([\w.*/-]+\.(py|js|html|toml|sh|md)|[\w/-]*/)?", word)
        if in_a_folder or re.fullmatch(r"[\w*-]+\.(py|js|sh|service)", word):
            yield word


@by_document
def test_files_that_it_names_exist(document: Document) -> None:
    homes = [ROOT, document.path.parent, ROOT / "device", ROOT / "export"]
    for name in paths_in(document):
        if "/" in name:
            assert any(list(home.glob(name)) for home in homes), name
        else:
            assert fnmatch.filter(NAMES, name), name


def test_files_are_named() -> None:
    assert len([name for document in DOCUMENTS for name in paths_in(document)]) > 20


@by_document
def test_settings_that_it_names_exist(document: Document) -> None:
    keys = {key.name for key in KEYS}
    tables = "|".join(sorted({key.split(".")[0] for key in keys}))
    for word in document.code:
        name = re.fullmatch(rf"((?:{tables})\.[a-z_0-9.]+)(?: = .*)?", word)
        if name and not name[1].endswith((".py", ".js", ".json", ".npz", ".md")):
            assert name[1] in keys, word


@by_document
def test_commands_that_it_mentions_exist(document: Document) -> None:
    for word in document.code:
        found = re.match(r"(?:\.venv/bin/)?(drumatlas(?:-export)?) ([a-z-]+)", word)
        if found and found[1] in programs():
            assert found[2] in {one.name for one in programs()[found[1]]}, word


def test_every_control_is_listed_with_its_controller() -> None:
    rows = BOX.rows("Controls")
    listed = {row.get("value") or row["button"]: int(row["CC"]) for row in rows}
    assert listed == {name: DEFAULT_CC[name] for name in (*VALUES, *BUTTONS)}


@pytest.mark.parametrize("program", programs())
def test_every_command_is_listed_with_options_that_it_has(program: str) -> None:
    home = {"drumatlas": BOX}.get(program) or Document(ROOT / "export/README.md")
    options = options_of(program)
    listed = set()
    for row in home.rows("Commands"):
        words = row["command"].split() if "command" in row else [program, "play"]
        assert words[0] == program
        assert set(OPTION.findall(" ".join(row.values()))) <= options[words[1]], words
        listed.add(words[1])
    assert listed == set(options)


def test_every_make_target_is_listed() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY:(.*)$", makefile, flags=re.MULTILINE)
    assert targets
    rows = Document(ROOT / "tests/README.md").rows("Targets")
    listed = {row["target"].removeprefix("make ") for row in rows}
    assert listed == {name for name in targets[1].split() if not name.startswith("for-")}


def test_the_wiring_is_the_default_panel() -> None:
    diagram = next(block for block in WIRING.blocks if block.language == "text")
    channels = {}
    for line in diagram.lines:
        if found := re.match(r"(.+?) +CH(\d) │", line):
            name = STICK.get(found[1]) or found[1].removeprefix("pot ")
            channels[name] = f"mcp0:{found[2]}"
    keys = [row["in the TOML"] for row in WIRING.rows("Diagram")]
    rows = [re.fullmatch(r'(gpio|lamps)\.(\w+) = "(.*)"', key) for key in keys]
    wired = {f"{row[1]}.{row[2]}": row[3] for row in rows if row}
    gpio = {**channels, **{k.removeprefix("gpio."): v for k, v in wired.items() if "gpio." in k}}
    assert gpio == DEFAULT_WIRES
    assert {k: v for k, v in wired.items() if "lamps." in k} == {
        f"lamps.{name}": wire for name, wire in DEFAULT_LAMPS.items()
    }


def test_the_wiring_says_what_shift_does() -> None:
    second = dict(DEFAULT_SECOND)
    for row in WIRING.rows("Diagram"):
        if found := re.search(r"with shift: (\w+)", row["default"]):
            name = row["in the TOML"].split(" = ")[0].removeprefix("gpio.")
            assert second.pop(name).startswith(found[1][:4]), name  # previous: prev_genre
    knobs = re.search(r"the knobs are (.*) and (\w+), and density is (\w+)", prose(WIRING))
    assert knobs
    assert second == dict(zip(("x1", "x2", "x3", "x4", "density"), words(knobs), strict=True))


def prose(document: Document) -> str:
    return " ".join(document.path.read_text(encoding="utf-8").split())


def words(found: re.Match[str]) -> list[str]:
    return [word for group in found.groups() for word in group.split(", ")]


def test_pins_of_the_header_have_their_gpio_numbers() -> None:
    header = pytest.importorskip("gpiozero.pins.mock").MockFactory().board_info.headers["J8"]
    for row in WIRING.rows("Diagram"):
        pins, gpio, what = row["header pin"], row["GPIO"], row["default"]
        name = f"GPIO{gpio}" if gpio else {"ground": "GND"}.get(what, what)
        assert {header.pins[int(pin)].name for pin in pins.split(", ")} == {name}, pins
    drawn = [
        pair
        for document in DOCUMENTS
        for block in document.blocks
        for pair in re.findall(r"pin (\d+) \((?:\w+, )?GPIO (\d+)", "\n".join(block.lines))
    ]
    assert len(drawn) >= 6
    for pin, gpio in drawn:
        assert header.pins[int(pin)].name == f"GPIO{gpio}"


def test_pictures_exist() -> None:
    pictures = [token for token in FRONT.inline if token.type == "image"]
    assert pictures and all((ROOT / Path(str(one.attrGet("src")))).is_file() for one in pictures)
