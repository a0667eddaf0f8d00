"""Checks whether onnxruntime works on this machine, in a child process: a wheel built for other
processors dies by SIGILL or abort, which no `except` catches.

(Known: 1.21 on a Pi 4, microsoft/onnxruntime#23957; 1.22 on a Zero 2 W, #25472.)
"""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from drumatlas.errors import FileError
from drumatlas.files import read_text, write_text
from drumatlas.folders import cache_folder

CHOICE = "DRUMATLAS_RUNTIME"  # numpy or onnxruntime: skips the check
FILE = "onnxruntime"
_TRUSTED = ("x86_64", "AMD64")  # machines on which no wheel is known to die
_TIMEOUT_S = 60
# Run a network, too: the fatal code may be a kernel that is chosen by processor.
_CHILD = """
import sys
import numpy
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
model = sys.stdin.buffer.read()
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
one = session.get_inputs()[0]
session.run(None, {one.name: numpy.zeros([3, *one.shape[1:]], numpy.float32)})
"""


def runs_onnxruntime(model: bytes) -> bool:
    """Return whether onnxruntime is installed and runs `model` (of an atlas) without dying. The
    answer is kept as long as wheel and machine stay the same."""
    chosen = os.environ.get(CHOICE, "")
    if chosen in {"numpy", "onnxruntime"}:
        return chosen == "onnxruntime"
    spec = find_spec("onnxruntime")
    if spec is None or spec.origin is None:
        return False
    if platform.machine() in _TRUSTED or not sys.platform.startswith("linux"):
        return True
    key = _key(_wheel(Path(spec.origin)))
    return remembered(lambda: _survives(model), key, cache_folder() / FILE)


def remembered(ask: Callable[[], bool], key: str, file: Path) -> bool:
    """Return the answer that `file` has for `key`; otherwise call `ask` and store its answer if
    possible."""
    with suppress(FileError):
        kept = read_text(file, 1000).split()
        if len(kept) == 2 and kept[0] == key:
            return kept[1] == "runs"
    answer = ask()
    with suppress(FileError, OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, f"{key} {'runs' if answer else 'dies'}\n")
    return answer


def _wheel(origin: Path) -> str:
    """Return name and version of the wheel that installed `origin`. (importlib.metadata also knows,
    but takes 15 ms to load at each start.)"""
    found = sorted(path.name for path in origin.parents[1].glob("onnxruntime*.dist-info"))
    return " ".join(found) or str(origin)


def _key(found: str) -> str:
    """Return a key for this wheel on this processor: the same SD card may be put into another
    Pi."""
    with suppress(OSError):
        about = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        kind = {line for line in about.splitlines() if line.startswith(("CPU", "Features"))}
        text = "\n".join((found, sys.version, platform.machine(), *sorted(kind)))
        return sha256(text.encode()).hexdigest()[:16]
    return found


def _survives(model: bytes) -> bool:
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _CHILD],
            check=False,
            input=model,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
