import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("argparse_manpage")
pytest.importorskip("shtab")

from drumatlas.cli import manual
from drumatlas.cli.manual import pages, write
from drumatlas.cli.registry import commands
from drumatlas.errors import FileError


def test_every_command_has_a_page_and_the_main_one_names_them_all() -> None:
    texts = pages()
    main = texts["man/man1/drumatlas.1"]
    for command in commands():
        name = command.name.replace("-", r"\-")
        page = texts[f"man/man1/drumatlas-{command.name}.1"]
        assert rf"drumatlas\-{name} \- {command.help}".split(":")[0] in page.replace(r"\-", r"\-")
        assert f".B drumatlas {name}" in page
        assert ".SH EXAMPLES" in page
        assert rf"\fB{name}\fR" in main
        assert rf"\fBdrumatlas\-{name}\fR(1)" in main
    assert r"\-\-unattended" in texts["man/man1/drumatlas-play.1"]
    assert not any("COMMENTS" in text for text in texts.values())


def test_a_page_is_the_same_each_day(tmp_path: Path) -> None:
    assert pages() == pages()
    assert len(write(tmp_path)) == len(pages())
    assert write(tmp_path) == []
    (tmp_path / "man/man1/drumatlas.1").write_bytes(b"\xff of an older version")
    with pytest.raises(FileError, match=r"drumatlas\.1"):
        write(tmp_path)
    (tmp_path / "man/man1/drumatlas.1").write_text("of an older version")
    assert write(tmp_path) == [tmp_path / "man/man1/drumatlas.1"]


def test_groff_has_nothing_to_say(tmp_path: Path) -> None:
    if shutil.which("groff") is None:
        pytest.skip("no groff; apt install groff-base")
    write(tmp_path)
    for page in sorted((tmp_path / "man/man1").iterdir()):
        command = ["groff", "-man", "-Tutf8", "-ww", "-z", str(page)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        # Lines that are too long to be spread evenly are no fault of the page's.
        said = [line for line in done.stderr.splitlines() if "adjust line" not in line]
        assert said == [], page.name


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    if shutil.which("bash") is None:
        pytest.skip("no bash here")
    write(tmp_path)
    ask = f"""
        source {tmp_path / manual.SHELLS["bash"]}
        try() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _shtab_drumatlas; echo "${{COMPREPLY[*]}}"; }}
        try drumatlas up
        try drumatlas play --unat
    """
    done = subprocess.run(["bash", "-c", ask], check=False, capture_output=True, text=True)
    assert done.stdout.split() == ["update-atlas", "--unattended"], done.stderr
