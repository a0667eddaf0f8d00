"""Tries out a foreign atlas before it plays, in a process of its own with limits.

    python -m drumatlas.atlas.trial SECONDS < FILE.atlas

The bytes of a network do not show how much time and memory it needs. The child decodes points all
over the space. If that needs too much time or memory the atlas is refused, and the box has lost
nothing. Exit code 0: it plays; 1: standard output says why not.
"""

import itertools
import subprocess
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np

from drumatlas.atlas.model import LATENT, Atlas, Floats
from drumatlas.atlas.probe import remembered
from drumatlas.atlas.read import MAX_FILE, is_builtin, parse_atlas, read_builtin
from drumatlas.errors import AtlasError
from drumatlas.files import read_bytes
from drumatlas.folders import cache_folder

MOST_CPU_S = 30  # a good atlas takes under a second on a PC, some seconds on a Pi Zero 2 W
MOST_WALL_S = 90
MOST_MEMORY = 512 << 20  # bytes in addition to Python and onnxruntime
FAR = 6.0  # prior deviations; knobs reach 4
_BATCH = 64  # points that the box decodes at once
_FILE = "atlas-tried"
_OVER = f"its networks need over {MOST_CPU_S} s or {MOST_MEMORY >> 20} MiB: too much for a box"


def open_atlas(path: Path | None) -> Atlas:
    """Return the atlas at `path` after trying it out, or the built-in one for None; AtlasError or
    FileError names the file."""
    return read_builtin() if path is None else parse_foreign(read_bytes(path, MAX_FILE), str(path))


def parse_foreign(data: bytes, name: str) -> Atlas:
    """Return the atlas in `data` after trying it out; AtlasError says what is wrong with it.

    The answer for these bytes is stored beside the one about onnxruntime (see probe.py).
    """

    def ask() -> bool:
        _try_out(data, name)
        return True

    if not is_builtin(data):
        remembered(ask, sha256(data).hexdigest(), cache_folder() / _FILE)
    return parse_atlas(data, name)


def _try_out(data: bytes, name: str) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "drumatlas.atlas.trial", str(MOST_CPU_S)],
            check=False,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=MOST_WALL_S,
            start_new_session=True,  # Ctrl-C in the terminal is ours, not the child's
        )
    except subprocess.TimeoutExpired:
        raise AtlasError(f"{name}: {_OVER}") from None
    except OSError as error:
        raise AtlasError(f"{name}: can't be tried out: {error.strerror or error}") from None
    if done.returncode != 0:
        said = done.stdout.decode("utf-8", "replace").strip()
        raise AtlasError(f"{name}: {said or _OVER}")


def places(centre: Floats, reach: Floats) -> Floats:
    """Return points of the whole space, z [n, 4]: its middle, its corners and sides, near and far
    out."""
    cube = np.array(list(itertools.product((-1, 0, 1), repeat=LATENT)), np.float32)
    radii = np.array([0.5, 2.0, FAR], np.float32)[:, None, None]
    return (centre + reach * (radii * cube).reshape(-1, LATENT)).astype(np.float32)


def _play(atlas: Atlas) -> None:
    """Decode points all over the space, singly and in batches, and encode some of the results."""
    z = places(atlas.latent.centre, atlas.latent.reach)
    for point in z[:: len(z) // 16]:
        atlas.decode(point[None])
    for start in range(0, len(z), _BATCH):
        p = atlas.decode(z[start : start + _BATCH])
        if not ((p >= 0) & (p <= 1)).all():  # also false for NaN
            raise AtlasError("decoder.onnx returns probabilities outside 0..1 at the edge")
    if not np.isfinite(atlas.encode((p[:3] > atlas.thresholds).astype(np.float32))).all():
        raise AtlasError("encoder.onnx returns values that are not finite")


def _limit(seconds: int) -> None:
    """Limit processor time and memory, where the system can."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + MOST_MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main(seconds: int) -> int:
    """Try out the atlas on standard input, for at most `seconds` of processor time; return the exit
    code."""
    data = sys.stdin.buffer.read(MAX_FILE + 1)
    read_builtin()  # loads the runtime, so that its memory is not counted
    _limit(seconds)
    try:
        _play(parse_atlas(data, ""))
    except AtlasError as error:
        print(str(error).removeprefix(": "))  # noqa: T201 - read by the parent
        return 1
    except MemoryError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
