"""The display itself, through luma.oled. It is opened again after a failure."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PIL import Image

from drumatlas.errors import PanelError
from drumatlas.oled.chips import PNG
from drumatlas.oled.frame import HEIGHT, WIDTH

_AGAIN_NS = 2_000_000_000  # between two attempts to open a display that failed


class Device(Protocol):
    """The common part of luma's devices that is used here."""

    def display(self, image: Image.Image) -> None:
        """Show a picture of mode "1", 128 x 64."""

    def cleanup(self) -> None:
        """Switch off."""


class PngDevice:
    """A file instead of a display."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def display(self, image: Image.Image) -> None:
        """Replace the file with a picture, atomically."""
        beside = self._path.with_name(self._path.name + ".new")
        image.save(beside, format="png")
        beside.replace(self._path)

    def cleanup(self) -> None:
        """Keep the last picture."""


def open_device(chip: str, bus: int, address: int, flip: bool) -> Device:
    """Return the display that `chip` names, at an I2C bus and address; PanelError if it or its
    library is missing."""
    if chip.startswith(PNG):
        return PngDevice(Path(chip.removeprefix(PNG)))
    try:
        from luma.core.interface.serial import i2c  # noqa: PLC0415 - only needed with a display
        from luma.oled import device  # noqa: PLC0415
    except ImportError as error:
        raise PanelError(
            f"luma.oled does not load ({error})", "pip install 'drumatlas[oled]'"
        ) from None
    try:
        wires = i2c(port=bus, address=address)
        found: Device = getattr(device, chip)(
            wires, width=WIDTH, height=HEIGHT, rotate=2 if flip else 0
        )
    except Exception as error:  # luma has classes of its own
        raise PanelError(f"{chip} at I2C {bus}, {address:#x}: {error}") from None
    return found


class Display:
    """Shows pictures as long as the device works; `fault` says why it does not."""

    def __init__(self, open_it: Callable[[], Device]) -> None:
        self._open_it = open_it
        self._device: Device | None = None
        self._tried_ns = -_AGAIN_NS
        self.fault = ""

    def show(self, picture: Image.Image, now_ns: int) -> bool:
        """Show a picture at `now_ns` (monotonic); return whether that worked. A device that failed
        is opened again every 2 s."""
        if self._device is None and now_ns - self._tried_ns >= _AGAIN_NS:
            self._tried_ns = now_ns
            try:
                self._device = self._open_it()
            except PanelError as error:
                self.fault = str(error)
        if self._device is None:
            return False
        try:
            self._device.display(picture)
        except Exception as error:  # luma raises what the bus does, and classes of its own
            self._device, self.fault = None, f"the display failed: {error}"
            return False
        self.fault = ""
        return True

    def close(self) -> None:
        """Switch the display off."""
        if self._device is not None:
            try:
                self._device.cleanup()
            except Exception:  # it is gone, so it is dark already
                self._device = None
