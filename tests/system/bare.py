"""README's commands on bare Debians: `python tests/system/bare.py [SUITE]...`

Makes a chroot of each suite (bookworm, trixie and testing if none is named) that holds apt and
certificates, and nothing to compile with. There it types what README says below "Play it" and
"Test it", and installs what the program asks for in its own words. Needs root and mmdebstrap;
some minutes a suite to play, half an hour or more with the tests, which stand there twice.

pip's settings of this machine (files, PIP_*, certificates, proxies) hold in the chroots too.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build" / "bare"
SUITES = ("bookworm", "trixie", "testing")
AT = "/root/drumatlas"  # the checkout, in the chroot
PLAYS = "Ctrl-C stops"  # the last line before the first beat
LONGEST_S = 3600
SETTINGS = ("/etc/pip.conf", "/etc/xdg/pip", "/root/.config/pip", "/root/.pip", "/etc/hosts")
SETTINGS += ("/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
VARIABLES = re.compile(r"PIP_\w+|\w+_proxy|\w+_PROXY|SSL_CERT_\w+|REQUESTS_CA_BUNDLE")
NOTES = """.venv/bin/python -c '
from pathlib import Path
from drumatlas.beat.smf import read_drums
print(len(read_drums(Path("{take}").read_bytes()).notes))'"""


def fail(why: str) -> None:
    print(f"bare.py: {why}", file=sys.stderr)
    raise SystemExit(2)


def blocks(heading: str, text: str) -> list[list[str]]:
    """Return the blocks of commands in the section `heading` of the README."""
    section = re.split(r"^## ", text.split(f"\n## {heading}\n")[1], flags=re.MULTILINE)[0]
    return [
        [line.strip() for line in found.splitlines() if line.strip()]
        for found in re.findall(r"^```sh\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    ]


def mirror_here() -> str:
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Label: Debian"]
    found = subprocess.run(command, check=False, capture_output=True, text=True).stdout.split()
    if not found:
        fail("--mirror URL says where Debian's packages are")
    return found[0]


def local_folders() -> Iterator[Path]:
    """Folders that pip's settings name: wheels and indexes on this machine's disk."""
    texts = [value for name, value in os.environ.items() if name.startswith("PIP_")]
    for place in map(Path, SETTINGS[:4]):
        files = place.rglob("*") if place.is_dir() else [place]
        texts += [file.read_text() for file in files if file.is_file()]
    for word in " ".join(texts).split():
        path = Path(word.removeprefix("file://"))
        if path.is_absolute() and path.is_dir():
            yield path.parent if path.name == "simple" else path  # an index has files beside it


class Bare:
    """A chroot; everything in it is run as if typed."""

    def __init__(self, suite: str, mirror: str) -> None:
        self.suite = suite
        self.root = WORK / suite
        shutil.rmtree(self.root, ignore_errors=True)
        WORK.mkdir(parents=True, exist_ok=True)
        valid = 'Acquire::Check-Valid-Until "false"'  # a mirror may be a snapshot
        command = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates"]
        subprocess.run([*command, f"--aptopt={valid}", suite, self.root, mirror], check=True)
        for name in SETTINGS:
            if Path(name).exists():
                self._copy(Path(name))
        (self.root / "etc/apt/apt.conf.d/98yes").write_text('APT::Get::Assume-Yes "true";\n')
        tracked = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(tracked, check=True, capture_output=True, text=True, cwd=ROOT).stdout
        self.files = [name for name in names.split("\0") if (ROOT / name).is_file()]
        self.environment = {k: v for k, v in os.environ.items() if VARIABLES.fullmatch(k)}
        self.environment |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        self.environment |= {"DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8"}

    def _copy(self, path: Path) -> None:
        at = self.root / str(path).lstrip("/")
        at.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, at, dirs_exist_ok=True)
        else:
            at.unlink(missing_ok=True)
            shutil.copyfile(path, at)

    def check_out(self) -> None:
        """A fresh checkout in the chroot."""
        at = self.root / AT.lstrip("/")
        shutil.rmtree(at, ignore_errors=True)
        for name in self.files:
            (at / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, at / name)

    @contextmanager
    def mounted(self) -> Iterator[None]:
        places = [Path("/proc"), Path("/sys"), Path("/dev"), *local_folders()]
        with ExitStack() as stack:
            for place in dict.fromkeys(places):
                at = self.root / str(place).lstrip("/")
                at.mkdir(parents=True, exist_ok=True)
                subprocess.run(["mount", "--rbind", place, at], check=True)
                subprocess.run(["mount", "--make-rslave", at], check=True)
                stack.callback(subprocess.run, ["umount", "-R", "-l", at], check=False)
            yield

    def start(self, line: str) -> "subprocess.Popen[str]":
        print(f"{self.suite}$ {line}", flush=True)
        return subprocess.Popen(
            ["chroot", self.root, "sh", "-c", f"cd {AT} && {line}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
            start_new_session=True,
        )

    def type(self, line: str, *, good: bool = True) -> str:
        """What `line` prints; with `good` it must end with 0, else with 2."""
        process = self.start(line)
        told = process.communicate(timeout=LONGEST_S)[0]
        if process.returncode != (0 if good else 2) or "Traceback" in told:
            fail(f"{self.suite}: '{line}' ended with {process.returncode}:\n{told[-5000:]}")
        return told

    def type_until_it_plays(self, line: str) -> None:
        """`line` must play, be seen by `status`, and end by Ctrl-C."""
        process = self.start(line)
        assert process.stdout is not None
        told = ""
        while PLAYS not in told:
            read = process.stdout.readline()
            told += read
            if not read:
                fail(f"{self.suite}: '{line}' does not play:\n{told[-5000:]}")
        time.sleep(3)
        status = self.type(".venv/bin/drumatlas status")
        os.killpg(process.pid, signal.SIGINT)
        told += process.communicate(timeout=30)[0]
        if process.returncode not in {0, 2, 130, -signal.SIGINT} or "Traceback" in told:
            fail(f"{self.suite}: '{line}' ended with {process.returncode}:\n{told[-5000:]}")
        print(f"    {' '.join(status.split())[:100]}", flush=True)

    def refusal(self, line: str) -> str:
        """What `line` says is to be installed: it must end with 2 and one line of its own."""
        told = self.type(line, good=False)
        lines = [one for one in told.splitlines() if not one.startswith("make:")]
        found = re.search(r"apt install ([\w. -]+)$", told, flags=re.MULTILINE)
        if len(lines) != 1 or not found:
            fail(f"{self.suite}: '{line}' does not say in one line what to install:\n{told}")
        assert found
        print(f"    {lines[0]}", flush=True)
        return found[1]


def lacking(bare: Bare) -> None:
    """`make play` before anything is there, then with Python alone."""
    bare.type("apt update")
    bare.type("apt install make")
    if bare.refusal("make play") != "python3 python3-venv":
        fail(f"{bare.suite}: without Python that should be said")
    bare.type("apt install python3")
    bare.type(f"apt install {bare.refusal('make play')}")
    bare.type("python3 --version && ! command -v cc gcc g++ c++ clang")


def play(bare: Bare, text: str) -> None:
    """What README says below "Play it"; the way without make in a checkout of its own."""
    for block in blocks("Play it", text):
        if not any(line.startswith("make ") for line in block):
            bare.check_out()
        for line in block:
            if line.endswith(" play"):
                bare.type_until_it_plays(line)
                continue
            bare.type(line)
            if take := re.search(r"file:(\w+\.mid)", line):
                count = bare.type(NOTES.format(take=take[1])).split()[-1]
                print(f"    {count} notes", flush=True)
                if not int(count):
                    fail(f"{bare.suite}: '{line}' played nothing")


def test(bare: Bare, text: str) -> None:
    """What README says below "Test it", in the checkout that plays."""
    for block in blocks("Test it", text):
        for line in block:
            began = time.monotonic()
            told = bare.type(line).splitlines()
            print(f"    {told[-1] if told else ''} ({time.monotonic() - began:.0f} s)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE", default=SUITES)
    parser.add_argument("--play", action="store_true", help="only what stands below 'Play it'")
    parser.add_argument("--mirror", metavar="URL", help="where Debian's packages are")
    parser.add_argument("--keep", action="store_true", help="keep the chroots, below build/bare")
    wanted = parser.parse_args()
    if os.geteuid() != 0:
        fail("needs root")
    if shutil.which("mmdebstrap") is None:
        fail("no mmdebstrap; apt install mmdebstrap")
    text = (ROOT / "README.md").read_text()
    for suite in wanted.suites:
        bare = Bare(suite, wanted.mirror or mirror_here())
        bare.check_out()
        with bare.mounted():
            lacking(bare)
            play(bare, text)
            if not wanted.play:
                test(bare, text)
        if not wanted.keep:
            shutil.rmtree(bare.root)
        print(f"{suite}: all as README says", flush=True)


if __name__ == "__main__":
    main()
