import errno
from pathlib import Path

import pytest

from drumatlas.beat.smf import read_drums
from drumatlas.play.events import Event, TempoChange
from drumatlas.play.timeline import Timeline
from drumatlas.service import takes
from drumatlas.service.takes import Takes

OUTPUTS = [
    TempoChange(Timeline(0, 0, 20_833_333), is_start=True),
    Event(0, bytes((0x99, 36, 100))),
    Event(50_000_000, bytes((0x89, 36, 64))),
]


def test_takes_are_numbered_and_whole(tmp_path: Path) -> None:
    one = Takes(tmp_path)
    for _ in range(3):
        one.keep(OUTPUTS)
    one.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["keep-001.mid", "keep-002.mid", "keep-003.mid"]
    (written,) = {path.read_bytes() for path in tmp_path.iterdir()}
    assert len(read_drums(written).notes) == 1
    assert one.last == tmp_path / "keep-003.mid"


def test_a_folder_that_is_full_or_gone_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takes, "MAX_TAKES", 1)
    one = Takes(tmp_path)
    one.keep(OUTPUTS)
    one.keep(OUTPUTS)
    one.close()
    assert "move some away" in one.fault
    other = Takes(tmp_path / "gone")
    other.keep(OUTPUTS)
    other.close()
    assert "keep:" in other.fault


def test_a_card_that_fails_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bool:
        raise OSError(errno.EIO, "Input/output error")

    one = Takes(tmp_path)
    with monkeypatch.context() as card:
        card.setattr(Path, "exists", fail)
        one.keep(OUTPUTS)
        one.close()
    assert "Input/output error" in one.fault
    one.keep(OUTPUTS)
    one.close()
    assert one.fault == ""
    assert one.last == tmp_path / "keep-001.mid"
