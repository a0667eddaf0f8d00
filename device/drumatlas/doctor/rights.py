"""Check how MIDI messages are timed on this machine, and the permissions for it."""

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from drumatlas.doctor.finding import Finding
from drumatlas.errors import PortError
from drumatlas.midi.alsa.queue import import_alsa
from drumatlas.midi.choose import delivery
from drumatlas.midi.rtmidi.api import SEQUENCER
from drumatlas.realtime import PRIORITY, may_lock_memory, request_realtime

_LIMITS = "/etc/security/limits.d/drumatlas.conf"
_JOIN_AUDIO = "then join group audio (sudo usermod -aG audio $USER) and log in again"


def _may_use(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK)


def _group_of(path: Path) -> str:
    try:
        return path.group()
    except (KeyError, OSError):
        return "audio"


def _alsa_version() -> str:
    import_alsa()
    return version("alsa-midi")


def _refused_realtime() -> list[str]:
    """Request the priority in a thread that ends at once, so that nothing keeps it.

    Return the messages about what was refused; none if all was granted.
    """
    refused: list[str] = []
    thread = threading.Thread(target=lambda: refused.extend(request_realtime()))
    thread.start()
    thread.join()
    return refused


def _limit(name: str) -> int | None:
    """Return the soft resource limit of this process; None if it is unlimited."""
    import resource  # noqa: PLC0415 - not on Windows

    soft = resource.getrlimit(getattr(resource, name))[0]
    return None if soft == resource.RLIM_INFINITY else soft


@dataclass(frozen=True)
class Machine:
    """The answers that the findings are made from: by default those of this machine.

    `alsa_version` and `delivery` raise PortError where there is none. `refused_realtime` returns
    the rights that were refused. `limit` returns a resource limit of this process, by the name that
    Python's `resource` has for it; None is unlimited.
    """

    is_linux: bool = sys.platform.startswith("linux")
    exists: Callable[[Path], bool] = Path.exists
    may_use: Callable[[Path], bool] = _may_use
    group_of: Callable[[Path], str] = _group_of
    alsa_version: Callable[[], str] = _alsa_version
    delivery: Callable[[], str] = delivery
    refused_realtime: Callable[[], list[str]] = _refused_realtime
    may_lock_memory: Callable[[], bool] = may_lock_memory
    limit: Callable[[str], int | None] = _limit


def examine_rights(machine: Machine = Machine()) -> list[Finding]:
    """Return all findings; those about ALSA and locked memory only on Linux."""
    alsa = [_sequencer(machine), _alsa_midi(machine)] if machine.is_linux else []
    memory = [_memory(machine)] if machine.is_linux else []
    return [*alsa, _delivery(machine), _realtime(machine), *memory]


def _sequencer(machine: Machine) -> Finding:
    """Check whether the kernel's sequencer exists and may be used."""
    if not machine.exists(SEQUENCER):
        advice = "sudo modprobe snd-seq; for every boot, put snd-seq into /etc/modules-load.d"
        return Finding("sequencer", "warn", f"no {SEQUENCER} here", advice)
    if not machine.may_use(SEQUENCER):
        advice = f"sudo usermod -aG {machine.group_of(SEQUENCER)} $USER, and log in again"
        return Finding("sequencer", "warn", f"no permission to use {SEQUENCER}", advice)
    return Finding("sequencer", "ok", f"{SEQUENCER} can be used")


def _alsa_midi(machine: Machine) -> Finding:
    try:
        return Finding("alsa-midi", "ok", machine.alsa_version())
    except PortError as error:
        return Finding("alsa-midi", "warn", error.what, error.hint)


def _delivery(machine: Machine) -> Finding:
    """Report how messages will be delivered."""
    try:
        words = machine.delivery()
    except PortError as error:
        return Finding("delivery", "warn", f"none: {error}", "see midi")
    if machine.is_linux and not words.startswith("kernel"):
        advice = "ALSA's sequencer keeps better time; see sequencer and alsa-midi"
        return Finding("delivery", "warn", words, advice)
    return Finding("delivery", "ok", words)


def _realtime(machine: Machine) -> Finding:
    """Check whether the performing thread may run with real-time priority."""
    if not machine.refused_realtime():
        return Finding("realtime", "ok", f"priority {PRIORITY} is granted, or not needed here")
    limit = machine.limit("RLIMIT_RTPRIO")
    detail = f"priority {PRIORITY} is refused; the limit (rtprio) is {_words(limit)}"
    advice = _raise_limit("rtprio 95")
    if limit is None or limit >= PRIORITY:
        advice = "the limit is high enough; a container or control group may forbid real time"
    return Finding("realtime", "warn", detail, advice)


def _memory(machine: Machine) -> Finding:
    """Check whether memory can be locked, so that it is never paged out."""
    if machine.may_lock_memory():
        return Finding("memory", "ok", "can be locked")
    limit = _words(machine.limit("RLIMIT_MEMLOCK"))
    detail = f"cannot be locked; the limit (memlock, bytes) is {limit}"
    return Finding("memory", "warn", detail, _raise_limit("memlock unlimited"))


def _words(limit: int | None) -> str:
    return "unlimited" if limit is None else str(limit)


def _raise_limit(limit: str) -> str:
    return f"echo '@audio - {limit}' | sudo tee -a {_LIMITS}; {_JOIN_AUDIO}"
