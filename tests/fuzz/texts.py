"""The borders where text comes in: TSV, TOML, scripts, kept state, the page's messages."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import strategies as st

from drumatlas.atlas.read import read_builtin
from drumatlas.beat.tsv import format_row, parse, parse_line
from drumatlas.config.example import example
from drumatlas.config.keys import KEYS
from drumatlas.config.read import parse as parse_config
from drumatlas.engine import Engine
from drumatlas.errors import StateError
from drumatlas.explore.controls import BUTTONS, DEFAULTS, VALUES
from drumatlas.explore.snapshot import Snapshot
from drumatlas.panel.script import parse_script
from drumatlas.play.settings import PlaySettings
from drumatlas.service.state import FILE, SavedState, StateStore
from drumatlas.service.state_saver import restore
from drumatlas.web.access import AccessPolicy
from drumatlas.web.address import parse_address
from drumatlas.web.messages import read_message
from fuzz.borders import Border
from fuzz.inputs import JSON, NUMBERS, ODD_TEXT, WORDS, changed_json, changed_text, json_text

# Beats

_CODE = ",".join(["1", "0", "4", "16383"] * 8)
_BEATS = f"# songs: A | B\n{_CODE}\n{_CODE}\t0.5,1,-2,3\t0.25,0.75\trock;pop\n{_CODE}\tjazz\n"
_FIELDS = st.lists(NUMBERS, min_size=1, max_size=34).map(",".join)
_LINES = st.lists(st.one_of(_FIELDS, WORDS, st.just(_CODE)), max_size=5).map("\t".join)
TSV = st.lists(_LINES, max_size=4).map("\n".join) | changed_text(_BEATS)


def take_tsv(text: str) -> None:
    for row in parse(text.split("\n"), "beats.tsv"):
        again = parse_line(format_row(row), row.songs)
        assert again == row


# Configuration

_EXAMPLE = example()
_NAMES = st.sampled_from([key.name for key in KEYS])
_VALUES = st.one_of(
    NUMBERS,
    st.sampled_from(
        [
            *("true", '"bar"', '"auto"', '"mcp0:3"', '"pin:17"', '"enc:5,6"', '"0.1,0.9"', '"x"'),
            *("1979-05-27", "07:32:00", "9999-99-99", "[1, 2]", "{a = 1}", "'", '"""', "0b2"),
            "0x" + "f" * 5000,
            *('"127.0.0.1:8313"', '"[::1]:1"', f'"h:{"9" * 5000}"', '"a.b:70000"', '"0.1,0.2,9"'),
        ]
    ),
    ODD_TEXT.map(lambda text: '"' + text.replace("\\", "").replace('"', "") + '"'),
    ODD_TEXT,
)
_KEYS = st.one_of(_NAMES, WORDS, st.just("play" + ".a" * 3000))
_PAIRS = st.one_of(
    st.tuples(_NAMES, _VALUES),
    st.tuples(st.sampled_from([key.name for key in KEYS if type(key.default) is float]), NUMBERS),
    st.tuples(_KEYS, _VALUES),
)
_SETTINGS = st.lists(_PAIRS, max_size=4, unique_by=lambda one: one[0])
TOML = _SETTINGS.map(lambda ones: "\n".join(f"{k} = {v}" for k, v in ones)) | changed_text(_EXAMPLE)


def take_toml(text: str) -> None:
    parse_config(text, "box.toml").player.check()


# Scripts

_TIMES = st.floats(0, 1) | st.integers(0, 1) | JSON
_ENTRIES = st.one_of(
    st.fixed_dictionaries({"t": _TIMES, "press": st.sampled_from(BUTTONS)}),
    st.fixed_dictionaries({"t": _TIMES, "control": st.sampled_from(VALUES), "value": _TIMES}),
    st.fixed_dictionaries({"t": st.floats(0, 9), "press": JSON}),
    JSON,
).map(json_text)
_SCRIPT = '{"t": 0, "control": "x1", "value": 0.8}\n{"t": 4, "press": "next_genre"}\n'
_DEEP = st.sampled_from(["[" * 100_000, '{"a":' * 100_000])
SCRIPT = st.lists(_ENTRIES | WORDS | _DEEP, max_size=4).map("\n".join) | changed_text(_SCRIPT)


def take_script(text: str) -> None:
    for seconds, _ in parse_script(text, "moves.jsonl"):
        assert 0 <= seconds <= 24 * 3600


# Kept state

_PLACE = Snapshot((0.5, 0.2, 1.5, -3.0), DEFAULTS)
_KEPT = SavedState(_PLACE, 120.0, {"a": _PLACE, "17": _PLACE}, {20: "x1", 21: "play"}).to_json()
STATE = st.one_of(
    changed_json(_KEPT).map(json_text),
    changed_text(json.dumps(_KEPT)),
    JSON.map(json_text),
    _DEEP,
)
_ENGINE = Engine(read_builtin(), PlaySettings(), [], 0)


def take_state(text: str) -> None:
    with TemporaryDirectory() as name:
        store = StateStore(Path(name))
        (store.folder / FILE).write_bytes(text.encode("utf-8", "surrogatepass"))
        kept, lines = store.load()
        if kept is None:
            raise StateError(lines[0].replace(name, ""))
        restore(_ENGINE, kept)
        _ENGINE.tick(0)
        assert not _ENGINE.faults, _ENGINE.faults
        store.save(kept)
        assert store.load() == (kept, [])


# The page

_MESSAGES: list[dict[str, Any]] = [
    {"turn": {"x1": 0.7, "map_x": 0.2}},
    {"press": "fill"},
    {"go": 812},
    {"beat": [5, *[0] * 31]},
    {"mute": 2, "is": True},
    {"visit": _PLACE.to_json()},
    {"listen": True},
    {"ping": 1234.5},
]
WEB = st.one_of(
    *(changed_json(message).map(json_text) for message in _MESSAGES),
    *(changed_text(json.dumps(message)) for message in _MESSAGES[:2]),
    JSON.map(json_text),
    _DEEP,
)


def take_web(text: str) -> None:
    read_message(text, 1000)


_HEADERS = st.dictionaries(
    st.sampled_from(["host", "origin", "cookie", "sec-fetch-site", "sec-fetch-mode"]),
    st.lists(
        st.one_of(
            WORDS,
            st.sampled_from(["localhost:8313", "[::1]", "http://localhost", "[::g]:1", "null"]),
            ODD_TEXT.map("drumatlas-8313=".__add__),
        ),
        max_size=2,
    ),
)
_TARGETS = st.one_of(WORDS, ODD_TEXT.map("/?token=".__add__), st.just("//[/?token=%ff"))
REQUESTS = st.tuples(
    st.sampled_from(["GET", "HEAD", "POST", ""]), _TARGETS, _HEADERS, st.booleans()
)
_ADDRESS = parse_address("127.0.0.1:8313")
assert _ADDRESS is not None
_GUARDS = (AccessPolicy(_ADDRESS), AccessPolicy(_ADDRESS, ["box.local"], "0123456789abcdef"))


def take_request(request: tuple[str, str, dict[str, list[str]], bool]) -> None:
    for guard in _GUARDS:
        guard.check(*request)


def _address(text: str) -> None:
    parse_address(text)


TEXTS: list[Border] = [
    Border("tsv", TSV, take_tsv),
    Border("toml", TOML, take_toml),
    Border("script", SCRIPT, take_script),
    Border("state", STATE, take_state),
    Border("web-message", WEB, take_web),
    Border("web-request", REQUESTS, take_request),
    Border("web-address", st.tuples(WORDS, WORDS).map(":".join) | WORDS, _address),
]
