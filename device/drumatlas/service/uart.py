"""Whether the UARTs that the configuration names can be MIDI ports."""

import os
import sys
from pathlib import Path

from drumatlas.config.keys import Config
from drumatlas.errors import PortError
from drumatlas.midi.wires import UART
from drumatlas.service.finding import Finding

_CMDLINE = Path("/proc/cmdline")


def examine_uarts(config: Config, cmdline: Path = _CMDLINE) -> list[Finding]:
    """One finding for each of `midi.out` and `midi.in` that is a UART."""
    wanted = {str(config[key]).split("@")[0]: key for key in ("midi.out", "midi.in")}
    return [_uart(one, cmdline) for one in wanted if one.startswith(UART)]


def _uart(wanted: str, cmdline: Path) -> Finding:
    if not sys.platform.startswith("linux"):
        return Finding("uart", "fail", f"{wanted}: UARTs are played on Linux only")
    from drumatlas.midi.uart import is_scaled, open_uart  # noqa: PLC0415 - Linux only

    try:
        os.close(open_uart(wanted, os.O_WRONLY))
    except PortError as error:
        return Finding("uart", "fail", error.what, error.hint)
    device = Path(wanted.removeprefix(UART))
    if _is_console(device, cmdline):
        advice = "sudo raspi-config: Interface Options, Serial Port, no login shell"
        return Finding("uart", "warn", f"{wanted}: the system's console is on it, too", advice)
    way = " (by the overlay midi-uart0)" if is_scaled(str(device)) else ""
    return Finding("uart", "ok", f"{wanted}: 31,250 baud{way}")


def _is_console(device: Path, cmdline: Path) -> bool:
    """Whether the kernel was started with console=DEVICE (also by its other name)."""
    try:
        words = cmdline.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return False
    consoles = {w.removeprefix("console=").split(",")[0] for w in words if w.startswith("console=")}
    return bool(consoles & {device.name, device.resolve().name})
