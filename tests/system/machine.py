"""A machine with systemd and ALSA, reached by a command that runs a shell line there as root.

    DRUMATLAS_MACHINE="ssh root@pi"     a Raspberry Pi, or any Debian; "bash -c" is this machine
    DRUMATLAS_PUSH="vm push"            copies LOCAL REMOTE_FOLDER (of a folder its content), where
                                        tar through the first command is too slow
    DRUMATLAS_REBOOT="vm reboot"        restarts it in good order, where `systemctl reboot` and
                                        asking until it answers again won't do
    DRUMATLAS_WHEELS=DIR                wheels for that machine, if it has no network
    DRUMATLAS_PATIENCE=5                bounds of time are so many times as wide: for a virtual
                                        machine on a host that is busy otherwise

What is tested there is installed, killed and uninstalled: use a card that may be written over.
"""

import os
import shlex
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MACHINE, PUSH = "DRUMATLAS_MACHINE", "DRUMATLAS_PUSH"
REBOOT, WHEELS = "DRUMATLAS_REBOOT", "DRUMATLAS_WHEELS"
PATIENCE = float(os.environ.get("DRUMATLAS_PATIENCE", "1"))
BOOT = "cat /proc/sys/kernel/random/boot_id"
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class RemoteMachine:
    """Commands as words; all but the first may be missing."""

    prefix: tuple[str, ...]
    pusher: tuple[str, ...] = ()
    rebooter: tuple[str, ...] = ()

    def run(self, line: str, timeout: float = 120) -> Done:
        """`line` in a shell there; its exit status is the caller's to judge."""
        command = [*self.prefix, line]
        return subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )

    def get(self, line: str, timeout: float = 120) -> str:
        """What `line` prints, which must succeed."""
        done = self.run(line, timeout)
        assert done.returncode == 0, f"{line}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def start(self, line: str) -> "subprocess.Popen[str]":
        """`line`, whose output is read while it runs."""
        return subprocess.Popen(
            [*self.prefix, line],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def push(self, local: Path, remote: str) -> None:
        """A file, or what is in a folder, into the folder `remote`, which is made."""
        if self.pusher:
            subprocess.run([*self.pusher, str(local), remote], check=True, timeout=300)
            return
        where, what = (local, ".") if local.is_dir() else (local.parent, local.name)
        pack = ["tar", "-C", str(where), "--exclude=__pycache__", "-cf", "-", what]
        unpack = (
            f"mkdir -p {shlex.quote(remote)} && tar -C {shlex.quote(remote)} --no-same-owner -xf -"
        )
        with subprocess.Popen(pack, stdout=subprocess.PIPE) as packing:
            subprocess.run([*self.prefix, unpack], check=True, stdin=packing.stdout, timeout=600)
        assert packing.returncode == 0

    def boot_id(self) -> str:
        """Of this run of its kernel; '' while it does not answer."""
        try:
            return self.run(BOOT, timeout=20).stdout.strip()
        except subprocess.TimeoutExpired:
            return ""

    def await_boot_after(self, old: str, timeout: float = 300) -> None:
        """Until it runs again, and has finished starting."""
        end = time.monotonic() + timeout
        while self.boot_id() in {"", old}:
            assert time.monotonic() < end, f"the machine is not back after {timeout:g} s"
            time.sleep(0.3)
        self.run("systemctl is-system-running --wait", timeout)

    def reboot(self) -> None:
        old = self.boot_id()
        assert old
        if self.rebooter:
            subprocess.run(self.rebooter, check=True, capture_output=True, timeout=300)
        else:
            with suppress(subprocess.TimeoutExpired):  # hangs as the machine goes down
                self.run("systemctl reboot", timeout=20)
        self.await_boot_after(old)


def from_environment() -> RemoteMachine | None:
    """The machine that the environment names, if it does."""
    prefix, pusher, rebooter = (
        tuple(shlex.split(os.environ.get(name, ""))) for name in (MACHINE, PUSH, REBOOT)
    )
    return RemoteMachine(prefix, pusher, rebooter) if prefix else None
