"""The units as systemd reads them; nothing is started."""

import shutil
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNITS = sorted(SYSTEMD.glob("*.service"))
MOST_EXPOSED = 13  # tenths

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze; apt install systemd"
)


def analyze(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    command = ["systemd-analyze", "--no-pager", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("unit", UNITS, ids=[unit.name for unit in UNITS])
def test_systemd_understands_every_line(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text()
    started = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert all(line.startswith("ExecStart=/opt/drumatlas/bin/drumatlas") for line in started)
    for program in ("drumatlas-gadget", "drumatlas"):  # not installed here
        text = text.replace(f"/opt/drumatlas/bin/{program} ", "/bin/true ")
    copy = tmp_path / unit.name
    copy.write_text(text)
    done = analyze("verify", "--man=no", copy)
    said = [line for line in done.stderr.splitlines() if unit.stem in line]
    assert (done.returncode, said) == (0, [])


def test_the_service_is_shut_in() -> None:
    unit = SYSTEMD / "drumatlas.service"
    done = analyze("security", "--offline=yes", f"--threshold={MOST_EXPOSED}", unit)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd can't analyse a unit offline (before 250)")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def test_the_service_s_memory_and_tasks_are_bounded() -> None:
    lines = (SYSTEMD / "drumatlas.service").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    assert 128 <= int(settings["MemoryMax"].removesuffix("M")) <= 512
    assert 16 <= int(settings["TasksMax"]) <= 128
    assert settings["OOMPolicy"] == "continue"  # a helper that takes too much ends alone
