import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumatlas.config.keys import defaults
from drumatlas.config.read import parse
from drumatlas.errors import ConfigError
from drumatlas.panel.wiring import Wire, find_clash, parse_wire, wiring_of


def test_the_default_is_the_readmes_panel() -> None:
    wiring = wiring_of(defaults())
    assert [one.control for one in wiring.inputs] == [
        *("x1", "x2", "x3", "x4", "map_x", "map_y", "tempo", "density"),
    ]
    assert [one.wire for one in wiring.inputs] == [Wire("mcp", (0, n)) for n in range(8)]
    assert wiring.buttons == (("play", 17), ("tap", 27), ("next_genre", 23))
    assert wiring.shift == 22
    assert wiring.chips == ("mcp0",)
    assert find_clash(defaults()) is None


def test_a_wiring_of_ones_own_replaces_the_default() -> None:
    text = """
    [gpio]
    x1 = "enc:5, 6"
    x2 = "ads0:3"
    "density.kick" = "mcp1:7"
    play = ""
    [lamps]
    beat = ""
    lock = ""
    [shift]
    x2 = "density.hats"
    [calibration]
    x2 = "low=0.9 high=0.1"
    """
    wiring = wiring_of(parse(text, "c"))
    assert wiring.encoders == (("x1", Wire("enc", (5, 6))),)
    assert wiring.chips == ("ads0", "mcp0", "mcp1")
    assert wiring.second["x2"] == "density.hats"
    assert wiring.inputs[0].calibration.low == 0.9
    assert wiring.inputs[-1].control == "density.kick"
    assert [name for name, _ in wiring.buttons] == ["tap", "next_genre"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[gpio]\nx1 = "pin:17"', "line 2: gpio.x1.*must be wired to mcp or ads or enc"),
        ('[gpio]\nplay = "mcp0:1"', "line 2: gpio.play.*must be wired to pin"),
        ('[gpio]\nx1 = "mcp2:0"', r"line 2: gpio.x1.*mcp0\.\.mcp1"),
        ('[gpio]\nx1 = "ads0:4"', r"line 2: gpio.x1.*channels 0\.\.3"),
        ('[gpio]\nplay = "pin:28"', r"line 2: gpio.play.*2\.\.27"),
        ('[gpio]\nx1 = "enc:5,5"', "line 2: gpio.x1.*two different pins"),
        ('[gpio]\nx1 = "enc:5,6:3"', "line 2: gpio.x1.*3 detents.*choose from 1, 2, 4"),
        ('[gpio]\nx1 = "spi"', "line 2: gpio.x1.*must be like"),
        ('[gpio]\n"density.kick" = "x"', "line 2: gpio.density.kick"),
        ("[gpio]\nx1 = 3", "line 2: gpio.x1.*a string"),
        ('[gpio]\n\nfill = "pin:17"', "line 3: gpio.fill.*pin 17 is taken by gpio.play"),
        ('[gpio]\nplay = "pin:27"', "line 2: gpio.play.*pin 27 is taken by gpio.tap"),
        ('[gpio]\nswing = "mcp0:2"', "line 2: gpio.swing.*channel 2 of mcp0 .* gpio.x3"),
        ('[gpio]\nfill = "pin:7"', "line 2: gpio.fill.*the SPI bus"),
        ('[gpio]\nx1 = "ads0:0"\nfill = "pin:3"', "line 3: gpio.fill.*I2C bus, which gpio.x1"),
        ('[lamps]\nbeat = "pin:22"', "line 2: lamps.beat.*gpio.shift"),
        ('[shift]\nx1 = "play"', "line 2: shift.x1.*must be one of"),
        ('[shift]\nplay = "x1"', "line 2: shift.play.*must be one of"),
        ('[calibration]\nx1 = "low=1 high=1"', "line 2: calibration.x1.*apart"),
        ("[panel]\ntakeover = 'grab'", "line 2: panel.takeover.*pickup, jump, scale"),
    ],
)
def test_errors_name_file_line_and_key(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=f"^c.toml, {words}"):
        parse(text, "c.toml")


@given(st.one_of(st.text(), st.from_regex(r"(mcp|ads|pin|enc)\d?:\d{1,2}(,\d{1,2})?")))
def test_any_words_are_a_wire_or_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        wire = parse_wire(text)
        assert wire.claims


def test_an_encoder_has_as_many_detents_as_its_wire_says() -> None:
    assert [parse_wire(f"enc:5,6{end}").detents for end in ("", ":1", ":2", ":4")] == [1, 1, 2, 4]
