"""Tools to forge atlases."""

import json
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from support import atlases

Members = dict[str, bytes]


def _members() -> Members:
    data = files("drumatlas").joinpath("builtin.atlas").read_bytes()
    with ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(members: Members) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data, ZIP_DEFLATED)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def builtin_members() -> Members:
    return _members()


@pytest.fixture(scope="session")
def small_members() -> Members:
    return atlases.small_members()


@pytest.fixture
def forge(small_members: Members) -> Callable[..., bytes]:
    """forge(change_info, **members): a small atlas with changes, its hashes made right."""

    def make(change: Callable[[dict[str, Any]], Any] | None = None, **new: bytes) -> bytes:
        members = dict(small_members)
        for name, data in new.items():
            members[name.replace("__", ".")] = data
        info = json.loads(members["atlas.json"])
        info["sha256"] = {
            name: sha256(data).hexdigest() for name, data in members.items() if name != "atlas.json"
        }
        if change:
            change(info)
        members["atlas.json"] = json.dumps(info).encode()
        return _zip(members)

    return make


@pytest.fixture(scope="session")
def zip_of() -> Callable[[Members], bytes]:
    return _zip
