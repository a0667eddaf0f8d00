import re
from pathlib import Path

from drumatlas.explore.control_list import key_entries, markdown, names_help, terminal_help
from drumatlas.explore.controls import BUTTONS, CONTROLS, VALUES

ROOT = Path(__file__).parents[3]
BEGIN, END = "<!-- controls: printed by explore/control_list.py -->", "<!-- end of controls -->"


def test_the_list_in_the_documents_is_the_table() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "device").rglob("*.md")]
    texts = {path: path.read_text(encoding="utf-8") for path in documents}
    found = [path for path, text in texts.items() if BEGIN in text]
    assert found, f"no document holds the list of controls, between {BEGIN} and {END}"
    for path in found:
        listed = texts[path].partition(BEGIN)[2].partition(END)[0].strip()
        assert listed == markdown(), f"{path}: print the list again (see control_list.py)"


def test_every_control_has_a_line_in_the_list() -> None:
    listed = re.findall(r"^\| `([^`]+)` \|", markdown(), re.MULTILINE)
    assert listed == [*VALUES, *BUTTONS]


def test_the_help_of_the_keys_holds_every_control_and_fits_a_terminal() -> None:
    lines = terminal_help()
    assert max(map(len, lines)) < 80
    text = " ".join(lines)
    assert text.isascii()  # a terminal may be of another character set
    for control in CONTROLS:
        assert control.words in text
        keys = control.keys.split()
        assert ("/".join(keys[:2]) if len(keys) > 1 else keys[0]) in text
    assert text.endswith("q quits")
    assert ("[/] {/}", "map") in key_entries(CONTROLS)
    assert ("! @ # $", "save") in key_entries(CONTROLS)


def test_the_help_of_scripts_names_every_control() -> None:
    words = " ".join(names_help()).split()
    assert words == ["values,", "0", "to", "1:", *VALUES, "buttons:", *BUTTONS]
