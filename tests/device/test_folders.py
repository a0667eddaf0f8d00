"""Where the box keeps its own files, on each system."""

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from drumatlas.folders import (
    cache_folder,
    runtime_folder,
    state_folder,
    systemd_folder,
    user_runtime_folder,
)

XDG = ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")
HOME = Path("/home/ada")
TEMPORARY = Path(tempfile.gettempdir()) / f"drumatlas-{os.getuid()}"
FOLDERS: dict[str, Callable[[], Path]] = {
    "state": state_folder,
    "cache": cache_folder,
    "runtime": runtime_folder,
}


@pytest.fixture(autouse=True)
def user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set but the user's home, on Linux."""
    for name in XDG:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(HOME))
    monkeypatch.setattr("platformdirs.PlatformDirs", Unix)


def found() -> tuple[Path, ...]:
    return tuple(folder() for folder in FOLDERS.values())


@pytest.mark.parametrize(
    "given", [None, "", " ", "relative", "./also/relative", "~/tilde", "../up"]
)
def test_without_an_absolute_xdg_path_the_default_counts(
    monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    for name in XDG:
        if given is not None:
            monkeypatch.setenv(name, given)
    assert found() == (HOME / ".local/state/drumatlas", HOME / ".cache/drumatlas", TEMPORARY)


@pytest.mark.parametrize("given", ["/", "/x", "/x/", "/x//y", "/x/../y", "/with a space/é"])
def test_an_absolute_xdg_path_counts(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    for name in XDG:
        monkeypatch.setenv(name, f"{given}/{name}" if given != "/" else given)
    expected = [Path(os.environ[name]) / "drumatlas" for name in XDG]
    assert [str(folder) for folder in found()] == [str(folder) for folder in expected]


def test_each_xdg_variable_is_for_one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    before = found()
    for i, name in enumerate(XDG):
        with monkeypatch.context() as patch:
            patch.setenv(name, "/x")
            expected = [*before]
            expected[i] = Path("/x/drumatlas")
            assert found() == tuple(expected)


def test_a_service_has_the_folders_of_its_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in XDG:
        monkeypatch.setenv(name, "/x")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/drumatlas:/more")
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/drumatlas:/run/more")
    state, run = Path("/var/lib/drumatlas"), Path("/run/drumatlas")
    assert found() == (state, state, run)
    assert user_runtime_folder() == Path("/x/drumatlas")  # where `status` looks, too
    assert systemd_folder("STATE_DIRECTORY") == state
    assert systemd_folder("LOGS_DIRECTORY") is None


def test_without_a_home_there_is_no_folder_for_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for folder in (state_folder, cache_folder):
        with pytest.raises(RuntimeError, match="home"):
            folder()
    assert runtime_folder() == TEMPORARY


def unknown(_user: int) -> None:
    raise KeyError


def test_on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.PlatformDirs", MacOS)
    library = HOME / "Library"
    kept = library / "Application Support/drumatlas", library / "Caches/drumatlas"
    assert found() == (*kept, TEMPORARY)


def test_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    from platformdirs import windows

    local = Path("/c/Users/ada/AppData/Local")
    monkeypatch.setattr(windows, "get_win_folder", lambda _: str(local))
    monkeypatch.setattr("platformdirs.PlatformDirs", windows.Windows)
    assert found() == (local / "drumatlas", local / "drumatlas/Cache", TEMPORARY)


def test_a_service_starts_without_loading_platformdirs(tmp_path: Path) -> None:
    look = (
        "import sys; from drumatlas import folders;"
        "folders.state_folder(), folders.cache_folder(), folders.runtime_folder();"
        "sys.exit('platformdirs' in sys.modules)"
    )
    given = {"STATE_DIRECTORY": str(tmp_path), "RUNTIME_DIRECTORY": str(tmp_path)}
    subprocess.run([sys.executable, "-c", look], env=os.environ | given, check=True)
