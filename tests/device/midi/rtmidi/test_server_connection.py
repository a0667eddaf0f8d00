"""The sockets to a sound server, with one of our own in its place."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from drumatlas.midi.rtmidi.server_connection import ServerConnection, server_sockets

if not Path("/dev/fd").exists():
    pytest.skip("descriptors are not listed here", allow_module_level=True)


class FakeJackServer:
    """Listens where JACK's would, and calls its client back."""

    def __init__(self, folder: Path) -> None:
        self._path, self._folder = folder / "jack_default_0_0", folder
        self.listen()

    def listen(self) -> None:
        self._path.unlink(missing_ok=True)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self._path))
        self._listening.listen()

    def connect(self) -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(self._path))
        return client

    def accept(self) -> socket.socket:
        return self._listening.accept()[0]

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeJackServer]:
    one = FakeJackServer(tmp_path)
    yield one
    one.close()


def test_the_line_hangs_up_when_the_server_ends(server: FakeJackServer) -> None:
    before = server_sockets()
    client = server.connect()
    line = ServerConnection(server_sockets() - before)
    accepted = server.accept()
    assert not line.has_hung_up
    accepted.close()
    assert line.has_hung_up
    server.close()
    assert not line.answers
    server.listen()
    assert line.answers
    assert line.has_hung_up, "the next server does not know the client"
    client.close()


def test_a_descriptor_that_was_closed_and_is_another_file_now(
    server: FakeJackServer, tmp_path: Path
) -> None:
    before = server_sockets()
    client = server.connect()
    line = ServerConnection(server_sockets() - before)
    accepted = server.accept()
    client.close()
    with (tmp_path / "other").open("w"):
        assert line.has_hung_up
    accepted.close()


def test_a_descriptor_that_is_no_server_never_hangs_up(tmp_path: Path) -> None:
    """A page's socket that closes is not the end of JACK."""
    before = server_sockets()
    ours, theirs = socket.socketpair()
    line = ServerConnection(server_sockets() - before)
    theirs.close()
    assert not line.has_hung_up
    assert line.answers
    assert not line.client_name
    ours.close()


def test_the_name_that_the_server_gave_the_client(server: FakeJackServer, tmp_path: Path) -> None:
    before = server_sockets()
    client = server.connect()
    back = socket.socket(socket.AF_UNIX)
    back.bind(str(tmp_path / "jack_drumatlas-01_1000_0"))
    back.listen()
    caller = socket.socket(socket.AF_UNIX)
    caller.connect(str(tmp_path / "jack_drumatlas-01_1000_0"))
    called = back.accept()[0]
    assert ServerConnection(server_sockets() - before).client_name == "drumatlas-01"
    for one in (client, back, caller, called):
        one.close()
