import inspect
import pickle

import pytest

from drumatlas import errors
from drumatlas.atlas.network import RuntimeMissingError
from drumatlas.beat.smf.events import PastEndError
from drumatlas.errors import MOST, AtlasError, DrumatlasError, FileError, PortError

KINDS = [
    *(kind for _, kind in inspect.getmembers(errors, inspect.isclass)),
    RuntimeMissingError,
]


@pytest.mark.parametrize("kind", [AtlasError, FileError, PortError])
def test_a_message_is_one_line_that_can_be_shown(kind: type[Exception]) -> None:
    text = str(kind("a\nb\x1b[31m\u2028c\ud800 é"))
    assert text == r"a b\x1b[31m c\ud800 é"


def test_a_long_message_is_cut_in_the_middle() -> None:
    text = str(AtlasError("begin" + "x" * 100_000 + "end"))
    assert len(text) < MOST
    assert text.startswith("begin")
    assert text.endswith("end")


@pytest.mark.parametrize("kind", KINDS)
def test_a_remedy_stands_apart_and_is_shown_with_the_error(kind: type[DrumatlasError]) -> None:
    error = kind("no bus; none at all", "pip install bus; or plug it in")
    assert (error.what, error.hint) == ("no bus; none at all", "pip install bus; or plug it in")
    assert str(error) == "no bus; none at all; pip install bus; or plug it in"
    assert (str(kind("no bus")), kind("no bus").hint) == ("no bus", "")


@pytest.mark.parametrize("kind", KINDS)
def test_the_place_of_an_error_is_put_before_it(kind: type[DrumatlasError]) -> None:
    error = kind("no bus", hint="plug it in")
    assert error.within("line 3").within("box.toml") is error
    assert (error.what, error.hint) == ("box.toml: line 3: no bus", "plug it in")
    assert str(error) == "box.toml: line 3: no bus; plug it in"


def test_errors_of_another_signature_can_be_given_a_place() -> None:
    assert str(PastEndError(3).within("a.mid")) == "a.mid: byte 3: an event runs past the end"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_back_whole_from_another_process(kind: type[DrumatlasError]) -> None:
    sent = pickle.loads(pickle.dumps(kind("no bus", "plug it in").within("here")))
    assert (type(sent), str(sent), sent.hint) == (kind, "here: no bus; plug it in", "plug it in")
