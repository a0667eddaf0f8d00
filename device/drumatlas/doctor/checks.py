"""Check everything that playing needs, in order; each finding says what to do."""

import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from drumatlas.atlas.probe import runs_onnxruntime
from drumatlas.atlas.read import builtin_decoder
from drumatlas.atlas.trial import open_atlas
from drumatlas.config.keys import defaults
from drumatlas.config.read import read_config
from drumatlas.doctor.finding import Finding
from drumatlas.doctor.jitter import examine_jitter
from drumatlas.doctor.machine import examine_machine
from drumatlas.doctor.oled import examine_oled
from drumatlas.doctor.page import examine_page
from drumatlas.doctor.panel import examine_panel
from drumatlas.doctor.rights import examine_rights
from drumatlas.doctor.uart import examine_uarts
from drumatlas.errors import DrumatlasError, PortError
from drumatlas.explore.search import Places
from drumatlas.midi.choose import list_ports

_DECODES = 200
_ORT_RANGE = ((1, 26), (1, 28))  # see pyproject.toml for the reasons


def examine(atlas: Path | None, config: Path | None, *, jitter: bool = False) -> list[Finding]:
    """Return all findings, in the order in which the parts depend on each other.

    `jitter` also measures the jitter of the MIDI clock, which takes 5 s. Never raises a
    DrumatlasError: a file that can't be read becomes a finding.
    """
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("python", _python),
        ("onnxruntime", _onnxruntime),
        ("config", lambda: _config(config)),
        ("atlas", lambda: _atlas(atlas)),
        ("midi", _midi),
        ("page", lambda: examine_page(read_config(config))),
    )
    findings = []
    for name, check in checks:
        try:
            findings.append(check())
        except DrumatlasError as error:
            findings.append(Finding(name, "fail", error.what, error.hint))
    findings += [*_configured(config), *examine_rights(), _clock()]
    return [*findings, examine_jitter()] if jitter else findings


def _configured(path: Path | None) -> list[Finding]:
    """Check the hardware that the configuration names, and the machine."""
    try:
        config = read_config(path)
    except DrumatlasError:  # reported by `_config`
        return examine_machine(defaults())
    hardware = [*examine_uarts(config), *examine_panel(config), *examine_oled(config)]
    return [*hardware, *examine_machine(config)]


def _python() -> Finding:
    detail = f"{platform.python_version()} on {platform.machine()}, {platform.system()}"
    return Finding("python", "ok", detail)


def _onnxruntime() -> Finding:
    """Check whether onnxruntime decodes here; if it is missing or crashes, NumPy decodes."""
    advice = "pip install 'onnxruntime>=1.26,<1.28'"
    try:
        installed = version("onnxruntime")
    except PackageNotFoundError:
        if sys.maxsize < 1 << 32:
            return Finding("onnxruntime", "ok", "none for 32-bit systems; NumPy decodes")
        return Finding("onnxruntime", "warn", "not installed; NumPy decodes, slower", advice)
    if not runs_onnxruntime(builtin_decoder()):
        detail = f"{installed} crashes here; NumPy decodes, slower"
        return Finding("onnxruntime", "warn", detail, advice)
    release = tuple(int(part) for part in installed.split(".")[:2])
    if not _ORT_RANGE[0] <= release < _ORT_RANGE[1]:
        return Finding("onnxruntime", "warn", f"{installed} is untested on a Pi", advice)
    return Finding("onnxruntime", "ok", installed)


def _config(path: Path | None) -> Finding:
    read_config(path)
    return Finding("config", "ok", str(path) if path else "defaults")


def _atlas(path: Path | None) -> Finding:
    atlas = open_atlas(path)
    Places(atlas)
    z = atlas.latent.centre[None, :]
    start = time.perf_counter_ns()
    for _ in range(_DECODES):
        atlas.decode(z)
    each_us = (time.perf_counter_ns() - start) / _DECODES / 1000
    detail = f"'{atlas.name}', {len(atlas.genres)} genres, one decode {each_us:.0f} us"
    return Finding("atlas", "ok", detail)


def _midi() -> Finding:
    try:
        system, outputs, _ = list_ports()
    except PortError as error:
        advice = "use play --midi-out file:take.mid, start JACK, or load snd-seq"
        return Finding("midi", "warn", error.what, "; ".join(filter(None, (error.hint, advice))))
    names = ", ".join(outputs) or "no outputs of other programs or devices"
    return Finding("midi", "ok", f"{system}: {names}")


def _clock() -> Finding:
    """Measure for a quarter of a second how late a sleep to an absolute deadline wakes up."""
    late_us = []
    deadline = time.monotonic_ns()
    for _ in range(100):
        deadline += 2_500_000
        time.sleep(max(deadline - time.monotonic_ns(), 0) / 1e9)
        late_us.append((time.monotonic_ns() - deadline) / 1000)
    p50, p99 = np.percentile(late_us, [50, 99])
    detail = f"wakes up {p50:.0f} us late (median), {p99:.0f} us (p99)"
    state = "ok" if p99 < 2000 else "warn"
    advice = "" if state == "ok" else "the machine is busy; close other programs"
    return Finding("clock", state, detail, advice)
