"""A page that nobody opens costs nothing, and ends when it is told."""

import errno
import importlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drumatlas.errors import WebError
from drumatlas.web import loop
from drumatlas.web import serving as serving_module
from drumatlas.web.address import Address
from drumatlas.web.bridge import ThreadBridge
from drumatlas.web.server import Server
from drumatlas.web.serving import Serving, listen

UNOPENED = """
import sys, time
from drumatlas.web.address import Address
from drumatlas.web.bridge import ThreadBridge
from drumatlas.web.serving import Serving, listen
from drumatlas.atlas.read import read_atlas
atlas = read_atlas(None)
def make():
    from drumatlas.web.access import AccessPolicy
    from drumatlas.web.server import Server
    from drumatlas.web.assets import StaticAssets
    return Server(StaticAssets(atlas), AccessPolicy(Address("127.0.0.1", port)), bridge, atlas)
bridge = ThreadBridge(print, 0)
socket = listen(Address("127.0.0.1", 0))
port = socket.getsockname()[1]
serving = Serving(socket, bridge, make)
serving.start()
time.sleep(0.2)
loaded = [name for name in ("asyncio", "ssl", "websockets") if name in sys.modules]
assert not loaded, loaded
import urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
assert opener.open(f"http://127.0.0.1:{port}/").status == 200
assert "websockets" in sys.modules
serving.close()
"""


def test_nothing_is_loaded_until_somebody_comes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", UNOPENED],
        check=False, capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_it_ends_before_anybody_came() -> None:
    listening = listen(Address("127.0.0.1", 0))
    serving = Serving(
        listening, ThreadBridge(lambda _: None, 0), lambda: pytest.fail("nobody came")
    )
    serving.start()
    serving.close()
    assert "web" not in {thread.name for thread in threading.enumerate()}


def test_an_address_in_use_or_not_ours_is_an_error() -> None:
    taken = listen(Address("127.0.0.1", 0))
    port = taken.getsockname()[1]
    with pytest.raises(WebError, match=f"127.0.0.1:{port}: Address already in use"):
        listen(Address("127.0.0.1", port))
    taken.close()
    with pytest.raises(WebError, match=r"192\.0\.2\.1"):
        listen(Address("192.0.2.1", 0))
    with pytest.raises(WebError, match=r"nowhere\.invalid"):
        listen(Address("nowhere.invalid", 0))


def test_without_a_thread_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (RuntimeError("can't start new thread"), MemoryError()):
        serving = Serving(
            listen(Address("127.0.0.1", 0)), ThreadBridge(lambda _: None, 0), pytest.fail
        )

        def start(_self: object, error: Exception = error) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", start)
            with pytest.raises(WebError, match="no thread"):
                serving.start()
        serving.close()


def test_without_descriptors_the_page_waits_and_no_traceback_is_logged(
    box: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "RETRY_S", 0.05)
    assert box.get("/")[0] == 200
    accept = loop.Loop.sock_accept
    tried: list[None] = []

    async def full(self: Any, listening: socket.socket) -> Any:
        tried.append(None)
        if len(tried) < 5:
            raise OSError(errno.EMFILE, "Too many open files")
        return await accept(self, listening)

    monkeypatch.setattr(loop.Loop, "sock_accept", full)
    assert box.get("/")[0] == 200  # let in before
    assert box.get("/")[0] == 200  # once there are some again
    box.wait_for(lambda: box.said)
    assert box.said == ["page: a connection could not be let in: Too many open files"]
    assert not caplog.records


def test_an_error_in_the_loop_is_logged_in_one_line(
    box: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert box.get("/")[0] == 200
    for _ in range(2):
        box.bridge.put(lambda: 1 / 0)
    box.wait_for(lambda: box.said)
    assert box.said == ["page: division by zero"]
    assert box.get("/")[0] == 200
    assert not caplog.records


def test_a_server_that_fails_is_made_again(
    boxes: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving_module, "_AGAIN_S", 0.05)
    failing = [OSError(errno.EMFILE, "Too many open files")]
    run = Server.run

    async def fails(self: Server, listening: socket.socket, over: Any) -> None:
        if failing:
            raise failing.pop()
        await run(self, listening, over)

    monkeypatch.setattr(Server, "run", fails)
    box = boxes()
    assert box.get("/")[0] == 200
    assert len(box.said) == 1
    assert "Too many open files" in box.said[0]


def test_the_thread_rests_between_imports_and_between_rounds() -> None:
    rests: list[None] = []
    with serving_module._resting_imports(lambda: rests.append(None)):
        sys.modules.pop("wave", None)
        importlib.import_module("wave")
    assert rests
    before = len(sys.meta_path)
    chosen = loop.RestingSelector(lambda: rests.append(None))
    count = len(rests)
    chosen.select(0)
    chosen.close()
    assert len(rests) == count + 1
    assert not any(isinstance(one, serving_module._Finder) for one in sys.meta_path[:before])
