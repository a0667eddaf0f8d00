"""Outputs that write a file wait until the rest of the box is there."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from drumatlas.box import outputs
from drumatlas.box.outputs import OpenedOutputs, Outputs
from drumatlas.midi.port import NullPort
from drumatlas.midi.targets import USAGES, Kind
from support.configured import configured

WRITING = [kind for kind, usage in USAGES.items() if usage.writes_file]


def outputs_to(*words: str) -> Outputs:
    return Outputs(Namespace(midi_out=[*words], unattended=False), configured())


@pytest.mark.parametrize("kind", WRITING)
def test_a_start_that_fails_leaves_the_file_of_the_take_before(kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / "take"
    file.write_bytes(b"the take before")
    outputs_to("none", f"{kind.value}{file}").close()
    assert file.read_bytes() == b"the take before"


@pytest.mark.parametrize("writes", [False, True])
def test_the_table_says_which_outputs_wait(writes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []

    def open_all(wanted: object, *_: object) -> OpenedOutputs:
        opened.append(wanted)
        return OpenedOutputs(NullPort())

    monkeypatch.setattr(outputs, "open_all", open_all)
    monkeypatch.setitem(USAGES, Kind.NONE, replace(USAGES[Kind.NONE], writes_file=writes))
    waiting = outputs_to("none")
    waiting.close()
    assert bool(opened) is not writes


def test_result_opens_those_that_waited(tmp_path: Path) -> None:
    waiting = outputs_to(f"file:{tmp_path / 'take.mid'}")
    port = waiting.result().port
    waiting.close()
    assert port.name.startswith("file:")
    port.close()
    assert (tmp_path / "take.mid").exists()
