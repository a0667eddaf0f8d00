"""Which packages each system installs: each has a wheel there, so that nothing is compiled."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
EVERYWHERE = {"numpy", "mido", "platformdirs", "websockets"}
RUNTIME = {"onnxruntime"}
ALSA = {"alsa-midi"}
OLD, NEW = {"python-rtmidi"}, {"supriya-midi"}
CURSES = {"windows-curses"}

# What PyPI had wheels of in November 2026.
INSTALLED = [
    ("Linux", "x86_64", "3.11", RUNTIME | ALSA | OLD),
    ("Linux", "x86_64", "3.12", RUNTIME | ALSA | OLD),
    ("Linux", "x86_64", "3.13", RUNTIME | ALSA | NEW),
    ("Linux", "x86_64", "3.14", RUNTIME | ALSA | NEW),
    ("Linux", "aarch64", "3.11", RUNTIME | ALSA | OLD),
    ("Linux", "aarch64", "3.13", RUNTIME | ALSA | NEW),
    ("Linux", "aarch64", "3.14", RUNTIME | ALSA | NEW),
    ("Linux", "armv7l", "3.11", ALSA),
    ("Linux", "armv7l", "3.13", ALSA),
    ("Darwin", "arm64", "3.12", RUNTIME | OLD),
    ("Darwin", "arm64", "3.14", RUNTIME | NEW),
    ("Darwin", "x86_64", "3.12", OLD),
    ("Darwin", "x86_64", "3.13", NEW),
    ("Windows", "AMD64", "3.11", RUNTIME | OLD | CURSES),
    ("Windows", "AMD64", "3.14", RUNTIME | NEW | CURSES),
    ("Windows", "ARM64", "3.11", RUNTIME | NEW),
    ("Windows", "ARM64", "3.14", RUNTIME | NEW),
]


@pytest.mark.parametrize(("system", "machine", "python", "more"), INSTALLED)
def test_a_system_installs_what_has_a_wheel_there(
    system: str, machine: str, python: str, more: set[str]
) -> None:
    here = {"platform_system": system, "platform_machine": machine, "python_version": python}
    asked = map(Requirement, PROJECT["dependencies"])
    found = {one.name for one in asked if one.marker is None or one.marker.evaluate(here)}
    assert found == EVERYWHERE | more


def test_every_python_that_is_claimed_is_tried() -> None:
    head = "Programming Language :: Python :: "
    claimed = {line.removeprefix(head) for line in PROJECT["classifiers"] if head in line}
    assert claimed == {python for system, _, python, _ in INSTALLED if system == "Linux"}
