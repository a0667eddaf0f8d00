"""`drumatlas play --web`, and its page as a process' neighbour sees it."""

import http.client
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from drumatlas.box.web import Page
from drumatlas.cli import main
from drumatlas.engine import Engine
from drumatlas.errors import ConfigError
from support.configured import configured

PLAY = ["play", "--panel", "none", "--midi-out", "none", "--state", "none"]


def taken() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def test_a_port_in_use_is_reported_in_a_line_and_it_plays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with taken() as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        assert main([*PLAY, "--seconds", "0.1", "--web", address]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "page" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"page: {address}: Address already in use; playing without the page")


def test_with_web_off_there_is_no_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*PLAY, "--seconds", "0.1", "--web", "off"]) == 0
    assert "page" not in capsys.readouterr().err


def test_a_malformed_address_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*PLAY, "--web", "8313"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(ConfigError, match="web 'box'"):
        Page("box", configured().page)


def test_loopback_asks_for_nothing_and_the_world_for_a_token() -> None:
    own = Page("127.0.0.1:0", configured().page)
    world = Page("0.0.0.0:0", configured().page)
    again = Page("0.0.0.0:0", configured().page)
    ours = Page("127.0.0.1:0", configured({"web.token": "0123456789abcdef"}).page)
    for page in (own, world, again, ours):
        page.close()
    assert re.fullmatch(r"page: http://127\.0\.0\.1:\d+/", own.lines[0])
    assert re.fullmatch(r"page: http://[^/]+\.local:\d+/\?token=[\w-]{22}", world.lines[0])
    assert world.token != again.token
    assert ours.url.endswith("/?token=0123456789abcdef")


def test_the_configuration_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.toml").write_text('[web]\naddress = "127.0.0.1:0"\n')
    assert main([*PLAY, "--seconds", "0.1", "--config", str(tmp_path / "c.toml")]) == 0
    assert re.search(r"page: http://127\.0\.0\.1:\d+/", capsys.readouterr().err)
    (tmp_path / "c.toml").write_text('[web]\ntoken = "short"\n')
    assert main([*PLAY, "--config", str(tmp_path / "c.toml")]) == 2
    assert "line 2: web.token" in capsys.readouterr().err


def test_a_box_that_plays_has_a_page_and_ends_with_it_open(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "drumatlas", *PLAY, "--web", "127.0.0.1:0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        assert process.stderr is not None
        found = None
        while not found:
            line = process.stderr.readline()
            assert line, "it ended"
            found = re.match(r"page: http://127\.0\.0\.1:(\d+)/", line)
        connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=10)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        idle = socket.create_connection(("127.0.0.1", int(found[1])))
        process.terminate()
        assert process.wait(10) == 0
        idle.close()
        connection.close()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
def test_without_a_thread_for_the_page_it_says_so_and_plays(
    error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = threading.Thread.start
    told: list[str] = []

    def start_others(thread: threading.Thread) -> None:
        if thread.name == "web":
            raise error
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_others)
    set_faults = Engine.set_faults

    def telling(self: Engine, what: str, *lines: str) -> None:
        told.extend(lines)
        set_faults(self, what, *lines)

    monkeypatch.setattr(Engine, "set_faults", telling)
    assert main([*PLAY, "--seconds", "0.3", "--web", "127.0.0.1:0"]) == 0
    assert len([line for line in told if line.startswith("page: no thread to serve it")]) == 1
    assert "Traceback" not in capsys.readouterr().err
