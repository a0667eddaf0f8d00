"""Write manual pages and shell completion, both generated from the commands' options.

    python -m drumatlas.cli.manual /usr/local/share

The installer runs it. Needs the extra [service].
"""

import argparse
import re
import sys
from pathlib import Path

from drumatlas import __version__
from drumatlas.cli.registry import DESCRIPTION, commands
from drumatlas.commandline import Parser
from drumatlas.errors import FileError
from drumatlas.files import write_text

# Shell -> path below share/ where it looks for completion.
SHELLS = {
    "bash": "bash-completion/completions/drumatlas",
    "zsh": "zsh/site-functions/_drumatlas",
    "fish": "fish/vendor_completions.d/drumatlas.fish",
}


def pages() -> dict[str, str]:
    """Return the text of each file by its path below share/."""
    parser = _parser()
    subparsers = _subparsers(parser)
    texts = _completion()
    texts["man/man1/drumatlas.1"] = _main_page(parser)
    for command in commands():
        texts[f"man/man1/drumatlas-{command.name}.1"] = _page(
            subparsers[command.name], command.help, command.examples
        )
    return texts


def _completion() -> dict[str, str]:
    """Return completion scripts for the shells that the installed shtab supports.

    An option that takes a path is completed with file names.
    """
    import shtab

    parser = _parser()
    for one in _subparsers(parser).values():
        for action in one._actions:
            if action.type is Path:
                action.complete = shtab.FILE  # type: ignore[attr-defined]  # shtab's own way
    known = [shell for shell in SHELLS if shell in shtab.SUPPORTED_SHELLS]
    return {SHELLS[shell]: shtab.complete(parser, shell) for shell in known}


def _parser() -> Parser:
    return Parser.of_program("drumatlas", DESCRIPTION, commands())


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:  # argparse has no public way to its commands
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _page(parser: argparse.ArgumentParser, about: str, examples: str, more: str = "") -> str:
    """Return a manual page (man(7)): argparse-manpage's, with a section of examples."""
    from argparse_manpage.manpage import Manpage

    parser.prog = parser.prog.replace(" ", "-")
    parser.epilog = None
    parser.formatter_class = argparse.HelpFormatter
    page = Manpage(parser)
    page.date, page.source, page.manual = "", f"drumatlas {__version__}", "drumatlas"
    page.description = about
    page.synopsis[0] = parser.prog.replace("-", " ", 1)  # as the user types it
    page.add_section("examples", "=", f".nf\n{_plain(examples)}\n.fi")
    page.add_section("exit status", "=", "0 success, 2 bad input or a missing part, 1 a bug.")
    others = "\\fBdrumatlas\\fR(1)" if parser.prog != "drumatlas" else more
    page.add_section("see also", "=", others)
    # groff would take a help text that begins with a full stop (`.mid: ...`) for a macro.
    return re.sub(r"^(?=\.(?!(?:TH|SH|TP|B|PP|nf|fi)\b))", r"\\&", str(page), flags=re.MULTILINE)


def _main_page(parser: argparse.ArgumentParser) -> str:
    """Return the page of the program itself: its commands and its files."""
    rows = "\n".join(f".TP\n\\fB{_plain(one.name)}\\fR\n{_plain(one.help)}" for one in commands())
    main = argparse.ArgumentParser(prog="drumatlas", description=parser.description)
    main.add_argument("--version", action="store_true", help="print the version and exit")
    main.add_argument("command", metavar="COMMAND", help="see below; each has its own page")
    others = ", ".join(f"\\fBdrumatlas\\-{_plain(one.name)}\\fR(1)" for one in commands())
    text = _page(main, "a beat box that plays from a map", commands()[0].examples, others)
    files = (
        ".TP\n/etc/drumatlas.toml\nsettings of the service; `drumatlas config` prints them all\n"
        ".TP\n/var/lib/drumatlas\nstate of the service: snapshots, the last place, takes, an atlas "
        "set by update-atlas\n"
        ".TP\n/run/drumatlas\nthe status that `drumatlas status` prints"
    )
    extra = f".SH COMMANDS\n{rows}\n.SH FILES\n{files}\n"
    before, mark, after = text.partition(".SH EXAMPLES")
    return f"{before}{extra}{mark}{after}"


def _plain(text: str) -> str:
    """Escape `text` so that groff prints it as it is."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").split("\n")
    return "\n".join(f"\\&{line}" if line[:1] in {".", "'"} else line for line in lines)


def write(share: Path) -> list[Path]:
    """Write the files that differ below `share` and return their paths.

    Raises FileError if one can't be written.
    """
    written = []
    for name, text in pages().items():
        path = share / name
        try:
            if path.is_file() and path.read_text(encoding="utf-8") == text:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
        except (OSError, UnicodeDecodeError) as error:
            raise FileError(f"{path}: cannot write: {error}") from None
        write_text(path, text)
        written.append(path)
    return written


def main() -> int:
    """Write the files below the folder SHARE and print the paths of those that changed."""
    if len(sys.argv) != 2:
        print("usage: python -m drumatlas.cli.manual SHARE", file=sys.stderr)
        return 2
    try:
        for path in write(Path(sys.argv[1])):
            print(path)
    except FileError as error:
        print(f"manual: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
