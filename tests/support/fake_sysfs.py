"""A tree of sound cards as the kernel's sysfs has it."""

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
        """A USB interface at `path` ("1-1.2") becomes that card."""
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
        """A device that is not on USB becomes that card."""
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
        """Its device goes with it."""
        link = self.root / f"card{card}"
        device = (link / "device").resolve()
        link.unlink()
        shutil.rmtree(device)
