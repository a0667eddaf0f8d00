"""The direction of imports, held by reading the sources: pure rooms know nothing of adapters."""

import ast
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEVICE = ROOT / "device"
EXPORT = ROOT / "export"

# Room (longest prefix wins) -> our own rooms it may import. "drumatlas" alone is the version.
ALLOWED: dict[str, tuple[str, ...]] = {
    "drumatlas.errors": (),
    "drumatlas.beat": ("beat", "errors"),
    "drumatlas.files": ("errors",),
    "drumatlas.folders": (),
    "drumatlas.realtime": (),
    "drumatlas.signals": (),
    "drumatlas.commandline": ("", "errors"),
    "drumatlas.reading": ("beat", "commandline", "config.read", "errors", "play.kits"),
    "drumatlas.atlas": ("atlas", "beat", "errors", "files", "folders"),
    "drumatlas.explore": ("explore", "atlas.model", "beat", "errors"),
    "drumatlas.play": ("play", "beat", "errors"),
    "drumatlas.midi": ("midi", "beat", "play", "errors", "files", "realtime"),
    "drumatlas.panel": ("panel", "explore", "beat", "errors", "engine", "files", "folders", "play"),
    "drumatlas.engine": ("explore", "play", "atlas.model", "beat", "errors"),
    "drumatlas.render": ("engine", "play", "beat"),
    "drumatlas.config": (
        *("config", "play", "beat", "explore.controls", "panel", "errors", "files"),
        *("midi.targets", "oled.chips", "web.address"),
    ),
    "drumatlas.daemon": ("engine", "play", "realtime", "signals"),
    "drumatlas.service": (
        *("service", "atlas", "engine", "errors", "explore", "files", "folders", "midi", "play"),
        *("realtime",),
    ),
    "drumatlas.doctor": (
        *("doctor", "atlas", "beat", "config.read", "config.settings", "errors", "explore"),
        *("files", "midi", "oled.chips", "panel", "play", "realtime", "service.state"),
        *("web.serving",),
    ),
    "drumatlas.oled": ("oled", "engine", "explore", "atlas.model", "beat", "errors"),
    "drumatlas.web": (
        *("web", "engine", "explore", "atlas.model", "beat", "midi", "play", "realtime", "errors"),
    ),
    "drumatlas.box": (
        *("box", "atlas", "beat", "commandline", "config.read", "config.settings", "daemon"),
        *("engine", "errors", "explore", "files", "folders", "midi", "oled.chips", "oled.feed"),
        *("panel", "play", "realtime", "service", "signals", "web"),
    ),
    "drumatlas.cli": ("",),
    "drumatlas.__main__": ("cli",),
}
EXPORT_MAY = (
    *("beat", "atlas", "errors", "files", "commandline", "reading", "__version__"),
    # What the box would play.
    *("explore", "play.feel", "play.tap", "play.timeline"),
    *("web.dropped_file", "web.pass_map", "web.assets"),  # the parts of its page
)
# Room of the training side -> the others of it that it may import.
EXPORT_ALLOWED: dict[str, tuple[str, ...]] = {
    "mine": (),
    "train": ("mine", "textbook"),
    "page": (),
    "map_picture": (),
    "groove": ("mine",),
    "textbook": ("mine",),
    "space": ("mine", "train"),
    "atlas": ("mine", "space", "textbook", "train"),
    "midi_pack": ("mine", "space"),
    "score": ("atlas", "mine", "space", "textbook", "train"),
    "report": ("map_picture", "space"),
    "cli": (
        *("atlas", "groove", "midi_pack", "mine", "page", "report", "score", "space", "textbook"),
        "train",
    ),
}
NEVER_ON_THE_DEVICE = ("drumatlas_export", "torch", "sklearn", "onnx", "rich")
# What a pure room may take from outside.
PURE_PLAY = (
    *("chance", "clock_grid", "clock_stats", "events", "feel", "following", "leading", "outbox"),
    *("sequencer", "state", "step_player", "tap", "timeline", "transport_actions"),
)
PURE_PANEL = (
    *("chips", "conditioning", "contacts", "floating_input", "takeover", "thru_echo", "wiring"),
)
PURE_WEB = (
    *("access", "address", "controls", "dropped_file", "messages", "pacing", "pass_map"),
    *("rate_limit", "sessions", "view", "view_json"),
)
PURE = (
    *("drumatlas.beat", "drumatlas.explore"),
    *(f"drumatlas.play.{name}" for name in PURE_PLAY),
    *(f"drumatlas.panel.{name}" for name in PURE_PANEL),
    *("drumatlas.midi.targets", "drumatlas.oled.chips", "drumatlas.oled.frame"),
    *(f"drumatlas.web.{name}" for name in PURE_WEB),
)
IMPURE = ("mido", "rtmidi", "os", "socket", "pathlib", "time", "threading", "onnxruntime")


def sources(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(file.read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    """Full names, wherever in the file they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def under(name: str, room: str) -> bool:
    return name == room or name.startswith(room + ".")


def room_of(module: str) -> str:
    rooms = [room for room in ALLOWED if under(module, room)]
    assert rooms, f"{module} is in no room of the table in this test"
    return max(rooms, key=len)


DEVICE_MODULES = [(name, tree) for name, tree in sources(DEVICE) if name != "drumatlas"]


@pytest.mark.parametrize(("module", "tree"), DEVICE_MODULES, ids=[n for n, _ in DEVICE_MODULES])
def test_rooms_of_the_device_import_only_what_they_may(module: str, tree: ast.Module) -> None:
    may = ALLOWED[room_of(module)]
    for name in imports(tree):
        if under(name, "drumatlas"):
            inner = name.removeprefix("drumatlas").removeprefix(".")
            ok = any(not room or under(inner, room) for room in may)
            assert ok, f"{module} imports {name}"
        assert not any(under(name, never) for never in NEVER_ON_THE_DEVICE), name


def test_the_tables_name_what_there_is() -> None:
    """A module that was renamed must not fall out of a table unseen."""
    modules = [name for name, _ in DEVICE_MODULES]
    inner = {*EXPORT_MAY, *(room for may in ALLOWED.values() for room in may)} - {"__version__", ""}
    named = {*ALLOWED, *PURE, *(f"drumatlas.{room}" for room in inner)}
    gone = sorted(name for name in named if not any(under(module, name) for module in modules))
    assert not gone


def top_room(module: str) -> str:
    return ".".join(module.split(".")[:2])


@pytest.mark.parametrize("unit", [str, top_room], ids=["modules", "rooms"])
def test_imports_form_no_circle(unit: Callable[[str], str]) -> None:
    """Late imports and those for annotations count, too."""
    modules = {name for name, _ in DEVICE_MODULES}
    graph: dict[str, set[str]] = {unit(name): set() for name in modules}
    for module, tree in DEVICE_MODULES:
        # What is imported is a module, or a name within one.
        found = {one if one in modules else one.rpartition(".")[0] for one in imports(tree)}
        graph[unit(module)] |= {unit(one) for one in found & modules} - {unit(module)}
    TopologicalSorter(graph).prepare()  # CycleError names those that form a circle


@pytest.mark.parametrize(("module", "tree"), DEVICE_MODULES, ids=[n for n, _ in DEVICE_MODULES])
def test_pure_rooms_touch_no_clock_file_or_port(module: str, tree: ast.Module) -> None:
    if any(under(module, room) for room in PURE):
        touched = [n for n in imports(tree) if any(under(n, impure) for impure in IMPURE)]
        assert not touched, f"{module} imports {touched}"


def test_export_imports_only_the_shared_rooms_of_the_device() -> None:
    for module, tree in sources(EXPORT):
        for name in imports(tree):
            if under(name, "drumatlas"):
                inner = name.removeprefix("drumatlas.")
                assert any(under(inner, room) for room in EXPORT_MAY), f"{module} imports {name}"


def test_rooms_of_export_import_only_what_they_may() -> None:
    rooms: set[str] = set()
    for module, tree in sources(EXPORT):
        room = module.removeprefix("drumatlas_export").removeprefix(".").split(".")[0]
        rooms.add(room)
        for name in imports(tree):
            if under(name, "drumatlas_export"):
                other = name.split(".")[1]
                assert other in {room, *EXPORT_ALLOWED[room]}, f"{module} imports {name}"
    assert rooms - {""} == set(EXPORT_ALLOWED)
    TopologicalSorter(EXPORT_ALLOWED).prepare()  # CycleError names those that form a circle


def test_nothing_else_is_importable_from_the_two_folders() -> None:
    assert [p.name for p in DEVICE.iterdir() if p.suffix == ".py" or p.is_dir()] == ["drumatlas"]
    found = [p.name for p in EXPORT.iterdir() if p.suffix == ".py" or p.is_dir()]
    assert found == ["drumatlas_export"]
