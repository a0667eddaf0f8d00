import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.config.keys import KEYS, defaults
from drumatlas.config.read import parse, read_config
from drumatlas.errors import ConfigError, FileError


def test_an_empty_file_is_all_defaults() -> None:
    assert parse("", "c").values == defaults()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "line 1"),
        ("[play]\nbpm = ", "line 2"),
        ("[play]\nbpm = 1000", r"line 2: play.bpm = 1000.*20\.\.300"),
        ("[play]\n\nbpm = 'fast'", "line 3: play.bpm.*a number"),
        ("[play]\nbpm = nan", "line 2: play.bpm"),
        ("[play]\nseed = 1.5", "line 2: play.seed.*an integer"),
        ("[play]\nstart = 1", "line 2: play.start.*true or false"),
        ("[play]\nswap = 'never'", "line 2: play.swap.*step, beat, bar, end"),
        ("[play]\ntempo = 3", "line 2: unknown key 'play.tempo'"),
        ("[voices.kick]\nnote = 128", "line 2: voices.kick.note"),
        ("[voices.gong]\nnote = 1", "line 2: unknown key 'voices.gong.note'"),
        ("[midi]\nout = 3", "line 2: midi.out.*a string"),
        ("[play]\nkit = '909'", "line 2: play.kit.*gm, tr-8s"),
        ("[voices.kick]\ngate = 17", "line 2: voices.kick.gate"),
        ("[voices.kick]\nvelocity_min = 90\nvelocity_max = 80", "line 2: .*min = 90 is above"),
        ("[voices.kick]\n\nvelocity_max = 0", "line 3: voices.kick.velocity_max"),
        ("[cc]\nx1 = 120", "line 2: cc.x1"),
        ("[cc]\nx2 = 7\nx3 = 7", "line 3: .*cc.x2 already has that controller"),
        ("[cc]\nx9 = 7", "line 2: unknown key 'cc.x9'"),
        ('[state]\ndir = "a\\u0000b"', "line 2: state.dir = .*can't be shown"),
        ('[midi]\nin = "x"\nout = "a\\nb"', "line 3: midi.out = .*can't be shown"),
        ('[oled]\nchip = "png:\\u0000"', "line 2: oled.chip = .*can't be shown"),
        ('[midi]\nout = "file:"', "line 2: midi.out = 'file:': .*needs a name"),
        ('[midi]\nout = "TR-8S@-300ms"', "line 2: midi.out = .*at most 100 ms"),
        ('midi.in = "uart:"', "line 1: midi.in = 'uart:': .*needs a device"),
        ('midi.in = "auto"', "line 1: midi.in = 'auto': .*only be an output"),
        ("play = 3", "unknown key 'play'"),
        ("[[play]]\nbpm = 3", "unknown key 'play'"),
        ("a = " + "[" * 5000, "nested too deeply"),
    ],
)
def test_errors_name_file_line_and_key(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=f"^c.toml.*{words}"):
        parse(text, "c.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("play.bpm = " + "9" * 400, "line 1: play.bpm = 9.*lie in 20..300"),
        ("play.bpm = " + "9" * 5000, "thousands of digits"),
        ("play.seed = 0x" + "f" * 5000, "thousands of digits.*lie in"),
        ("\nplay" + ".a" * 3000 + " = 1", "line 2: more than 100 dots"),
        ("x = " + "[" * 5000, "nested too deeply"),
        ('web.address = "h:' + "9" * 5000 + '"', "is not a port"),
    ],
)
def test_numbers_too_large_for_python_are_errors_of_the_file(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=f"^c.toml.*{words}"):
        parse(text, "c.toml")


@given(st.text())
def test_any_text_parses_or_is_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert set(parse(text, "c").values) == {key.name for key in KEYS}


def test_a_missing_or_binary_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nowhere"):
        read_config(tmp_path / "nowhere.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(FileError, match="binary.toml"):
        read_config(tmp_path / "binary.toml")
    assert read_config(None) == parse("", "c")
