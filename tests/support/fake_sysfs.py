"""A fake of the kernel's tree of sound cards in sysfs."""

import shutil
from pathlib import Path

BUS = "pci0000:00/0000:00:14.0"


class Sysfs:
    """`root` is what /sys/class/sound is on a machine."""

    def __init__(self, folder: Path) -> None:
        self._devices = folder / "devices"
        self.root = folder / "class" / "sound"
        self.root.mkdir(parents=True)

    def plug(self, card: int, path: str, serial: str | None = None) -> None:
        """Make a USB interface at `path` ("1-1.2") that card."""
        bus, ports = path.split("-")
        device = self._devices / BUS / f"usb{bus}"
        steps = ports.split(".")
        for depth in range(1, len(steps) + 1):
            device /= f"{bus}-{'.'.join(steps[:depth])}"
        device.mkdir(parents=True, exist_ok=True)
        if serial is not None:
            (device / "serial").write_text(f"{serial}\n")
        self._card(card, device / f"{path}:1.0")

    def solder(self, card: int, subsystem: str, name: str) -> None:
        """Make a device that is not on USB that card."""
        device = self._devices / "soc" / name
        self._card(card, device)
        bus = self._devices.parent / "bus" / subsystem
        bus.mkdir(parents=True, exist_ok=True)
        (device / "subsystem").symlink_to(bus)

    def _card(self, card: int, device: Path) -> None:
        folder = device / "sound" / f"card{card}"
        folder.mkdir(parents=True)
        (folder / "device").symlink_to("../..")
        (self.root / f"card{card}").symlink_to(folder)

    def unplug(self, card: int) -> None:
        """Remove a card and its device."""
        link = self.root / f"card{card}"
        device = (link / "device").resolve()
        link.unlink()
        shutil.rmtree(device)
