"""Bundle JavaScript modules into one script. Pure.

A page without a server needs this, since a browser does not load modules from files. Each module
becomes a function that runs once and returns its exports; imports read from its result. Only the
two forms that our modules use are supported: `import { a, b as c } from "./x.js";` and `export`
before a function, generator, class or const.
"""

import re
from collections.abc import Callable

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.-]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function\*?|class|const) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*|\bimport *[(.].*", re.MULTILINE)

ReadModule = Callable[[str], str]  # module name -> text


def bundle(entry: str, read: ReadModule) -> str:
    """Return one script with the module `entry` and all that it imports.

    `read` returns a module's text. ValueError names a module that has another form of import or
    export, or that is part of an import cycle.
    """
    done: dict[str, str] = {}
    _add(entry, read, done, ())
    return "\n".join(done.values())


def _add(name: str, read: ReadModule, done: dict[str, str], within: tuple[str, ...]) -> None:
    """Add the modules that `name` imports, then `name` itself, to `done`."""
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
        lambda found: f"const {{{_destructured(found[1])}}} = {_variable(found[2])};\n", text
    )
    exported = ", ".join(_EXPORT.findall(body))
    body = _EXPORT.sub("", body)
    if other := _OTHER.search(body):
        raise ValueError(f"{name}: can't be bundled: {other[0]}")
    module = _variable(name)
    return f"// {name}\nconst {module} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def _destructured(names: str) -> str:
    """Turn import names `a, b as c` into a destructuring pattern `a, b: c`."""
    return re.sub(r"\s+as\s+", ": ", names)


def _variable(name: str) -> str:
    return "module_" + re.sub(r"\W", "_", name.removesuffix(".js"))
