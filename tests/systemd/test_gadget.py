"""The gadget's script on folders that look like the kernel's. (The real ones make files when a
folder is made, and take them along: what is taken down can be tried on a real kernel only.)"""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "systemd" / "drumatlas-gadget"
GADGET = "config/usb_gadget/drumatlas"


def call(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    own = {"DRUMATLAS_CONFIGFS": f"{folder}/config", "DRUMATLAS_UDC": f"{folder}/udc"}
    environment = os.environ | own | {"DRUMATLAS_WAIT": "0"}
    command = ["bash", str(SCRIPT), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    (tmp_path / "config" / "usb_gadget").mkdir(parents=True)
    (tmp_path / "udc" / "fe980000.usb").mkdir(parents=True)
    return tmp_path


def test_up_describes_it_whole_and_binds_it_last(kernel: Path) -> None:
    done = call(kernel, "up")
    assert (done.returncode, done.stderr) == (0, "")
    gadget = kernel / GADGET
    assert (gadget / "UDC").read_text() == "fe980000.usb\n"
    for name in ("strings/0x409/product", "functions/midi.usb0/id"):
        assert (gadget / name).read_text() == "drumatlas\n"
    assert (gadget / "configs/c.1/midi.usb0").resolve() == gadget / "functions/midi.usb0"
    others = [path for path in gadget.rglob("*") if path.name != "UDC" and not path.is_symlink()]
    assert (gadget / "UDC").stat().st_mtime_ns >= max(p.stat().st_mtime_ns for p in others)
    assert call(kernel, "status").stdout == "up on fe980000.usb\n"


def test_up_twice_changes_nothing(kernel: Path) -> None:
    call(kernel, "up")
    before = {p: p.lstat().st_mtime_ns for p in (kernel / GADGET).rglob("*")}
    done = call(kernel, "up")
    assert (done.returncode, done.stdout) == (0, "drumatlas-gadget: already up on fe980000.usb\n")
    assert {p: p.lstat().st_mtime_ns for p in (kernel / GADGET).rglob("*")} == before


def test_a_gadget_left_half_made_is_completed(kernel: Path) -> None:
    call(kernel, "up")
    (kernel / GADGET / "UDC").write_text("\n")  # as after `down` was cut short
    assert call(kernel, "up").returncode == 0
    assert (kernel / GADGET / "UDC").read_text() == "fe980000.usb\n"


def test_without_a_usb_controller_it_says_what_is_missing(kernel: Path) -> None:
    (kernel / "udc" / "fe980000.usb").rmdir()
    done = call(kernel, "up")
    assert done.returncode == 2
    assert "no USB device controller" in done.stderr
    assert "dtoverlay=dwc2,dr_mode=peripheral" in done.stderr
    assert not (kernel / GADGET).exists()


def test_down_where_nothing_is_up_is_no_error(kernel: Path) -> None:
    assert call(kernel, "down").returncode == 0
    done = call(kernel, "status")
    assert (done.returncode, "is down" in done.stderr) == (2, True)
    assert call(kernel).returncode == call(kernel, "sideways").returncode == 2
