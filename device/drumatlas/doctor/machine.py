"""What a small machine suffers from, for `doctor`: its power, its card, its user's groups."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from drumatlas.config.settings import Config
from drumatlas.doctor.finding import Finding
from drumatlas.files import is_there
from drumatlas.panel.gpio_board import is_pi
from drumatlas.service.state import state_folder

# Of vcgencmd get_throttled: what is, and 16 bits above it what has been since the start
# (https://www.raspberrypi.com/documentation/computers/os.html#get_throttled).
_TROUBLES = {
    0: "voltage too low",
    1: "clock of the processor held down",
    2: "throttled",
    3: "too hot",
}
_BEEN = 16
_FIRMWARE = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_FREE_BYTES = 50 << 20  # a year of takes; a card that is full writes nothing at all
_GROUPS = ("audio", "gpio", "spi", "i2c")


def examine_machine(config: Config) -> list[Finding]:
    """All findings; power only on a Pi, groups only on Linux."""
    power = _power(_throttled())
    groups = [_groups()] if sys.platform.startswith("linux") else []
    return [*([power] if power else []), _state(config.state_dir), *groups]


def _throttled() -> int | None:
    """The firmware's word on power and heat; None where there is none."""
    try:
        return int(_FIRMWARE.read_text(encoding="ascii"), 16)
    except (OSError, ValueError):
        pass
    tool = shutil.which("vcgencmd")
    if tool is None:
        return None
    try:
        done = subprocess.run(
            [tool, "get_throttled"], check=True, capture_output=True, text=True, timeout=5
        )
        return int(done.stdout.strip().partition("=")[2], 16)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _power(bits: int | None) -> Finding | None:
    if bits is None:
        return None
    now = [words for bit, words in _TROUBLES.items() if bits >> bit & 1]
    been = [words for bit, words in _TROUBLES.items() if bits >> (bit + _BEEN) & 1]
    if not now and not been:
        return Finding("power", "ok", "enough, and not too hot")
    detail = f"now: {', '.join(now)}" if now else f"since the start: {', '.join(been)}"
    words = now or been
    advice = "a stronger supply and a short cable" if _TROUBLES[0] in words else "let air to it"
    return Finding("power", "warn", detail, advice)


def _state(wanted: str) -> Finding:
    """Whether what is to outlive the power can be written."""
    try:
        folder = state_folder(wanted)
    except RuntimeError as error:  # the user has no home
        return Finding("state", "warn", f"no folder: {error}", "name one: [state] dir")
    if folder is None:
        return Finding("state", "ok", "none is kept, as configured")
    there = _nearest(folder)
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("state", "warn", f"{there} can't be written", _why(there))
    free = shutil.disk_usage(there).free
    detail = f"{folder}, {free >> 20} MiB free"
    if free < _FREE_BYTES:
        return Finding("state", "warn", detail, "make room; a full card keeps nothing")
    return Finding("state", "ok", detail)


def _nearest(folder: Path) -> Path:
    """The folder itself, or what it would be made in."""
    for path in (folder, *folder.parents):
        if is_there(path):
            return path
    return folder


def _why(folder: Path) -> str:
    with suppress(OSError, AttributeError):  # not ours to look at; no statvfs on Windows
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return "it is mounted read-only: a worn card? (dmesg says)"
    return "look at its owner, or name another: [state] dir"


def _groups() -> Finding:
    """Which of the groups that own MIDI and pins this user is in."""
    import grp  # noqa: PLC0415 - not on Windows

    if os.geteuid() == 0:
        return Finding("groups", "ok", "root may use everything; the service is user drumatlas")
    there = {group.gr_name: group for group in grp.getgrall() if group.gr_name in _GROUPS}
    mine = {*os.getgroups(), os.getegid()}
    user = os.environ.get("USER", "")
    missing = [name for name in _needed() if name in there and there[name].gr_gid not in mine]
    if not missing:
        held = [name for name, group in there.items() if group.gr_gid in mine]
        return Finding("groups", "ok", ", ".join(held) or "none is needed here")
    if all(user in there[name].gr_mem for name in missing):
        return Finding("groups", "warn", f"not yet in {', '.join(missing)}", "log in again")
    advice = f"sudo usermod -aG {','.join(missing)} $USER, and log in again"
    return Finding("groups", "warn", f"not in {', '.join(missing)}", advice)


def _needed() -> Iterable[str]:
    return _GROUPS if is_pi() else _GROUPS[:1]
