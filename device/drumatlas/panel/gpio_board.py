"""The real board: gpiozero on lgpio, hardware SPI, I2C. Libraries are imported when it is opened.

gpiozero falls back from lgpio to other pin factories and from hardware to software SPI with only a
warning. Here each fallback is an error that names what is missing.
"""

import contextlib
import os
import platform
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from drumatlas.errors import PanelError
from drumatlas.panel.board import Board, Contact, Converter, Encoder, Lamp
from drumatlas.panel.chip_kind import Slot
from drumatlas.panel.chips import chip_of
from drumatlas.panel.contacts import Quadrature
from drumatlas.panel.open_device import INSTALL, open_device
from drumatlas.panel.wiring import Wiring

_LGPIO = (
    "sudo apt install python3-lgpio (the venv with --system-site-packages), or pip install "
    "'lgpio>=0.2.2'"
)
_MODEL = Path("/proc/device-tree/model")
_CPU = Path("/proc/cpuinfo")


def is_pi() -> bool:
    """Return whether this is a Raspberry Pi, by its device tree or, on old kernels, cpuinfo."""
    try:
        if _MODEL.exists():
            return "Raspberry Pi" in _MODEL.read_text(errors="replace")
        return "\nRevision\t:" in _CPU.read_text(errors="replace")
    except OSError:
        return False


def open_board(wiring: Wiring, prepare: Callable[[], object] = lambda: None) -> Board:
    """Open the board of this machine.

    Each thread that reads a slow converter calls `prepare` first. Raise PanelError that names the
    missing package, group or setting.
    """
    folder = _set_lgpio_folder()
    try:
        with contextlib.chdir("."):  # importing lgpio changes to LG_WD; this changes back
            factory = _open_factory()
        return GpioBoard(factory, wiring, folder, prepare)
    except BaseException:
        _remove(folder)
        raise


def _set_lgpio_folder() -> Path | None:
    """Set LG_WD to a writable folder. Return the folder if it must be removed at the end.

    On import, lgpio creates a pipe in LG_WD or else in the working folder, which may not be
    writable (gpiozero issue 1106).
    """
    if os.environ.get("LG_WD"):
        return None
    runtime = os.environ.get("RUNTIME_DIRECTORY")  # set by systemd, writable for the service
    folder = Path(runtime.split(":")[0]) if runtime else Path(tempfile.mkdtemp(prefix="lgpio-"))
    os.environ["LG_WD"] = str(folder)
    return None if runtime else folder


def _remove(folder: Path | None) -> None:
    if folder is not None:
        os.environ.pop("LG_WD", None)
        shutil.rmtree(folder, ignore_errors=True)


def _open_factory() -> Any:
    """Return lgpio's pin factory, or RPi.GPIO's if lgpio is missing and the kernel is old."""
    try:
        import gpiozero  # noqa: F401, PLC0415 - installed only where there is hardware
    except ImportError as error:
        raise PanelError(f"GPIO: gpiozero does not load ({error})", INSTALL) from None
    try:
        from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415
    except ImportError as error:
        return _open_old_factory(PanelError(f"GPIO: lgpio does not load ({error})", _LGPIO))
    return open_device(LGPIOFactory, "GPIO", *_first_chip())


def _first_chip() -> tuple[Path, str, str]:
    path = next((p for p in sorted(Path("/dev").glob("gpiochip*"))), Path("/dev/gpiochip0"))
    return path, "gpio", "this machine has no GPIO lines, or a container hides them"


def _open_old_factory(why: PanelError) -> Any:
    # RPi.GPIO's edge detection fails from 6.6 on (raspberrypi/linux issue 6037).
    if _kernel() >= (6, 6):
        raise why
    try:
        from gpiozero.pins.rpigpio import RPiGPIOFactory  # noqa: PLC0415
    except (ImportError, RuntimeError):
        raise why from None
    return open_device(RPiGPIOFactory, "GPIO", Path("/dev/gpiomem"), "gpio", "RPi.GPIO needs it")


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])


class GpioBoard:
    """The pins and buses of this machine. `factory` is gpiozero's pin factory."""

    def __init__(
        self,
        factory: Any,
        wiring: Wiring,
        folder: Path | None = None,
        prepare: Callable[[], object] = lambda: None,
    ) -> None:
        self._factory = factory
        self._prepare = prepare
        self._wiring = wiring
        self._folder = folder
        self._devices: list[Any] = []

    def converter(self, chip: str) -> Converter:
        """Open a converter with its wired channels, or all channels if none is wired."""
        kind, number = chip_of(chip)
        channels = [w.wire.numbers[1] for w in self._wiring.inputs if w.wire.chip == chip]
        channels = channels or list(range(kind.channels))
        bus, place = self._wiring.i2c_bus, kind.places[number]
        converter = kind.open(Slot(kind, place, channels, self._factory, bus, self._prepare))
        self._devices.append(converter)
        return converter

    def contact(self, pin: int) -> Contact:
        """Open the button between `pin` and ground, with the pin pulled up."""
        return GpioContact(self._open_device("DigitalInputDevice", pin, pull_up=True))

    def encoder(self, a: int, b: int, detents: int = 1) -> Encoder:
        """Open the encoder at `a` and `b`, pulled up, with the common contact at ground."""
        contacts = [self._open_device("DigitalInputDevice", pin, pull_up=True) for pin in (a, b)]
        return GpioEncoder(contacts[0], contacts[1], detents)

    def lamp(self, pin: int) -> Lamp:
        """Open the LED at `pin`."""
        return GpioLamp(self._open_device("LED", pin))

    def _open_device(self, kind: str, *pins: int, **options: Any) -> Any:
        import gpiozero  # noqa: PLC0415

        def opens() -> Any:
            return getattr(gpiozero, kind)(*pins, pin_factory=self._factory, **options)

        what = f"GPIO pin {' and '.join(map(str, pins))}"
        device = open_device(opens, what, *_first_chip())
        self._devices.append(device)
        return device

    def close(self) -> None:
        """Switch the lamps off and release all lines, even if a device fails to close."""
        for device in (*self._devices, self._factory):
            with contextlib.suppress(Exception):  # lgpio has its own errors, and it is the end
                device.close()
        self._devices.clear()
        _remove(self._folder)


class GpioContact:
    """A button. lgpio's thread adds edges; the slow loop reads them."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._edges: deque[tuple[bool, int]] = deque(maxlen=64)  # bounded, in case a wire bounces
        device.when_activated = lambda: self._edges.append((True, time.monotonic_ns()))
        device.when_deactivated = lambda: self._edges.append((False, time.monotonic_ns()))

    @property
    def is_down(self) -> bool:
        """Whether the contact is closed."""
        return bool(self._device.is_active)

    def pop_edges(self) -> list[tuple[bool, int]]:
        """Return the edges since the last call, as `board.Contact` describes."""
        return [self._edges.popleft() for _ in range(len(self._edges))]


class GpioEncoder:
    """An encoder. lgpio's thread reports the edges of both contacts, in order.

    gpiozero's RotaryEncoder counts whole cycles only, so with two detents per cycle it misses every
    other one.
    """

    def __init__(self, a: Any, b: Any, detents: int) -> None:
        self._closed = [bool(a.is_active), bool(b.is_active)]
        self._contacts = Quadrature(detents, *self._closed)
        self._read_steps = 0
        for i, device in enumerate((a, b)):
            device.when_activated = partial(self._edge, i, True)
            device.when_deactivated = partial(self._edge, i, False)

    def _edge(self, contact: int, is_closed: bool) -> None:
        self._closed[contact] = is_closed
        self._contacts.move(*self._closed)

    def pop_steps(self) -> int:
        """Return the detents since the last call, as `board.Encoder` describes."""
        steps = self._contacts.steps
        before, self._read_steps = self._read_steps, steps
        return steps - before


class GpioLamp:
    """An LED."""

    def __init__(self, device: Any) -> None:
        self._device = device

    def set(self, is_on: bool) -> None:
        """Switch the LED on or off."""
        self._device.value = is_on
