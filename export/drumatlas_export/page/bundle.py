"""Modules of JavaScript as one script, so that a page needs no server: a browser loads no module
from beside a file. Pure.

Each becomes a function that is run once and gives what it exports; an import takes from there. Only
the two forms that these modules use are known: `import { a, b as c } from "./x.js";` and `export`
before a function, generator, class or const.
"""

import re
from collections.abc import Callable

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.-]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function\*?|class|const) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*|\bimport *[(.].*", re.MULTILINE)

Read = Callable[[str], str]


def bundle(entry: str, read: Read) -> str:
    """One module of `entry` and all that it imports; `read` gives a module's text by its name.

    ValueError names a module with another form of import or export, or in a ring of imports.
    """
    done: dict[str, str] = {}
    _add(entry, read, done, ())
    return "\n".join(done.values())


def _add(name: str, read: Read, done: dict[str, str], within: tuple[str, ...]) -> None:
    """Put what `name` imports, then itself, into `done`."""
    if name in within:
        raise ValueError(f"modules import each other: {' -> '.join((*within, name))}")
    if name in done:
        return
    text = read(name)
    for found in _IMPORT.finditer(text):
        _add(found[2], read, done, (*within, name))
    done[name] = _wrapped(name, text)


def _wrapped(name: str, text: str) -> str:
    body = _IMPORT.sub(
        lambda found: f"const {{{_taken(found[1])}}} = {_variable(found[2])};\n", text
    )
    given = ", ".join(_EXPORT.findall(body))
    body = _EXPORT.sub("", body)
    if other := _OTHER.search(body):
        raise ValueError(f"{name}: can't be bundled: {other[0]}")
    return f"// {name}\nconst {_variable(name)} = (() => {{\n{body}return {{ {given} }};\n}})();\n"


def _taken(names: str) -> str:
    """`a, b as c` as a pattern: `a, b: c`."""
    return re.sub(r"\s+as\s+", ": ", names)


def _variable(name: str) -> str:
    return "module_" + re.sub(r"\W", "_", name.removesuffix(".js"))
