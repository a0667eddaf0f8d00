"""Open a UART at 31,250 baud as a MIDI port (5-pin DIN). Linux only.

termios has no name for this rate, but the kernel's termios2 accepts any number (BOTHER,
ioctl_tty(2)). pyserial can set it, but does not check the result: a driver that can't do the rate
silently uses another.
"""

import fcntl
import os
import struct
import termios
import tty
from pathlib import Path

from drumatlas.errors import PortError
from drumatlas.midi.targets import Kind, MidiTarget
from drumatlas.midi.uart.serial_line import BAUD

# From asm-generic/ioctls.h and termbits.h, for x86, ARM and RISC-V.
_TCGETS2, _TCSETS2 = 0x802C542A, 0x402C542B
_TERMIOS2 = struct.Struct("=4IB19s2I")  # modes i, o, c, l; line; control characters; speed in, out
_CBAUD, _BOTHER, _IN_SHIFT = 0o010017, 0o010000, 16
_TOLERANCE = 0.01

# The Pi's overlays midi-uart0 and midi-uart0-pi5 report a faster clock to the kernel than the real
# one, so that a rate of 38,400 is 31,250 on the wire. They leave these nodes in the device tree.
_TREE = Path("/proc/device-tree")
_OVERLAYS = ("midi_clk", "clocks/midiclock_0")
_SCALED_BAUD = 38_400
_SCALED_UART = "ttyAMA0"


def is_scaled(device: str, tree: Path = _TREE) -> bool:
    """Return whether the overlay midi-uart0 is active for `device`."""
    is_uart0 = Path(device).resolve().name == _SCALED_UART
    return is_uart0 and any((tree / name).exists() for name in _OVERLAYS)


def name_of(device: str) -> str:
    """Return the port name of the device: "uart:/dev/serial0"."""
    return MidiTarget(Kind.UART, device).word


def open_uart(device: str, flags: int) -> int:
    """Return a non-blocking file descriptor of the device at 31,250 baud, 8N1, raw.

    `flags` is O_RDONLY or O_WRONLY. Raises PortError, which names the device and the remedy.
    """
    wanted = name_of(device)
    try:
        fd = os.open(device, flags | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError:
        raise PortError(
            f"{wanted}: no permission", "sudo usermod -aG dialout $USER, and log in again"
        ) from None
    except FileNotFoundError:
        hint = "on a Pi, set enable_uart=1 in config.txt"
        raise PortError(f"{wanted}: no such device", hint) from None
    except OSError as error:
        raise PortError(f"{wanted}: {error.strerror or error}") from None
    try:
        _set_up(fd, wanted, _SCALED_BAUD if is_scaled(device) else BAUD)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _set_up(fd: int, wanted: str, baud: int) -> None:
    try:
        tty.setraw(fd, termios.TCSANOW)
        set_speed(fd, baud)
        got = speed(fd)
    except (OSError, termios.error) as error:
        raise PortError(f"{wanted}: not a serial port ({error.args[-1]})") from None
    if abs(got - baud) > baud * _TOLERANCE:
        raise PortError(
            f"{wanted}: its driver can't do {baud} baud, only {got}", "use another port"
        )


def set_speed(fd: int, baud: int) -> None:
    """Set the rate in both directions, with 8 bits, no parity, one stop bit and no handshake.

    Raises OSError if the driver refuses.
    """
    data = fcntl.ioctl(fd, _TCGETS2, bytes(_TERMIOS2.size))
    i, o, c, local, line, chars, _, _ = _TERMIOS2.unpack(data)
    c &= ~(_CBAUD | _CBAUD << _IN_SHIFT | termios.CSIZE | termios.PARENB | termios.CSTOPB)
    c &= ~termios.CRTSCTS
    c |= _BOTHER | _BOTHER << _IN_SHIFT | termios.CS8 | termios.CLOCAL | termios.CREAD
    fcntl.ioctl(fd, _TCSETS2, _TERMIOS2.pack(i, o, c, local, line, chars, baud, baud))


def speed(fd: int) -> int:
    """Return the driver's present rate of output in baud."""
    rate: int = _TERMIOS2.unpack(fcntl.ioctl(fd, _TCGETS2, bytes(_TERMIOS2.size)))[7]
    return rate
