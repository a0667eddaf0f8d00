from pathlib import Path

import pytest

from drumatlas.midi.cards import UNKNOWN, Hardware, card_of, hardware_of
from support.fake_sysfs import Sysfs


@pytest.mark.parametrize(
    ("client", "card"), [(0, None), (14, None), (16, 0), (19, 0), (24, 2), (127, 27), (128, None)]
)
def test_four_clients_belong_to_a_card(client: int, card: int | None) -> None:
    assert card_of(client) == card


@pytest.mark.parametrize("path", ["1-1.2", "3-2", "2-1.4.1.3", "10-12"])
def test_a_usb_interface_has_its_path_and_its_serial_number(sysfs: Sysfs, path: str) -> None:
    sysfs.plug(2, path, "ABC123")
    assert hardware_of(24, sysfs.root) == Hardware(f"usb {path}", "serial ABC123")
    assert hardware_of(27, sysfs.root) == hardware_of(24, sysfs.root)
    assert hardware_of(28, sysfs.root) == UNKNOWN


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        (None, ""),
        ("", ""),
        (" \t", ""),
        ("00:1B=x/7+-_.", "serial 00:1B=x/7+-_."),
        ("a, b] #2", "serial a_b_2"),
        ("\x1b[2J", "serial _2J"),
    ],
)
def test_a_serial_number_is_fit_for_a_name(sysfs: Sysfs, text: str | None, serial: str) -> None:
    sysfs.plug(0, "1-1", text)
    assert hardware_of(16, sysfs.root) == Hardware("usb 1-1", serial)


def test_a_serial_number_need_not_be_utf_8(sysfs: Sysfs) -> None:
    sysfs.plug(0, "1-1", "x")
    next(sysfs.root.parents[1].rglob("serial")).write_bytes(b"A\xff7\n")
    assert hardware_of(16, sysfs.root).serial == "serial A_7"


@pytest.mark.parametrize(
    ("subsystem", "name"),
    [("pci", "0000:03:00.0"), ("platform", "snd_virmidi.0"), ("i2c", "1-004c"), ("i2c", "1-0048")],
)
def test_a_card_that_is_not_on_usb_has_the_name_of_its_device(
    sysfs: Sysfs, subsystem: str, name: str
) -> None:
    sysfs.solder(1, subsystem, name)
    assert hardware_of(20, sysfs.root) == Hardware(f"{subsystem} {name}")


def test_where_there_is_no_sysfs_or_the_card_goes_nothing_is_known(
    sysfs: Sysfs, tmp_path: Path
) -> None:
    assert hardware_of(16, tmp_path / "none") == UNKNOWN
    sysfs.plug(0, "1-1", "x")
    sysfs.unplug(0)
    assert hardware_of(16, sysfs.root) == UNKNOWN
    (sysfs.root / "card0").mkdir()
    (sysfs.root / "card0" / "device").symlink_to("device")  # to itself
    assert hardware_of(16, sysfs.root) == UNKNOWN
