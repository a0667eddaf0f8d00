"""Check the usual troubles of a small machine: power supply, storage and the user's groups."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from drumatlas.config.keys import Config
from drumatlas.doctor.finding import Finding
from drumatlas.files import is_there
from drumatlas.panel.gpio_board import is_pi
from drumatlas.service.state import state_folder

# Bits of vcgencmd get_throttled: the present state. The same bits 16 higher tell what has happened
# since boot (https://www.raspberrypi.com/documentation/computers/os.html#get_throttled).
_TROUBLES = {
    0: "voltage too low",
    1: "processor clock limited",
    2: "throttled",
    3: "too hot",
}
_SINCE_BOOT = 16
_FIRMWARE = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
_MIN_FREE_BYTES = 50 << 20  # a year of takes; nothing can be saved on a full card
_GROUPS = ("audio", "gpio", "spi", "i2c")


def examine_machine(config: Config) -> list[Finding]:
    """Return all findings: power only on a Pi, groups only on Linux."""
    power = _power(_throttled())
    groups = [_groups()] if sys.platform.startswith("linux") else []
    return [*([power] if power else []), _state(str(config["state.dir"])), *groups]


def _throttled() -> int | None:
    """Return the firmware's bits on power and heat; None if this machine has none."""
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
    earlier = [words for bit, words in _TROUBLES.items() if bits >> (bit + _SINCE_BOOT) & 1]
    if not now and not earlier:
        return Finding("power", "ok", "enough, and not too hot")
    detail = f"now: {', '.join(now)}" if now else f"since boot: {', '.join(earlier)}"
    is_weak = _TROUBLES[0] in (now or earlier)
    advice = "use a stronger supply and a short cable" if is_weak else "improve the cooling"
    return Finding("power", "warn", detail, advice)


def _state(wanted: str) -> Finding:
    """Check whether state and takes can be saved."""
    try:
        folder = state_folder(wanted)
    except RuntimeError as error:  # the user has no home
        return Finding("state", "warn", f"no folder: {error}", "set one: [state] dir")
    if folder is None:
        return Finding("state", "ok", "not saved, as configured")
    existing = _nearest(folder)
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding("state", "warn", f"cannot write {existing}", _write_advice(existing))
    free = shutil.disk_usage(existing).free
    detail = f"{folder}, {free >> 20} MiB free"
    if free < _MIN_FREE_BYTES:
        return Finding("state", "warn", detail, "free some space; nothing is saved on a full card")
    return Finding("state", "ok", detail)


def _nearest(folder: Path) -> Path:
    """Return the folder itself if it exists, else its nearest ancestor that does."""
    for path in (folder, *folder.parents):
        if is_there(path):
            return path
    return folder


def _write_advice(folder: Path) -> str:
    with suppress(OSError, AttributeError):  # no permission; no statvfs on Windows
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return "it is mounted read-only; see dmesg (a worn card?)"
    return "check its owner, or set another folder: [state] dir"


def _groups() -> Finding:
    """Check whether this user is in the groups that own MIDI and pins."""
    import grp  # noqa: PLC0415 - not on Windows

    if os.geteuid() == 0:
        return Finding("groups", "ok", "root needs none; the service runs as user drumatlas")
    there = {group.gr_name: group for group in grp.getgrall() if group.gr_name in _GROUPS}
    mine = {*os.getgroups(), os.getegid()}
    user = os.environ.get("USER", "")
    missing = [name for name in _needed() if name in there and there[name].gr_gid not in mine]
    if not missing:
        found = [name for name, group in there.items() if group.gr_gid in mine]
        return Finding("groups", "ok", ", ".join(found) or "none needed here")
    if all(user in there[name].gr_mem for name in missing):
        return Finding("groups", "warn", f"not yet in {', '.join(missing)}", "log in again")
    advice = f"sudo usermod -aG {','.join(missing)} $USER, and log in again"
    return Finding("groups", "warn", f"not in {', '.join(missing)}", advice)


def _needed() -> Iterable[str]:
    return _GROUPS if is_pi() else _GROUPS[:1]
