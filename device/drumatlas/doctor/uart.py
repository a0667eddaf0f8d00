"""Check whether the UARTs that the configuration names can be MIDI ports."""

import os
import sys
from pathlib import Path

from drumatlas.config.keys import Config
from drumatlas.doctor.finding import Finding
from drumatlas.errors import PortError
from drumatlas.midi.targets import Kind, MidiTarget, kind_of

_CMDLINE = Path("/proc/cmdline")
_PARSERS = {"midi.out": MidiTarget.parse, "midi.in": MidiTarget.parse_input}


def examine_uarts(config: Config, cmdline: Path = _CMDLINE) -> list[Finding]:
    """Return a finding for each UART that `midi.out` and `midi.in` name, in this order."""
    findings: dict[str, Finding] = {}  # by UART, which may be both output and input
    for key, parse in _PARSERS.items():
        text = str(config[key])
        if kind_of(text) is Kind.UART:
            try:
                target = parse(text)
            except PortError as error:
                findings[text] = Finding("uart", "fail", f"{key}: {error}")
            else:
                findings[target.word] = _uart(target, cmdline)
    return [*findings.values()]


def _uart(target: MidiTarget, cmdline: Path) -> Finding:
    wanted = target.word
    if not sys.platform.startswith("linux"):
        return Finding("uart", "fail", f"{wanted}: UARTs work on Linux only")
    from drumatlas.midi.uart.device import is_scaled, open_uart  # noqa: PLC0415 - Linux only

    try:
        os.close(open_uart(target.name, os.O_WRONLY))
    except PortError as error:
        return Finding("uart", "fail", error.what, error.hint)
    device = Path(target.name)
    if _is_console(device, cmdline):
        advice = "sudo raspi-config: Interface Options, Serial Port, no login shell"
        return Finding("uart", "warn", f"{wanted}: the system console uses it, too", advice)
    overlay = " (with the overlay midi-uart0)" if is_scaled(str(device)) else ""
    return Finding("uart", "ok", f"{wanted}: 31,250 baud{overlay}")


def _is_console(device: Path, cmdline: Path) -> bool:
    """Return whether the kernel has console=DEVICE, also under the device's other name."""
    try:
        words = cmdline.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return False
    consoles = {w.removeprefix("console=").split(",")[0] for w in words if w.startswith("console=")}
    return bool(consoles & {device.name, device.resolve().name})
