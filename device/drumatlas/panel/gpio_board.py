"""The real board: gpiozero on lgpio, hardware SPI, I2C. Nothing is imported before it is opened.

gpiozero falls back by itself, from lgpio to other pin factories and from hardware to software SPI,
with no more than a warning; here each is an error that says what is missing.
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
from drumatlas.folders import systemd_folder
from drumatlas.panel.board import Board, Contact, Converter, Encoder, Lamp
from drumatlas.panel.chip_kind import Slot
from drumatlas.panel.chips import chip_of
from drumatlas.panel.opening import INSTALL, opened
from drumatlas.panel.switches import Quadrature
from drumatlas.panel.wiring import Wiring

_LGPIO = (
    "sudo apt install python3-lgpio (the venv with --system-site-packages), or pip install "
    "'lgpio>=0.2.2'"
)
_MODEL = Path("/proc/device-tree/model")
_CPU = Path("/proc/cpuinfo")


def is_pi() -> bool:
    """Whether this is a Raspberry Pi, as its device tree or, on old kernels, cpuinfo says."""
    try:
        if _MODEL.exists():
            return "Raspberry Pi" in _MODEL.read_text(errors="replace")
        return "\nRevision\t:" in _CPU.read_text(errors="replace")
    except OSError:
        return False


def open_board(wiring: Wiring, prepare: Callable[[], object] = lambda: None) -> Board:
    """The board of this machine; PanelError names the missing package, group or setting.
    `prepare` is called first on each thread that reads a slow converter."""
    folder = _give_lgpio_a_folder()
    try:
        with contextlib.chdir("."):  # lgpio's import goes to LG_WD, with all our relative paths
            factory = _open_factory()
        return GpioBoard(factory, wiring, folder, prepare)
    except BaseException:
        _remove(folder)
        raise


def _give_lgpio_a_folder() -> Path | None:
    """lgpio makes a pipe where LG_WD says, at import, else in the working folder, which need not
    be writable (gpiozero issue 1106). Returns what must be removed at the end."""
    if os.environ.get("LG_WD"):
        return None
    runtime = systemd_folder("RUNTIME_DIRECTORY")  # writable for the service
    folder = runtime or Path(tempfile.mkdtemp(prefix="lgpio-"))
    os.environ["LG_WD"] = str(folder)
    return None if runtime else folder


def _remove(folder: Path | None) -> None:
    if folder is not None:
        os.environ.pop("LG_WD", None)
        shutil.rmtree(folder, ignore_errors=True)


def _open_factory() -> Any:
    """lgpio's pins; RPi.GPIO's only where lgpio is missing and the kernel is old enough."""
    try:
        import gpiozero  # noqa: F401, PLC0415 - hardware only, and only for who has it
    except ImportError as error:
        raise PanelError(f"GPIO: gpiozero does not load ({error})", INSTALL) from None
    try:
        from gpiozero.pins.lgpio import LGPIOFactory  # noqa: PLC0415
    except ImportError as error:
        return _open_old_factory(PanelError(f"GPIO: lgpio does not load ({error})", _LGPIO))
    return opened(LGPIOFactory, "GPIO", *_first_chip())


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
    return opened(RPiGPIOFactory, "GPIO", Path("/dev/gpiomem"), "gpio", "RPi.GPIO needs it")


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])


class GpioBoard:
    """Everything of one machine. `factory` is gpiozero's pin factory."""

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
        self._parts: list[Any] = []

    def converter(self, chip: str) -> Converter:
        """As the Protocol says. Without wired channels all are opened."""
        kind, number = chip_of(chip)
        channels = [w.wire.numbers[1] for w in self._wiring.inputs if w.wire.chip == chip]
        channels = channels or list(range(kind.channels))
        bus, place = self._wiring.i2c_bus, kind.places[number]
        converter = kind.open(Slot(kind, place, channels, self._factory, bus, self._prepare))
        self._parts.append(converter)
        return converter

    def contact(self, pin: int) -> Contact:
        """A button, pulled up, closed to ground."""
        return GpioContact(self._part("DigitalInputDevice", pin, pull_up=True))

    def encoder(self, a: int, b: int, detents: int = 1) -> Encoder:
        """An encoder, pulled up, common contact at ground."""
        contacts = [self._part("DigitalInputDevice", pin, pull_up=True) for pin in (a, b)]
        return GpioEncoder(contacts[0], contacts[1], detents)

    def lamp(self, pin: int) -> Lamp:
        """A diode with its resistor."""
        return GpioLamp(self._part("LED", pin))

    def _part(self, kind: str, *pins: int, **options: Any) -> Any:
        import gpiozero  # noqa: PLC0415

        def opens() -> Any:
            return getattr(gpiozero, kind)(*pins, pin_factory=self._factory, **options)

        what = f"GPIO pin {' and '.join(map(str, pins))}"
        part = opened(opens, what, *_first_chip())
        self._parts.append(part)
        return part

    def close(self) -> None:
        """Lamps off, lines free; a part that can't be closed keeps no other from it."""
        for part in (*self._parts, self._factory):
            with contextlib.suppress(Exception):  # lgpio raises its own kind, and we are leaving
                part.close()
        self._parts.clear()
        _remove(self._folder)


class GpioContact:
    """Edges come on lgpio's thread, and are taken on ours."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._edges: deque[tuple[bool, int]] = deque(maxlen=64)  # a bouncing wire is no leak
        device.when_activated = lambda: self._edges.append((True, time.monotonic_ns()))
        device.when_deactivated = lambda: self._edges.append((False, time.monotonic_ns()))

    @property
    def is_down(self) -> bool:
        """Whether the contact is closed."""
        return bool(self._device.is_active)

    def take_edges(self) -> list[tuple[bool, int]]:
        """As the Protocol says."""
        return [self._edges.popleft() for _ in range(len(self._edges))]


class GpioEncoder:
    """Edges of both contacts come on lgpio's thread, in order. (gpiozero's own RotaryEncoder counts
    whole cycles only: with two detents to a cycle it misses every other one.)"""

    def __init__(self, a: Any, b: Any, detents: int) -> None:
        self._closed = [bool(a.is_active), bool(b.is_active)]
        self._contacts = Quadrature(detents, *self._closed)
        self._taken = 0
        for i, device in enumerate((a, b)):
            device.when_activated = partial(self._edge, i, True)
            device.when_deactivated = partial(self._edge, i, False)

    def _edge(self, contact: int, is_closed: bool) -> None:
        self._closed[contact] = is_closed
        self._contacts.move(*self._closed)

    def take_steps(self) -> int:
        """As the Protocol says."""
        steps = self._contacts.steps
        before, self._taken = self._taken, steps
        return steps - before


class GpioLamp:
    """A diode."""

    def __init__(self, device: Any) -> None:
        self._device = device

    def set(self, is_on: bool) -> None:
        """As the Protocol says."""
        self._device.value = is_on
