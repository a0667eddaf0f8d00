import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drumatlas.config.keys import defaults
from drumatlas.doctor.uart import examine_uarts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="termios2 is Linux'")


@pytest.fixture
def device() -> Iterator[str]:
    """A pseudo-terminal in place of a UART."""
    ends = os.openpty()
    yield os.ttyname(ends[1])
    for end in ends:
        os.close(end)


@pytest.fixture
def cmdline(tmp_path: Path) -> Path:
    path = tmp_path / "cmdline"
    path.write_text("console=tty1 root=PARTUUID=1 rootwait")
    return path


def test_without_a_uart_there_is_no_finding() -> None:
    assert examine_uarts(defaults()) == []


def test_a_uart_that_can_be_played_is_ok(device: str, cmdline: Path) -> None:
    config = {**defaults(), "midi.out": f"uart:{device}@-2ms", "midi.in": f"uart:{device}"}
    (finding,) = examine_uarts(config, cmdline)
    assert finding.state == "ok"
    assert "31,250 baud" in finding.detail
    assert examine_uarts(config, cmdline.parent / "none")[0].state == "ok"


def test_the_systems_console_is_in_the_way(device: str, cmdline: Path) -> None:
    cmdline.write_text(f"console={Path(device).name},115200 console=tty1")
    (finding,) = examine_uarts({**defaults(), "midi.out": f"uart:{device}"}, cmdline)
    assert finding.state == "warn"
    assert "raspi-config" in finding.advice


def test_a_missing_uart_is_a_failure(cmdline: Path) -> None:
    (finding,) = examine_uarts({**defaults(), "midi.in": "uart:/dev/none"}, cmdline)
    assert finding.state == "fail"
    assert "enable_uart=1" in finding.advice


@pytest.mark.parametrize(
    ("key", "word", "detail"),
    [
        ("midi.out", "uart:ttyAMA0", "midi.out: MIDI output 'uart:ttyAMA0' needs a device"),
        ("midi.out", "uart:/dev/none@-300ms", "an offset is at most 100 ms"),
        ("midi.in", "uart:/dev/none@-3ms", "only outputs have an offset"),
    ],
)
def test_a_word_that_play_refuses_is_a_finding(
    cmdline: Path, key: str, word: str, detail: str
) -> None:
    (finding,) = examine_uarts({**defaults(), key: word}, cmdline)
    assert finding.state == "fail"
    assert detail in finding.detail
