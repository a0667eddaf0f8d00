"""Tools to forge atlases."""

import json
from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from drumatlas.atlas.read import MAX_FILE

Members = dict[str, bytes]


def _members() -> Members:
    data = files("drumatlas").joinpath("builtin.atlas").read_bytes()
    with ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(members: Members) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            # Deflating 4 MB for each of sixty tests took most of their time; bombs need it.
            is_bomb = len(data) >= MAX_FILE
            archive.writestr(name, data, ZIP_DEFLATED if is_bomb else ZIP_STORED)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def builtin_members() -> Members:
    return _members()


@pytest.fixture
def forge(builtin_members: Members) -> Callable[..., bytes]:
    """forge(change_info, **members): the built-in atlas with changes, its hashes made right."""

    def make(change: Callable[[dict[str, Any]], Any] | None = None, **new: bytes) -> bytes:
        members = dict(builtin_members)
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
